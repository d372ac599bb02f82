package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
)

// changed is what becomes of a user's file.
func changed(t *testing.T, before string, change func(*settings.Document) error) (string, error) {
	t.Helper()
	place := settings.Place{Scope: settings.User, File: filepath.Join(t.TempDir(), "config.yaml")}
	if err := os.WriteFile(place.File, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	err := settings.Edit(t.Context(), place, change)
	after, readErr := os.ReadFile(place.File)
	if readErr != nil {
		t.Fatal(readErr)
	}
	return string(after), err
}

func use(name string) func(*settings.Document) error {
	return func(d *settings.Document) error { return d.SetCurrent(name) }
}

func set(name, uri string) func(*settings.Document) error {
	return func(d *settings.Document) error { return d.SetContext(settings.Context{Name: name, URI: uri}) }
}

func without(name string) func(*settings.Document) error {
	return func(d *settings.Document) error {
		_, err := d.RemoveContext(name)
		return err
	}
}

// A change is one of the lines of its entry; all others keep every byte.
func TestChangesAreOfTheirOwnLines(t *testing.T) {
	for _, test := range []struct {
		name, before string
		change       func(*settings.Document) error
		after        string
	}{
		{"nothing there", "", use("a"), "current-context: a\n"},
		{"comments alone", "# mine\n\n", use("a"), "# mine\n\ncurrent-context: a\n"},
		{"no end of line", "tasks: {}", use("a"), "tasks: {}\ncurrent-context: a\n"},
		{"an end of the document", "tasks: {}\n...\n# end\n", use("a"), "tasks: {}\ncurrent-context: a\n...\n# end\n"},
		{"a beginning of it", "%YAML 1.1\n---\n", use("a"), "%YAML 1.1\n---\ncurrent-context: a\n"},
		{"null", "# x\nnull # y\n", use("a"), "# x\n# y\ncurrent-context: a\n"},
		{"braces of nothing", "{}\n", use("a"), "current-context: a\n"},
		{"a quoted value", "current-context: \"b\"   # why\ntasks:\n", use("a"), "current-context: a   # why\ntasks:\n"},
		{"a value below", "current-context:\n  b\ntasks:\n", use("a"), "current-context: a\ntasks:\n"},
		{"the same", "current-context: \"a\"\n", use("a"), "current-context: a\n"},
		{"none", "tasks:\n\ncurrent-context: b\n\n# end\n", use(""), "tasks:\n\n\n# end\n"},
		{"none of none", "tasks:   {}\n", use(""), "tasks:   {}\n"},
		{
			"lines of Windows", "\uFEFFtasks:\r\n    x:   {scale: elo}\r\n\r\n\r\ncurrent-context: b\r\n", set("a", "u"),
			"\uFEFFtasks:\r\n    x:   {scale: elo}\r\n\r\n\r\ncurrent-context: b\r\ncontexts:\r\n    a:\r\n        uri: u\r\n",
		},
		{
			"another entry", "contexts: # ours\n   b:\n      uri: x\n      # of b\n\n   # later\n\ntasks:\n", set("a", "u"),
			"contexts: # ours\n   b:\n      uri: x\n      # of b\n   a:\n      uri: u\n\n   # later\n\ntasks:\n",
		},
		{
			"the same entry", "contexts:\n  # one\n  a: # here\n    uri: x # old\n  # two\n  b: {uri: x}\n", set("a", "u"),
			"contexts:\n  # one\n  a: # here\n    uri: u\n  # two\n  b: {uri: x}\n",
		},
		{
			"an entry in braces", "contexts:\n  a: {uri: x} # here\n  b:   {uri: x}\n", set("a", "u"),
			"contexts:\n  a: # here\n    uri: u\n  b:   {uri: x}\n",
		},
		{"a section of nothing", "contexts: {} # none\ntasks:\n", set("a", "u"), "contexts: # none\n  a:\n    uri: u\ntasks:\n"},
		{"braces below", "contexts:\n  {}\ntasks:\n", set("a", "u"), "contexts:\n  a:\n    uri: u\ntasks:\n"},
		{"a comment in nothing", "contexts:\n  # some day\n# end\n", set("a", "u"), "contexts:\n  # some day\n  a:\n    uri: u\n# end\n"},
		{"a name like a number", "contexts:\n  \"82\":\n    uri: x\n", set("82", "u"), "contexts:\n  \"82\":\n    uri: u\n"},
		{"a key with a mark of comments", "contexts:\n  'a#b':\n    uri: x\n", set("a#b", "u"), "contexts:\n  a#b:\n    uri: u\n"},
		{"an entry out", "contexts:\n  a:\n    uri: x\n    # of a\n\n  # of b\n  b: {uri: x}\n", without("a"), "contexts:\n\n  # of b\n  b: {uri: x}\n"},
		{"the last out", "tasks:\ncontexts:\n  a:\n    uri: x\n\n# end\n", without("a"), "tasks:\n\n# end\n"},
		{"the last beside a comment", "contexts: # ours\n  # one\n  a:\n    uri: x\n", without("a"), "contexts: # ours\n  # one\n"},
		{"none out", "contexts:\n  a:   {uri: x}\n", without("b"), "contexts:\n  a:   {uri: x}\n"},
		{"beside an anchor", "contexts:\n  a: &d {uri: x}\n  b: *d\n", set("c", "u"), "contexts:\n  a: &d {uri: x}\n  b: *d\n  c:\n    uri: u\n"},
		{"an alias", "contexts:\n  a: &d {uri: x}\n  b: *d\n", set("b", "u"), "contexts:\n  a: &d {uri: x}\n  b:\n    uri: u\n"},
		{"an alias out", "contexts:\n  a: &d {uri: x}\n  b: *d\n", without("b"), "contexts:\n  a: &d {uri: x}\n"},
		{"a line that is none to others", "# one\u2028contexts:\r  a: {uri: x}\r", without("b"), "# one\u2028contexts:\r  a: {uri: x}\r"},
		{"text over lines", "contexts:\n  a:\n    uri: |-\n      x\n\n      # no comment\n\n  b: {uri: x}\n", set("a", "u"), "contexts:\n  a:\n    uri: u\n\n  b: {uri: x}\n"},
	} {
		after, err := changed(t, test.before, test.change)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		} else if diff := cmp.Diff(test.after, after); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.name, diff)
		}
	}
}

