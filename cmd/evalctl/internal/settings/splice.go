package settings

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// position is where a key stands in the content of a mapping, -1 if it is not there.
func position(mapping *yaml.Node, key string) int {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// find is the entry of a key in a mapping; nil if there is none.
func find(mapping *yaml.Node, key string) *entry {
	at := position(mapping, key)
	if at < 0 {
		return nil
	}
	return &entry{mapping.Content[at], mapping.Content[at+1]}
}

// span is lines of a text, from 0, without the last.
type span struct{ from, to int }

// document is the span of the one document, up to what marks its end.
func (d *Document) document(root *yaml.Node) span {
	begin := 0
	if root != nil {
		begin = root.Line
	}
	for i := begin; i < len(d.text); i++ {
		if rest, found := strings.CutPrefix(d.text[i].content, "..."); found && strings.TrimSpace(rest) == "" {
			return span{0, i}
		}
	}
	return span{0, len(d.text)}
}

// lines are those of an entry of a block: from its key up to the next, without
// comments and blank lines that are not its own. The error is for what has no lines
// of its own.
func (d *Document) lines(mapping *yaml.Node, key string, within span) (span, error) {
	at := position(mapping, key)
	name := mapping.Content[at]
	own := span{name.Line - 1, within.to}
	if at+2 < len(mapping.Content) {
		own.to = mapping.Content[at+2].Line - 1
	}
	if mapping.Style&yaml.FlowStyle != 0 || own.to <= own.from || own.to > len(d.text) ||
		d.text[own.from].indent() != name.Column-1 {
		return span{}, d.noLines(name, key)
	}
	for own.to > own.from+1 {
		last := d.text[own.to-1]
		if !last.isBlank() && !(last.isComment() && last.indent() < name.Column) {
			break
		}
		own.to--
	}
	return own, nil
}

func (d *Document) noLines(at *yaml.Node, key string) *Error {
	e := d.refusal(at, "%s is not on lines of its own, which evalctl could change", key)
	e.Hint = "write it as a block, without braces: each key on a line, what belongs to it indented below"
	return e
}

// shared refuses an entry, which is to go, that has an anchor for an alias elsewhere.
func (d *Document) shared(root *yaml.Node, old *yaml.Node) error {
	var inside func(in, node *yaml.Node) bool
	inside = func(in, node *yaml.Node) bool {
		return in == node || slices.ContainsFunc(in.Content, func(n *yaml.Node) bool { return inside(n, node) })
	}
	var used func(in *yaml.Node) *yaml.Node
	used = func(in *yaml.Node) *yaml.Node {
		if in == old {
			return nil
		}
		if in.Kind == yaml.AliasNode && inside(old, in.Alias) {
			return in
		}
		for _, node := range in.Content {
			if alias := used(node); alias != nil {
				return alias
			}
		}
		return nil
	}
	if alias := used(root); alias != nil {
		e := d.refusal(alias, "*%s stands for a part of what is to be changed", alias.Value)
		e.Hint = "write out what it stands for"
		return e
	}
	return nil
}

// put sets a key of the file.
func (d *Document) put(root *yaml.Node, key string, value *yaml.Node) error {
	if root != nil && find(root, key) != nil {
		return d.change(root, root, key, value, d.document(root))
	}
	if root != nil && len(root.Content) == 0 { // "{}", "null"
		if err := d.blank(root, "the file"); err != nil {
			return err
		}
	}
	column := 0
	if root != nil && len(root.Content) > 0 {
		if first := root.Content[0]; root.Style&yaml.FlowStyle != 0 || d.text[first.Line-1].indent() != first.Column-1 {
			return d.noLines(first, "the file")
		}
		column = root.Content[0].Column - 1
	}
	added, err := d.encoded(key, value, column, d.step(root))
	if err != nil {
		return err
	}
	end := d.document(root).to
	d.text = d.text.spliced(span{end, end}, added)
	return nil
}

// putIn sets an entry of a section.
func (d *Document) putIn(root *yaml.Node, section, name string, value *yaml.Node) error {
	var old *entry
	if root != nil {
		old = find(root, section)
	}
	if old == nil {
		return d.put(root, section, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{nameOf(name), value}})
	}
	if old.value.Kind == yaml.AliasNode {
		return d.noLines(old.value, section)
	}
	if len(old.value.Content) == 0 {
		if err := d.blank(old.value, section); err != nil {
			return err
		}
		var err error
		if root, err = d.root(); err != nil {
			return err
		}
		old = find(root, section)
	}
	within, err := d.lines(root, section, d.document(root))
	if err != nil {
		return err
	}
	if find(old.value, name) != nil {
		return d.change(root, old.value, name, value, within)
	}
	column, end := old.key.Column-1+d.step(root), within.to
	if known := old.value.Content; len(known) > 0 {
		last := known[len(known)-2]
		own, err := d.lines(old.value, last.Value, within)
		if err != nil {
			return err
		}
		column, end = last.Column-1, own.to
	}
	added, err := d.encoded(name, value, column, d.step(root))
	if err != nil {
		return err
	}
	d.text = d.text.spliced(span{end, end}, added)
	return nil
}

