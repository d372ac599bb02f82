package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxYAMLDepth bounds how deep values nest: each level is indented further, so a
// short hostile value would become a long text.
const maxYAMLDepth = 200

// encodeYAML writes the value that JSON carries as block style YAML, which readers
// of YAML 1.1 and 1.2 understand alike: keys in the same order, numbers as plain
// scalars of the same digits, and every string quoted that one of the two could
// take for something else.
//
// It is made from the JSON, so the two cannot disagree. A general YAML encoder
// would need floats, or would sort keys.
func encodeYAML(doc Document) ([]byte, error) {
	encoded, err := encodeJSON(doc, false)
	if err != nil {
		return nil, err
	}
	y := yamlWriter{in: json.NewDecoder(bytes.NewReader(encoded))}
	y.in.UseNumber() // a float64 would lose digits
	if err := y.value(atRoot, 0); err != nil {
		return nil, fmt.Errorf("%s: %w", doc.Kind, err)
	}
	return y.out.Bytes(), nil
}

// yamlWriter turns JSON tokens into lines.
type yamlWriter struct {
	in  *json.Decoder
	out bytes.Buffer
}

// position is what a value stands behind.
type position int

const (
	atRoot  position = iota
	ofKey            // "key:"
	inEntry          // "-": the first line of what follows stands beside it
)

// value writes the next value; what it holds is indented by depth levels.
func (y *yamlWriter) value(at position, depth int) error {
	if depth > maxYAMLDepth {
		return errors.New("nested too deeply for YAML")
	}
	token, err := y.in.Token()
	if err != nil {
		return err
	}
	open, isCollection := token.(json.Delim)
	if !isCollection {
		return y.line(at, yamlScalar(token))
	}
	if !y.in.More() {
		if _, err := y.in.Token(); err != nil {
			return err
		}
		return y.line(at, map[json.Delim]string{'{': "{}", '[': "[]"}[open])
	}
	for first := true; y.in.More(); first = false {
		y.begin(at, depth, first)
		if open == '[' {
			y.out.WriteByte('-')
			if err := y.value(inEntry, depth+1); err != nil {
				return err
			}
			continue
		}
		key, err := y.in.Token()
		if err != nil {
			return err
		}
		y.key(yamlScalar(key), depth)
		if err := y.value(ofKey, depth+1); err != nil {
			return err
		}
	}
	_, err = y.in.Token() // the closing bracket
	return err
}

// line ends a line with a scalar.
func (y *yamlWriter) line(at position, scalar string) error {
	if at != atRoot {
		y.out.WriteByte(' ')
	}
	y.out.WriteString(scalar + "\n")
	return nil
}

// begin goes to where an element of a collection starts.
func (y *yamlWriter) begin(at position, depth int, first bool) {
	switch {
	case first && at == inEntry:
		y.out.WriteByte(' ')
		return
	case first && at == ofKey:
		y.out.WriteByte('\n')
	}
	y.indent(depth)
}

func (y *yamlWriter) indent(depth int) { y.out.WriteString(strings.Repeat("  ", depth)) }

// maxSimpleKey is how long a key may be without "?" before it (YAML 1.2.2, 7.4.2,
// says 1024 characters).
const maxSimpleKey = 1000

func (y *yamlWriter) key(key string, depth int) {
	if len(key) > maxSimpleKey {
		y.out.WriteString("? " + key + "\n")
		y.indent(depth)
		key = ""
	}
	y.out.WriteString(key + ":")
}

func yamlScalar(token json.Token) string {
	switch token := token.(type) {
	case nil:
		return "null"
	case bool:
		if token {
			return "true"
		}
		return "false"
	case json.Number:
		return yamlNumber(token.String())
	case string:
		return yamlString(token)
	}
	return "null" // json.Decoder makes no other tokens
}

// yamlNumber returns a number as YAML 1.1 knows it too: it takes one with an
// exponent for a string unless there is a point in it and a sign on the exponent.
func yamlNumber(number string) string {
	mantissa, exponent, found := strings.Cut(strings.ToLower(number), "e")
	if !found {
		return number
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent[0] != '-' && exponent[0] != '+' {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}

// yamlString returns text as a plain scalar if it is a word or words that no
// reader takes for anything else, else in double quotes on one line.
func yamlString(text string) string {
	if isPlainYAML(text) {
		return text
	}
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case isPrintableYAML(r):
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// isPlainYAML is stricter than YAML: what begins with a digit, a sign or a point
// could be a number, a date or a time to one version or another.
func isPlainYAML(text string) bool {
	if text == "" || len(text) > maxSimpleKey || !isLetter(text[0]) && text[0] != '/' {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte("_./@+-=()", c) >= 0:
		case c == ' ' && i+1 < len(text) && text[i+1] != ' ':
		default:
			return false
		}
	}
	// YAML 1.1's booleans and nulls, in every case, and what readers make floats of.
	words := []string{"y", "n", "yes", "no", "true", "false", "on", "off", "null", "nan", "inf", "infinity"}
	return !slices.Contains(words, strings.ToLower(text))
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// isPrintableYAML reports whether every reader takes r as it is (YAML 1.2.2,
// production 1), and a terminal too. U+FEFF begins a document and U+0085, U+2028
// and U+2029 end a line to YAML 1.1.
func isPrintableYAML(r rune) bool {
	switch {
	case isControl(r), isBreak(r), r == 0xfeff, r == 0xfffe, r == 0xffff:
		return false
	default:
		return utf8.ValidRune(r)
	}
}