// What cannot be changed by lines is refused, and stays.
func TestChangesThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		name, before string
		change       func(*settings.Document) error
		message      string
	}{
		{"two documents", "tasks:\n---\nother: here\n", use("a"), "several documents"},
		{"braces around all", "{tasks: {}, current-context: b}\n", use("a"), "not on lines of its own"},
		{"braces around all, nothing of it there", "{tasks: {}}\n", use("a"), "not on lines of its own"},
		{"a section in braces", "contexts: {b: {uri: x}}\n", set("a", "u"), "not on lines of its own"},
		{"an entry of braces", "contexts: {a: {uri: x},\n  b: {uri: x}}\n", without("b"), "not on lines of its own"},
		{"a section that is another", "baselines: &b\ncontexts: *b\n", set("a", "u"), "not on lines of its own"},
		{"an anchor that is used", "contexts:\n  a: &d {uri: x}\n  b: *d\n", without("a"), "*d stands for a part of what is to be changed"},
		{"one below it", "contexts:\n  a: {experiments: &d [x], uri: x}\n  b: {experiments: *d, uri: x}\n", set("a", "u"), "*d stands for a part"},
		{"a key of its own kind", "contexts:\n  ? a\n  : {uri: x}\n", without("a"), "not on lines of its own"},
		{"too much", "# " + strings.Repeat("x", 1<<20-20) + "\n", set("a", "u"), "more than 1048576 bytes"},
	} {
		after, err := changed(t, test.before, test.change)
		mistake, ok := errors.AsType[*settings.Error](err)
		if !ok || !strings.Contains(mistake.Message, test.message) {
			t.Errorf("%s: %v, want %s", test.name, err, test.message)
		}
		if after != test.before {
			t.Errorf("%s: it became\n%s", test.name, after)
		}
	}
}

// Whatever is there, a change says what it was to say and nothing else, or is
// refused.
func FuzzEdit(f *testing.F) {
	for _, text := range []string{
		"contexts:\n  a: {uri: x}\n  b:\n    uri: y\n# c\ncurrent-context: b # d\n", "tasks: &t\n  x: {scale: elo}\n...\n", "\uFEFFcontexts: {}\r\n",
		"contexts:\n  a: &d {uri: x}\n  b: *d\n", "? contexts\n: {a: {uri: |\n   x\n   # y\n}}", "--- # x\ncontexts:\n a:\n  uri: >+\n   x\n\n\n",
	} {
		f.Add(text)
	}
	place := settings.Place{Scope: settings.User, File: "f.yaml"}
	f.Fuzz(func(t *testing.T, before string) {
		was, err := settings.Parse([]byte(before), place)
		if err != nil {
			return
		}
		want := map[string]string{}
		for _, c := range was.Contexts {
			want[c.Name] = c.URI
		}
		want["a"] = "u"
		delete(want, "b")
		after, err := changed(t, before, func(d *settings.Document) error { return errors.Join(set("a", "u")(d), without("b")(d)) })
		if err != nil {
			return
		}
		is, err := settings.Parse([]byte(after), place)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range is.Contexts {
			got[c.Name] = c.URI
		}
		if diff := cmp.Diff(want, got); diff != "" || is.Current != was.Current {
			t.Errorf("%q became %q: %s", before, after, diff)
		}
	})
}
