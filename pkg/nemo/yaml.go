package nemo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds on what a decoder accepts: real files are some hundred kilobytes and
// ten levels deep.
const (
	MaxFileBytes = 64 << 20
	maxYAMLDepth = 64
	maxYAMLNodes = 2_000_000
)

func itoa(n int) string { return strconv.Itoa(n) }

// parseYAML reads one YAML document as nodes, which keep the text of scalars:
// a hash like 12345e67 is text here and a float to a YAML parser, and 0.70 keeps
// its zero. Aliases are replaced by what they stand for; cycles, deep nesting and
// alias bombs are errors.
func parseYAML(data []byte) (node *yaml.Node, err error) {
	if len(data) > MaxFileBytes {
		return nil, &SyntaxError{Message: fmt.Sprintf("%d bytes, more than the %d that are read", len(data), MaxFileBytes)}
	}
	// The library reports some malformed input by panicking through its own
	// recover; a decoder of untrusted files must not depend on that being whole.
	defer func() {
		if r := recover(); r != nil {
			node, err = nil, &SyntaxError{Message: fmt.Sprintf("malformed YAML: %v", r)}
		}
	}()
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, yamlError(data, err)
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, &SyntaxError{Message: "an empty file"}
	}
	budget := maxYAMLNodes
	return resolveAliases(document.Content[0], 0, &budget)
}

func yamlError(data []byte, err error) error {
	if errors.Is(err, io.EOF) {
		return &SyntaxError{Message: "an empty file"}
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	// The library's errors read "line 12: did not find expected key"; on the first
	// line they name none.
	if place, message, found := strings.Cut(text, ": "); found {
		if line, convErr := strconv.Atoi(strings.TrimPrefix(place, "line ")); convErr == nil {
			return &SyntaxError{Line: line, Message: message}
		}
	}
	return &SyntaxError{Line: 1 + bytes.Count(data[:errorOffset(data, text)], []byte("\n")), Message: text}
}

// errorOffset finds the place of an error for which the library names no line: a
// byte that is no text, an alias without an anchor; else it is on the first line.
func errorOffset(data []byte, message string) int {
	if _, rest, found := strings.Cut(message, "unknown anchor '"); found {
		name, _, _ := strings.Cut(rest, "'")
		return max(bytes.Index(data, []byte("*"+name)), 0)
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 || unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r) {
			return i
		}
		i += size
	}
	return 0
}

func resolveAliases(node *yaml.Node, depth int, budget *int) (*yaml.Node, error) {
	if *budget--; *budget < 0 || depth > maxYAMLDepth {
		return nil, &SyntaxError{Line: node.Line, Message: "nested too deep, or aliases that multiply"}
	}
	if node.Kind == yaml.AliasNode {
		return resolveAliases(node.Alias, depth+1, budget)
	}
	for i, child := range node.Content {
		resolved, err := resolveAliases(child, depth+1, budget)
		if err != nil {
			return nil, err
		}
		node.Content[i] = resolved
	}
	return node, nil
}

// lookup returns the value at a path of mapping keys, or nil.
func lookup(node *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		if node == nil || node.Kind != yaml.MappingNode {
			return nil
		}
		var next *yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == key {
				next = node.Content[i+1] // the last of equal keys, as PyYAML reads it
			}
		}
		node = next
	}
	return node
}

// entries yields the keys and values of a mapping in file order, of equal keys
// the last, as [lookup] reads them; nothing for any other node.
func entries(node *yaml.Node) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if node == nil || node.Kind != yaml.MappingNode {
			return
		}
		last := make(map[string]int, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			last[node.Content[i].Value] = i
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if last[node.Content[i].Value] == i && !yield(node.Content[i], node.Content[i+1]) {
				return
			}
		}
	}
}

// isBool reports whether a node is the boolean want; PyYAML reads true, True and
// TRUE.
func isBool(node *yaml.Node, want bool) bool {
	return node != nil && node.Kind == yaml.ScalarNode && node.Tag == "!!bool" &&
		strings.EqualFold(node.Value, strconv.FormatBool(want))
}

// isNull reports whether a node is absent or null.
func isNull(node *yaml.Node) bool {
	return node == nil || node.Kind == yaml.ScalarNode && node.Tag == "!!null"
}

// scalarText returns the text of a scalar as written; "" for null, absent and
// anything that is not a scalar.
func scalarText(node *yaml.Node) string {
	if isNull(node) || node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}
