// Package settings reads .evalctl.yaml, the settings of a project, and
// config.yaml, those of a user: what a task's headline is, its scale, direction and
// other names, named baselines, and named servers. It also changes them.
//
// A project's file comes with a checkout, so whoever wrote it may be a stranger: it
// cannot name a command or a variable whose value is sent anywhere.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/spelling"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
)

// ProjectFile is the name of a project's settings file.
const ProjectFile = ".evalctl.yaml"

// UserFile is the name of a user's, below the folder for configuration.
const UserFile = "evalctl/config.yaml"

// Scope says whose a settings file is.
type Scope string

// Scopes.
const (
	Project Scope = "project"
	User    Scope = "user"
)

// Place is where a setting stands.
type Place struct {
	Scope Scope
	File  string
}

// Settings are what one file or several say. What both a project and the user name
// is there twice: [Settings.Baseline] and [Settings.Context] choose.
type Settings struct {
	tasks     []task
	Baselines []Baseline
	Contexts  []Context
	// Current is the name of the context that counts where nothing else says where
	// runs live: the project's, else the user's; "" if neither says.
	Current   string
	CurrentAt Place
}

// task is an override and where it stands.
type task struct {
	catalog.Override
	file    string
	at      *yaml.Node
	aliases []*yaml.Node // beside Aliases
}

// Error is a mistake in a settings file.
type Error struct {
	File         string
	Line, Column int // from 1; 0 if unknown
	Message      string
	Hint         string
}

// Error returns "file:line:column: message".
func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place += fmt.Sprintf(":%d", e.Line)
	}
	if e.Column > 0 {
		place += fmt.Sprintf(":%d", e.Column)
	}
	return place + ": " + e.Message
}

// Files are where settings are, or would be.
type Files struct {
	Project string // "" without a working directory
	User    string // "" without a folder for configuration
}

// Find names the files of a working directory and a folder for configuration, either
// of which may be "". A project's file that is not there yet would be at the root of
// the repository, outside of one in the directory itself.
func Find(configDir, workDir string) Files {
	var files Files
	if configDir != "" {
		files.User = filepath.Join(configDir, filepath.FromSlash(UserFile))
	}
	if workDir != "" {
		files.Project = project(workDir)
	}
	return files
}

// Load reads the user's file below a folder, then the project's. A file that is not
// there says nothing, nor does a folder whose name is "". The error is an
// [*Error], or that of reading a file.
func Load(configDir, workDir string) (Settings, error) {
	var all Settings
	files := Find(configDir, workDir)
	for _, place := range []Place{{User, files.User}, {Project, files.Project}} {
		if place.File == "" {
			continue
		}
		data, err := read(place.File)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Settings{}, err
		}
		found, err := Parse(data, place)
		if err != nil {
			return Settings{}, err
		}
		all.tasks = append(all.tasks, found.tasks...)
		all.Baselines = append(all.Baselines, found.Baselines...)
		all.Contexts = append(all.Contexts, found.Contexts...)
		if found.Current != "" {
			all.Current, all.CurrentAt = found.Current, found.CurrentAt
		}
	}
	return all, nil
}

