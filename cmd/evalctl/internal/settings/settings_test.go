package settings_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// apply reads a file and puts it over the built-in catalog.
func apply(text string) (*catalog.Catalog, settings.Settings, error) {
	known, err := catalog.Default()
	if err != nil {
		return nil, settings.Settings{}, err
	}
	s, err := settings.Parse([]byte(text), settings.Place{Scope: settings.User, File: "f.yaml"})
	if err != nil {
		return nil, s, err
	}
	known, err = s.Catalog(known)
	return known, s, err
}

func TestParse(t *testing.T) {
	known, _, err := apply(`
# ours
tasks:
  bfclv2_ast: {primary: live_overall_acc, scale: percent, direction: higher, aliases: [bfcl_ast]}
  other:
    primary: [pass@1/x, "y"]
`)
	if err != nil {
		t.Fatal(err)
	}
	scores := []nemo.Score{
		{Section: nemo.Groups, Name: "bfcl", Metric: "a", Score: "a"},
		{Section: nemo.Groups, Name: "bfcl", Metric: "live_overall_acc", Score: "live_overall_acc"},
	}
	if i, ok := known.Primary("bfcl", "bfcl_ast", scores); !ok || i != 1 {
		t.Errorf("headline %d, %v", i, ok)
	}
	for _, text := range []string{"", "# nothing\n", "null\n", "tasks:\n", "{}\n"} {
		if _, _, err := apply(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	endless := "tasks:\n  a0: &a0 {aliases: [x]}\n"
	for i := range 40 { // each stands for twice the last
		endless += fmt.Sprintf("  a%d: &a%d {aliases: [*a%d, *a%d]}\n", i+1, i+1, i, i)
	}
	for _, test := range []struct{ name, text, message, hint string }{
		{"not YAML", "tasks: [", "f.yaml:1: ", ""},
		{"a list", "- a", "f.yaml:1:1: the file is a mapping of names, not a list", ""},
		{"unknown key", "\ntask: {}", `f.yaml:2:1: unknown key "task"`, "did you mean tasks?"},
		{"far off", "zzzzzz: {}", `f.yaml:1:1: unknown key "zzzzzz"`, "known keys here: baselines, contexts, current-context, tasks"},
		{"unknown key of a task", "tasks:\n  x: {primry: a}", `f.yaml:2:7: unknown key "primry"`, "did you mean primary?"},
		{"twice", "tasks: {x: {scale: elo, scale: percent}}", `f.yaml:1:25: "scale" is there twice`, ""},
		{"a task twice", "tasks: {x: {}, x: {}}", `f.yaml:1:16: "x" is there twice`, ""},
		{"a task that is no mapping", "tasks: {x: percent}", `f.yaml:1:12: a task is a mapping of names, not "percent"`, ""},
		{"bad scale", "tasks: {x: {scale: percnt}}", `f.yaml:1:20: "percnt" is no scale`, "did you mean percent?"},
		{"bad direction", "tasks: {x: {direction: up}}", `f.yaml:1:24: "up" is no direction`, "one of higher, lower, unknown"},
		{"a number for text", "tasks: {x: {primary: 5}}", "f.yaml:1:22: primary is text, not 5, which YAML reads as int", ""},
		{"a list of scales", "tasks: {x: {scale: [percent]}}", "f.yaml:1:20: scale is text, not a list", ""},
		{"no headline", "tasks: {x: {primary: []}}", "f.yaml:1:22: primary names no score", ""},
		{"aliases that are no list", "tasks: {x: {aliases: y}}", `f.yaml:1:22: aliases is a list of names, not "y"`, ""},
		{"an alias that is nothing", "tasks: {x: {aliases: [~]}}", "f.yaml:1:23: aliases is text, not nothing", ""},
		{"an alias of the catalog", "tasks: {x: {aliases: [a, ns_hle]}}", "f.yaml:1:26: ns_hle cannot be an alias of x: it already names hle", ""},
		{"an alias of another entry", "tasks: {x: {aliases: [a]}, y: {aliases: [a]}}", "f.yaml:1:42: a cannot be an alias of y: it already names x", ""},
		{"an alias that has an entry", "tasks: {x: {aliases: [y]}, y: {}}", "f.yaml:1:28: x and y are names of one task", ""},
		{"an alias in itself", "tasks: &t {x: {aliases: [*t]}}", "f.yaml:1:8: an alias stands for what it is in", ""},
		{"aliases without end", endless, "f.yaml:2:3: the aliases stand for more than 1048576 values", ""},
		{"one task by two names", "tasks: {hle: {}, ns_hle: {}}", "f.yaml:1:18: hle and ns_hle are names of one task", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := apply(test.text)
			mistake, ok := errors.AsType[*settings.Error](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if !strings.HasPrefix(mistake.Error(), test.message) || !strings.HasPrefix(mistake.Hint, test.hint) {
				t.Errorf("%s, hint %s; want %s, hint %s", mistake, mistake.Hint, test.message, test.hint)
			}
		})
	}
}

// The nearest file up to the repository's root counts, over the user's.
func TestLoad(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	scale := func(text string) string { return "tasks: {x: {scale: " + text + "}}" }
	write(".evalctl.yaml", scale("elo")) // above the repository: not ours
	write("repo/.git/HEAD", "")
	write("repo/.evalctl.yaml", scale("percent"))
	write("repo/deep/.evalctl.yaml", scale("ratio"))
	write("repo/deep/er/file", "")
	write("repo/else/file", "")
	write("empty/.git", "gitdir: elsewhere")
	write("outside/below/file", "")
	write("user/evalctl/config.yaml", "tasks: {x: {scale: tokens, direction: lower}, y: {scale: count}}")
	write("broken/.git", "")
	write("broken/.evalctl.yaml", "tasks: {x: {scale: no}}")
	for _, test := range []struct{ config, work, want string }{
		{"", "repo", "percent/higher unknown"},
		{"", "repo/else", "percent/higher unknown"},
		{"", "repo/deep", "ratio/higher unknown"},
		{"", "repo/deep/er", "ratio/higher unknown"},
		{"", "empty", "fraction/higher unknown"},
		{"", "outside/below", "fraction/higher unknown"},
		{"", ".", "elo/higher unknown"},
		{"user", "repo", "percent/lower count"},
		{"user", "empty", "tokens/lower count"},
		{"nosuch", "empty", "fraction/higher unknown"},
	} {
		config := test.config
		if config != "" {
			config = filepath.Join(root, config)
		}
		s, err := settings.Load(config, filepath.Join(root, test.work))
		if err != nil {
			t.Errorf("%+v: %v", test, err)
			continue
		}
		known, err := catalog.Default()
		if err == nil {
			known, err = s.Catalog(known)
		}
		if err != nil {
			t.Fatal(err)
		}
		of := func(harness, task string) (catalog.Scale, catalog.Direction) {
			return known.ScaleOf(harness, task, nemo.Score{Metric: "pass@1", Score: "correct"}, true)
		}
		x, direction := of("byob_x", "x")
		y, _ := of("h", "y")
		if got := string(x) + "/" + string(direction) + " " + string(y); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.config, test.work, got, test.want)
		}
	}
	if _, err := settings.Load("", filepath.Join(root, "broken")); err == nil || !strings.Contains(err.Error(), filepath.Join(root, "broken", ".evalctl.yaml")+":1:20:") {
		t.Errorf("a broken file: %v", err)
	}
	if s, err := settings.Load("", ""); err != nil || s.Current != "" {
		t.Errorf("nowhere: %+v, %v", s, err)
	}
}

// Whatever the file holds, it is read or refused with its name.
func FuzzParse(f *testing.F) {
	f.Add([]byte("tasks: {x: {primary: a/b, scale: percent, direction: higher, aliases: [y]}}"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("contexts: {a: {uri: x, headers-env: {A: B}}}\ncurrent-context: a\nbaselines: {a: {sources: [{store: x, whole: true, runs: [{id: a, sha256: b}]}]}}"))
	f.Add([]byte("tasks: &t {x: {aliases: [*t]}}"))
	f.Add([]byte("tasks:\n  ? [a]\n  : b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _, err := apply(string(data))
		if err == nil {
			return
		}
		if mistake, ok := errors.AsType[*settings.Error](err); !ok || mistake.File != "f.yaml" || mistake.Message == "" {
			t.Errorf("%v", err)
		}
	})
}