// change puts another value in place of an entry's. A comment behind it stays.
func (d *Document) change(root, mapping *yaml.Node, key string, value *yaml.Node, within span) error {
	old := find(mapping, key)
	if err := d.shared(root, old.value); err != nil {
		return err
	}
	own, err := d.lines(mapping, key, within)
	if err != nil {
		return err
	}
	added, err := d.encoded(key, value, old.key.Column-1, d.step(root))
	if err != nil {
		return err
	}
	first := d.text[own.from].content
	comment := old.value.LineComment
	if old.value.Line > old.key.Line { // the value begins below
		rest, _ := strings.CutPrefix(strings.TrimLeft(first, " "), key+":")
		if comment = strings.TrimSpace(rest); !strings.HasPrefix(comment, "#") {
			comment = ""
		}
	}
	if before, found := strings.CutSuffix(strings.TrimRight(first, " \t"), comment); found && comment != "" {
		blank := before[len(strings.TrimRight(before, " \t")):]
		added[0].content += blank + comment
	}
	d.text = d.text.spliced(own, added)
	return nil
}

// cut takes a key of the file out.
func (d *Document) cut(root *yaml.Node, key string) error {
	if err := d.shared(root, find(root, key).value); err != nil {
		return err
	}
	own, err := d.lines(root, key, d.document(root))
	if err != nil {
		return err
	}
	d.text = d.text.spliced(own, nil)
	return nil
}

// cutIn takes an entry of a section out, and with the last one the section, unless
// somebody wrote a comment in it.
func (d *Document) cutIn(root *yaml.Node, section, name string) error {
	top := find(root, section)
	within, err := d.lines(root, section, d.document(root))
	if err != nil {
		return err
	}
	if top.value.Kind == yaml.AliasNode {
		return d.noLines(top.value, section)
	}
	if err := d.shared(root, find(top.value, name).value); err != nil {
		return err
	}
	own, err := d.lines(top.value, name, within)
	if err != nil {
		return err
	}
	if len(top.value.Content) == 2 && top.value.Anchor == "" {
		others := append(slices.Clone(d.text[within.from:own.from]), d.text[own.to:within.to]...)
		if !slices.ContainsFunc(others, func(l line) bool { return strings.Contains(l.content, "#") }) {
			own = within
		}
	}
	d.text = d.text.spliced(own, nil)
	return nil
}

// blank takes out what is written for nothing: "{}", "null".
func (d *Document) blank(node *yaml.Node, what string) error {
	token := node.Value
	if node.Kind == yaml.MappingNode {
		token = "{}"
	}
	if token == "" {
		return nil
	}
	if node.Line > len(d.text) {
		return d.noLines(node, what)
	}
	l := &d.text[node.Line-1]
	at := offset(l.content, node.Column-1)
	after, found := strings.CutPrefix(l.content[at:], token)
	before := l.content[:at]
	if !found || strings.TrimSpace(after) != "" && !strings.HasPrefix(strings.TrimSpace(after), "#") || strings.Contains(before, "&") {
		return d.noLines(node, what)
	}
	if strings.TrimSpace(before) == "" {
		before, after = "", strings.TrimLeft(after, " \t")
	} else {
		before = strings.TrimRight(before, " \t")
	}
	if l.content = before + after; strings.TrimSpace(l.content) == "" {
		d.text = slices.Delete(d.text, node.Line-1, node.Line)
	}
	return nil
}

// offset is where a column is, counted from 0 in characters.
func offset(text string, column int) int {
	at := 0
	for ; column > 0 && at < len(text); column-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// step is by how much the file indents what is inside, 2 where it does not tell.
func (d *Document) step(root *yaml.Node) int {
	for i := 0; root != nil && i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if value.Kind != yaml.MappingNode || value.Style&yaml.FlowStyle != 0 || len(value.Content) == 0 {
			continue
		}
		if step := value.Content[0].Column - key.Column; step >= 2 && step <= 8 {
			return step
		}
	}
	return 2
}

func nameOf(text string) *yaml.Node {
	name := &yaml.Node{}
	name.SetString(text)
	return name
}

// encoded are the lines of a new entry at a column.
func (d *Document) encoded(key string, value *yaml.Node, column, step int) (text, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(step)
	mapping := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{nameOf(key), value}}
	if err := encoder.Encode(mapping); err != nil {
		return nil, err
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	added := linesOf(out.Bytes())
	for i := range added {
		if !added[i].isBlank() {
			added[i].content = strings.Repeat(" ", column) + added[i].content
		}
	}
	return added, nil
}