// project is the nearest settings file from a folder up to the root of its
// repository, the folder with ".git"; outside of a repository that of the folder
// alone, so that no file of a stranger above it counts.
func project(dir string) string {
	dir = filepath.Clean(dir)
	var found string
	for at := dir; ; at = filepath.Dir(at) {
		file := filepath.Join(at, ProjectFile)
		if found == "" && exists(file) {
			found = file
		}
		if exists(filepath.Join(at, ".git")) {
			if found == "" {
				found = file
			}
			return found
		}
		if at == filepath.Dir(at) {
			return filepath.Join(dir, ProjectFile)
		}
	}
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// Keys of a settings file.
const (
	tasksKey     = "tasks"
	baselinesKey = "baselines"
	contextsKey  = "contexts"
	currentKey   = "current-context"
)

func topKeys() []string { return []string{baselinesKey, contextsKey, currentKey, tasksKey} }

var taskKeys = []string{"aliases", "direction", "primary", "scale"}

// Parse reads one file. The error is an [*Error].
func Parse(data []byte, place Place) (Settings, error) {
	p := parser{file: place.File}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return Settings{}, p.syntax(err)
	}
	if document.Kind == 0 {
		return Settings{}, nil // nothing but comments
	}
	root := document.Content[0]
	if isNull(root) {
		return Settings{}, nil
	}
	if err := p.bounded(root); err != nil {
		return Settings{}, err
	}
	var settings Settings
	entries, err := p.entries(root, "the file", topKeys())
	if err != nil {
		return Settings{}, err
	}
	for _, e := range entries {
		switch e.key.Value {
		case tasksKey:
			settings.tasks, err = p.tasks(e.value)
		case baselinesKey:
			settings.Baselines, err = p.baselines(e.value, place)
		case contextsKey:
			settings.Contexts, err = p.contexts(e.value, place)
		case currentKey:
			if !isNull(e.value) {
				settings.Current, err = p.text(e)
				settings.CurrentAt = place
			}
		}
		if err != nil {
			return Settings{}, err
		}
	}
	return settings, nil
}

// Catalog returns a catalog with the settings' tasks over it. The error is an
// [*Error].
func (s Settings) Catalog(known *catalog.Catalog) (*catalog.Catalog, error) {
	for i, t := range s.tasks {
		// Another entry of the same file would say two things of one task.
		for _, other := range s.tasks[:i] {
			if other.file == t.file && known.Canonical(other.Name) == known.Canonical(t.Name) {
				return nil, (&parser{file: t.file}).errorf(t.at, "%s and %s are names of one task", other.Name, t.Name)
			}
		}
		next, err := known.With(t.Override)
		if clash, ok := errors.AsType[*catalog.ClashError](err); ok {
			at := t.at
			if n := slices.Index(t.Aliases, clash.Name); n >= 0 {
				at = t.aliases[n]
			}
			return nil, (&parser{file: t.file}).errorf(at, "%s", clash.Error())
		}
		if err != nil {
			return nil, err
		}
		known = next
	}
	return known, nil
}

// parser reads nodes of one file.
type parser struct{ file string }

func (p *parser) errorf(at *yaml.Node, format string, args ...any) *Error {
	return &Error{File: p.file, Line: at.Line, Column: at.Column, Message: fmt.Sprintf(format, args...)}
}

// syntax places an error of the YAML library, which reads "yaml: line 3: message".
func (p *parser) syntax(err error) *Error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	e := &Error{File: p.file, Message: text}
	if _, scanErr := fmt.Sscanf(text, "line %d:", &e.Line); scanErr == nil {
		_, e.Message, _ = strings.Cut(text, ": ")
	}
	return e
}

type entry struct{ key, value *yaml.Node }

// entries are those of a mapping, of which only these keys are known; all are if
// known is nil.
func (p *parser) entries(node *yaml.Node, what string, known []string) ([]entry, error) {
	node = resolved(node)
	if node.Kind != yaml.MappingNode {
		return nil, p.errorf(node, "%s is a mapping of names, not %s", what, describe(node))
	}
	var list []entry
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode || key.Value == "":
			return nil, p.errorf(key, "a name is text")
		case known != nil && !slices.Contains(known, key.Value):
			e := p.errorf(key, "unknown key %q", key.Value)
			e.Hint = "known keys here: " + strings.Join(known, ", ")
			if near := spelling.Near(key.Value, known); len(near) > 0 {
				e.Hint = "did you mean " + strings.Join(near, " or ") + "?"
			}
			return nil, e
		case slices.ContainsFunc(list, func(e entry) bool { return e.key.Value == key.Value }):
			return nil, p.errorf(key, "%q is there twice", key.Value)
		}
		list = append(list, entry{key, resolved(node.Content[i+1])})
	}
	return list, nil
}

