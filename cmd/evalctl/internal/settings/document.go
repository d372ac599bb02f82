package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// Document is a settings file that is being changed. Each change is one of lines:
// those of the entry that is set or removed, and no other.
type Document struct {
	place Place
	text  text
	bom   []byte

	wanted map[string]any // what the file is to say
}

// byteOrderMark may begin a file in UTF-8.
var byteOrderMark = []byte("\uFEFF")

// open reads a file for a change.
func open(data []byte, place Place) (*Document, error) {
	d := &Document{place: place}
	if rest, found := bytes.CutPrefix(data, byteOrderMark); found {
		d.bom, data = byteOrderMark, rest
	}
	if _, err := Parse(data, place); err != nil {
		return nil, err
	}
	if err := d.single(data); err != nil {
		return nil, err
	}
	d.text = linesOf(data)
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	d.wanted, _ = meaning(root).(map[string]any)
	if d.wanted == nil {
		d.wanted = map[string]any{}
	}
	return d, nil
}

// single refuses several documents in one file, of which only the first counts.
func (d *Document) single(data []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for n := 0; ; n++ {
		var document yaml.Node
		err := decoder.Decode(&document)
		switch {
		case n == 0 && err != nil:
			return nil // it is empty: what is broken was refused
		case errors.Is(err, io.EOF):
			return nil
		case n > 0:
			return &Error{
				File: d.place.File, Message: "has several documents of YAML, of which only the first counts",
				Hint: "leave one, and evalctl can change it",
			}
		}
	}
}

// bytes are those of the changed file, which was read again and says what is meant.
func (d *Document) bytes() ([]byte, error) {
	out := d.text.bytes()
	if _, err := Parse(out, d.place); err != nil {
		return nil, err
	}
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	said, _ := meaning(root).(map[string]any)
	if !reflect.DeepEqual(withoutEmpty(said), withoutEmpty(d.wanted)) {
		return nil, d.refusal(root, "cannot be changed without changing something else in it")
	}
	return append(bytes.Clone(d.bom), out...), nil
}

// root is what the lines say; nil if nothing.
func (d *Document) root() (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(d.text.bytes(), &document); err != nil {
		mistake := (&parser{file: d.place.File}).syntax(err)
		mistake.Message = "cannot be changed: it would not be YAML then: " + mistake.Message
		mistake.Hint = byHand
		return nil, mistake
	}
	if document.Kind == 0 {
		return nil, nil
	}
	return document.Content[0], nil
}

const byHand = "change it by hand"

func (d *Document) refusal(at *yaml.Node, format string, args ...any) *Error {
	e := &Error{File: d.place.File, Message: fmt.Sprintf(format, args...), Hint: byHand}
	if at != nil {
		e.Line, e.Column = at.Line, at.Column
	}
	return e
}

// SetBaseline adds a baseline, or replaces that of the same name.
func (d *Document) SetBaseline(b Baseline) error { return d.set(baselinesKey, b.Name, b) }

// SetContext adds a context, or replaces that of the same name.
func (d *Document) SetContext(c Context) error { return d.set(contextsKey, c.Name, c) }

// RemoveBaseline takes a baseline out and reports whether there was one.
func (d *Document) RemoveBaseline(name string) (bool, error) { return d.remove(baselinesKey, name) }

// RemoveContext takes a context out and reports whether there was one.
func (d *Document) RemoveContext(name string) (bool, error) { return d.remove(contextsKey, name) }

// Current is the name of the current context in this file; "" if it names none.
func (d *Document) Current() string {
	root, err := d.root()
	if err != nil || root == nil {
		return ""
	}
	if at := find(root, currentKey); at != nil && !isNull(resolved(at.value)) {
		return resolved(at.value).Value
	}
	return ""
}

// SetCurrent makes a context the current one; "" none.
func (d *Document) SetCurrent(name string) error {
	root, err := d.root()
	if err != nil {
		return err
	}
	if name == "" {
		delete(d.wanted, currentKey)
		if root == nil || find(root, currentKey) == nil {
			return nil
		}
		return d.cut(root, currentKey)
	}
	value, err := nodeOf(name)
	if err != nil {
		return err
	}
	d.wanted[currentKey] = meaning(value)
	return d.put(root, currentKey, value)
}

func (d *Document) set(section, name string, content any) error {
	value, err := nodeOf(content)
	if err != nil {
		return err
	}
	// The map may be one that an alias shares.
	entries, _ := d.wanted[section].(map[string]any)
	if entries = maps.Clone(entries); entries == nil {
		entries = map[string]any{}
	}
	entries[name] = meaning(value)
	d.wanted[section] = entries

	root, err := d.root()
	if err != nil {
		return err
	}
	return d.putIn(root, section, name, value)
}

func (d *Document) remove(section, name string) (bool, error) {
	entries, _ := d.wanted[section].(map[string]any)
	if _, found := entries[name]; !found {
		return false, nil
	}
	entries = maps.Clone(entries)
	delete(entries, name)
	d.wanted[section] = entries

	root, err := d.root()
	if err != nil {
		return false, err
	}
	return true, d.cutIn(root, section, name)
}

// nodeOf is a value as YAML has it.
func nodeOf(value any) (*yaml.Node, error) {
	node := &yaml.Node{}
	return node, node.Encode(value)
}

// meaning is what a tree says, however it is written: maps, lists, and texts with
// their tags. [parser.bounded] has seen to its size.
func meaning(node *yaml.Node) any {
	switch {
	case node == nil:
		return nil
	case node.Kind == yaml.AliasNode:
		return meaning(node.Alias)
	case node.Kind == yaml.MappingNode:
		all := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			all[node.Content[i].Value] = meaning(node.Content[i+1])
		}
		return all
	case node.Kind == yaml.SequenceNode:
		all := []any{}
		for _, one := range node.Content {
			all = append(all, meaning(one))
		}
		return all
	case isNull(node):
		return nil
	}
	return [2]string{node.ShortTag(), node.Value}
}

// withoutEmpty leaves out sections of nothing, which say nothing.
func withoutEmpty(all map[string]any) map[string]any {
	some := map[string]any{}
	for key, value := range all {
		if entries, isMap := value.(map[string]any); value != nil && (!isMap || len(entries) > 0) {
			some[key] = value
		}
	}
	return some
}
