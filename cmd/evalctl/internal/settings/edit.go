package settings

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Document is a settings file that is being changed. Comments and the order of what
// is not changed stay.
type Document struct{ root *yaml.Node }

// Edit changes a settings file, which it makes if it is not there. Processes that
// do so at the same time wait for one another, and whoever reads sees the file
// whole, as it was or as it is now. A change that Parse refuses is not written.
func Edit(ctx context.Context, place Place, change func(*Document) error) (err error) {
	file := place.File
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real // the link stays one
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	unlock, err := lock(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	mode := fs.FileMode(0o644)
	if place.Scope == User {
		mode = 0o600
	}
	data, err := read(file)
	switch info, statErr := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case statErr == nil:
		mode = info.Mode().Perm()
	}
	document, err := open(data, place)
	if err != nil {
		return err
	}
	if err := change(document); err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(document.root), encoder.Close()); err != nil {
		return err
	}
	if top := document.root.Content[0]; len(top.Content) == 0 { // nothing is no "{}"
		comments := joined(document.root.HeadComment, top.HeadComment, top.LineComment, top.FootComment, document.root.FootComment)
		if out.Reset(); comments != "" {
			out.WriteString(comments + "\n")
		}
	}
	if _, err := Parse(out.Bytes(), place); err != nil {
		return err
	}
	return replace(file, out.Bytes(), mode)
}

// open reads a file for a change.
func open(data []byte, place Place) (*Document, error) {
	if _, err := Parse(data, place); err != nil {
		return nil, err
	}
	root := &yaml.Node{}
	if err := yaml.Unmarshal(data, root); err != nil {
		return nil, (&parser{file: place.File}).syntax(err)
	}
	if root.Kind == 0 {
		root.Kind = yaml.DocumentNode
		// The library drops the comments of a file that has nothing else.
		root.HeadComment = string(bytes.TrimSpace(data))
	}
	if len(root.Content) == 0 || isNull(root.Content[0]) {
		mapping := &yaml.Node{Kind: yaml.MappingNode}
		if len(root.Content) > 0 {
			old := root.Content[0]
			mapping.HeadComment, mapping.LineComment, mapping.FootComment = old.HeadComment, old.LineComment, old.FootComment
		}
		root.Content = []*yaml.Node{mapping}
	}
	return &Document{root}, nil
}

// SetBaseline adds a baseline, or replaces that of the same name.
func (d *Document) SetBaseline(b Baseline) error {
	return d.set(baselinesKey, b.Name, b)
}

// SetContext adds a context, or replaces that of the same name.
func (d *Document) SetContext(c Context) error {
	return d.set(contextsKey, c.Name, c)
}

// SetCurrent makes a context the current one; "" none.
func (d *Document) SetCurrent(name string) error {
	top := d.root.Content[0]
	if name == "" {
		remove(top, currentKey)
		return nil
	}
	return put(top, currentKey, name)
}

// RemoveBaseline takes a baseline out and reports whether there was one.
func (d *Document) RemoveBaseline(name string) bool { return d.remove(baselinesKey, name) }

// RemoveContext takes a context out and reports whether there was one.
func (d *Document) RemoveContext(name string) bool { return d.remove(contextsKey, name) }

func (d *Document) set(section, name string, value any) error {
	top := d.root.Content[0]
	at := valueOf(top, section)
	if at == nil {
		if err := put(top, section, map[string]string{}); err != nil {
			return err
		}
		at = valueOf(top, section)
	}
	if isNull(at) || len(at.Content) == 0 && at.Kind == yaml.MappingNode {
		// A comment behind nothing has no place behind something.
		*at = yaml.Node{Kind: yaml.MappingNode, HeadComment: joined(at.HeadComment, at.LineComment), FootComment: at.FootComment}
	}
	return put(resolved(at), name, value)
}

func (d *Document) remove(section, name string) bool {
	top := d.root.Content[0]
	at := valueOf(top, section)
	if at == nil || !remove(resolved(at), name) {
		return false
	}
	if len(resolved(at).Content) == 0 {
		remove(top, section)
	}
	return true
}

func joined(comments ...string) string {
	return strings.TrimSpace(strings.Join(comments, "\n"))
}

// valueOf is the value of a key of a mapping, or nil.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// put sets a key of a mapping, at its place if it is there, else as the last one.
func put(mapping *yaml.Node, key string, value any) error {
	node := &yaml.Node{}
	if err := node.Encode(value); err != nil {
		return err
	}
	if at := valueOf(mapping, key); at != nil {
		node.HeadComment, node.LineComment, node.FootComment = at.HeadComment, at.LineComment, at.FootComment
		*at = *node
		return nil
	}
	name := &yaml.Node{}
	name.SetString(key)
	mapping.Content = append(mapping.Content, name, node)
	return nil
}

func remove(mapping *yaml.Node, key string) bool {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content = append(mapping.Content[:i:i], mapping.Content[i+2:]...)
			return true
		}
	}
	return false
}

// How long a change waits for others, and between two looks.
const (
	lockPatience = 10 * time.Second
	lockInterval = 5 * time.Millisecond
)

// lock makes a file that only one process can make, beside the one to be changed.
// One that was left behind is not taken over: whoever holds it may be slow.
func lock(ctx context.Context, file string) (unlock func() error, err error) {
	name := file + ".lock"
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	ticker := time.NewTicker(lockInterval)
	defer ticker.Stop()
	for {
		held, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			return func() error { return os.Remove(name) }, held.Close()
		}
		// Windows denies access to a file that is being removed.
		if !errors.Is(err, fs.ErrExist) && !(errors.Is(err, fs.ErrPermission) && exists(name)) {
			return nil, err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("%s is there: another process changes the file, or one that did ended early; then remove it", name)
		}
	}
}

// replace writes a file so that its name always has all of one content.
func replace(file string, data []byte, mode fs.FileMode) (err error) {
	temporary := file + ".partial-" + rand.Text()
	out, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	_, err = out.Write(data)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}