// text is the value of a key that is one text.
func (p *parser) text(e entry) (string, error) {
	if e.value.Kind != yaml.ScalarNode || e.value.Tag != "!!str" || strings.TrimSpace(e.value.Value) == "" {
		return "", p.errorf(e.value, "%s is text, not %s", e.key.Value, describe(e.value))
	}
	return e.value.Value, nil
}

// list is the value of a key that is a list of texts.
func (p *parser) list(e entry) ([]string, error) {
	if e.value.Kind != yaml.SequenceNode {
		return nil, p.errorf(e.value, "%s is a list, not %s", e.key.Value, describe(e.value))
	}
	var texts []string
	for _, node := range e.value.Content {
		text, err := p.text(entry{e.key, resolved(node)})
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func (p *parser) tasks(node *yaml.Node) ([]task, error) {
	if isNull(node) {
		return nil, nil
	}
	entries, err := p.entries(node, "tasks", nil)
	if err != nil {
		return nil, err
	}
	var tasks []task
	for _, e := range entries {
		t, err := p.task(e)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

func (p *parser) task(e entry) (task, error) {
	t := task{file: p.file, at: e.key}
	t.Name = e.key.Value
	keys, err := p.entries(e.value, "a task", taskKeys)
	if err != nil {
		return t, err
	}
	for _, key := range keys {
		var texts []*yaml.Node
		if texts, err = p.texts(key); err != nil {
			return t, err
		}
		switch key.key.Value {
		case "primary":
			t.Primary = values(texts)
		case "aliases":
			t.Aliases, t.aliases = values(texts), texts
		case "scale":
			t.Scale = catalog.Scale(texts[0].Value)
			if !t.Scale.Known() {
				return t, p.choice(texts[0], "scale", catalog.Scales())
			}
		case "direction":
			t.Direction = catalog.Direction(texts[0].Value)
			if directions := []catalog.Direction{catalog.Higher, catalog.Lower, catalog.UnknownDirection}; !slices.Contains(directions, t.Direction) {
				return t, p.choice(texts[0], "direction", directions)
			}
		}
	}
	return t, nil
}

// texts are the values of a key: one text, or, where several are meant, a list.
func (p *parser) texts(e entry) ([]*yaml.Node, error) {
	name := e.key.Value
	takesList := name == "primary" || name == "aliases"
	list := []*yaml.Node{e.value}
	if e.value.Kind == yaml.SequenceNode && takesList {
		list = nil
		for _, node := range e.value.Content {
			list = append(list, resolved(node))
		}
	} else if name == "aliases" {
		return nil, p.errorf(e.value, "aliases is a list of names, not %s", describe(e.value))
	}
	for _, node := range list {
		if node.Kind != yaml.ScalarNode || node.Tag != "!!str" || strings.TrimSpace(node.Value) == "" {
			return nil, p.errorf(node, "%s is text, not %s", name, describe(node))
		}
	}
	if len(list) == 0 && name == "primary" {
		return nil, p.errorf(e.value, "primary names no score")
	}
	return list, nil
}

func (p *parser) choice(at *yaml.Node, what string, of any) error {
	var names []string
	switch of := of.(type) {
	case []catalog.Scale:
		for _, name := range of {
			names = append(names, string(name))
		}
	case []catalog.Direction:
		for _, name := range of {
			names = append(names, string(name))
		}
	}
	e := p.errorf(at, "%q is no %s", at.Value, what)
	e.Hint = "one of " + strings.Join(names, ", ")
	if near := spelling.Near(at.Value, names); len(near) > 0 {
		e.Hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return e
}

func values(nodes []*yaml.Node) []string {
	texts := make([]string, len(nodes))
	for i, node := range nodes {
		texts[i] = node.Value
	}
	return texts
}

// resolved follows an alias of YAML; [parser.bounded] has refused cycles of them.
func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

// describe names what is there instead of what was meant.
func describe(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(node):
		return "nothing"
	case node.Tag == "!!str":
		return fmt.Sprintf("%q", node.Value)
	default:
		return node.Value + ", which YAML reads as " + strings.TrimPrefix(node.Tag, "!!")
	}
}
