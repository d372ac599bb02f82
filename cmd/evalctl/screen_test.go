package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// lines are the lines of a screen without colour.
func lines(screen string) []string {
	return strings.Split(strings.TrimSuffix(escape.ReplaceAllString(screen, ""), "\n"), "\n")
}

func TestScreensFitTheTerminal(t *testing.T) {
	for _, line := range []string{
		"demo",
		"demo -o brief",
		"demo -o wide",
		"demo --scores all",
		"demo --scores all -o wide",
		"compare demo:c0bd961e demo:7a217bdc",
		"compare demo:c0bd961e demo:ce963eed demo:7a217bdc",
		"compare demo:c0bd961e demo:ce963eed demo:7a217bdc demo:5262219b",
		"compare demo:c0bd961e demo:ce963eed demo:7a217bdc demo:5262219b --scores all",
		"compare demo:c0bd961e demo:ce963eed demo:7a217bdc demo:5262219b -o wide",
		"compare demo:c0bd961e demo:5262219b",
		"compare c0bd961e 81308fe0 OUTPUT",
		"show demo:c0bd961e",
		"show demo:5262219b",
		"show demo:c0bd961e -o wide",
		"runs demo:c0bd961e",
		"runs OUTPUT",
		"invocations OUTPUT",
		"average demo:c0bd961e demo:ce963eed",
		"average c0bd961e 81308fe0 OUTPUT",
		"artifacts ls demo:c0bd961e.0",
		"doctor --tracking-uri demo:",
		"version",
	} {
		t.Run(line, func(t *testing.T) {
			for _, width := range []int{80, 140} {
				if strings.Contains(line, "brief") {
					continue // is not wrapped: it is for chat and agents
				}
				p := process{width: width, env: map[string]string{"LANG": "en_GB.UTF-8"}}
				for _, shown := range lines(p.answer(t, words(t, line)...)) {
					if w := displaywidth.String(shown); w > width {
						t.Errorf("%d columns of %d: %s", w, width, shown)
					}
				}
			}
		})
	}
}

// Of several sides each has its own name over its own numbers, and no name of a
// score is cut so that it could be another's.
func TestSidesAndNamesStayApart(t *testing.T) {
	sides := []string{"compare", "one=demo:c0bd961e", "two=demo:ce963eed", "three=demo:7a217bdc", "four=demo:5262219b"}
	for _, width := range []int{80, 140} {
		screen := strings.Join(lines((process{width: width}).answer(t, sides...)), "\n")
		for _, pair := range []string{"one +two", "one +three", "one +four"} {
			if !regexp.MustCompile(pair + " +Δ").MatchString(screen) {
				t.Errorf("%d columns: no table of %s:\n%s", width, pair, screen)
			}
		}
		names := map[string]bool{}
		for _, line := range lines((process{width: width}).answer(t, "demo", "--scores", "all")) {
			cells := regexp.MustCompile("  +").Split(strings.TrimSpace(line), 4)
			name := strings.Join(cells[:min(2, len(cells))], " ")
			if width == 80 {
				name = cells[0]
			}
			if strings.Contains(name, "/") && names[name] {
				t.Errorf("%d columns: two scores are %s", width, name)
			}
			names[name] = true
		}
	}
}

// At a terminal the answer is the same; only what does not fit is cut or wrapped.
func TestTerminalSaysWhatAPipeSays(t *testing.T) {
	unwrapped := func(screen string) string { return strings.Join(strings.Fields(strings.Join(lines(screen), " ")), " ") }
	pipe := process{}.answer(t, "demo")
	for _, width := range []int{80, 100, 140, 400} {
		got := process{width: width}.answer(t, "demo")
		if got == pipe {
			t.Errorf("%d columns: no colour", width)
		}
		if unwrapped(got) != unwrapped(pipe) {
			t.Errorf("%d columns:\n%s\nin a pipe:\n%s", width, got, pipe)
		}
	}
}

func TestFaceOfTheTerminal(t *testing.T) {
	narrow := func(screen string) bool {
		for _, line := range lines(screen) {
			if displaywidth.String(line) > 80 {
				return false
			}
		}
		return true
	}
	coloured := func(screen string) bool { return strings.Contains(screen, "\x1b[") }
	unicode := func(screen string) bool { return strings.Contains(screen, "Δ") }
	type face struct{ coloured, narrow, unicode bool }
	for _, test := range []struct {
		name  string
		width int
		env   map[string]string
		want  face
	}{
		{"terminal", 80, nil, face{true, true, true}},
		{"wide terminal", 140, nil, face{true, false, true}},
		{"pipe", 0, nil, face{false, false, true}},
		{"COLUMNS", 140, map[string]string{"COLUMNS": "80"}, face{true, true, true}},
		{"COLUMNS is nothing to a pipe", 0, map[string]string{"COLUMNS": "80"}, face{false, false, true}},
		{"NO_COLOR", 80, map[string]string{"NO_COLOR": "1"}, face{false, true, true}},
		{"CLICOLOR=0", 80, map[string]string{"CLICOLOR": "0"}, face{false, true, true}},
		{"TERM=dumb", 80, map[string]string{"TERM": "dumb"}, face{false, true, true}},
		{"CLICOLOR_FORCE in a pipe", 0, map[string]string{"CLICOLOR_FORCE": "1"}, face{true, false, true}},
		{"CLICOLOR_FORCE=0", 0, map[string]string{"CLICOLOR_FORCE": "0"}, face{false, false, true}},
		{"NO_COLOR beats CLICOLOR_FORCE", 80, map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, face{false, true, true}},
		{"LC_ALL=C", 80, map[string]string{"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, face{true, true, false}},
		{"LC_ALL=C in a pipe", 0, map[string]string{"LC_ALL": "C"}, face{false, false, true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			screen := process{width: test.width, env: test.env}.answer(t, "demo")
			if got := (face{coloured(screen), narrow(screen), unicode(screen)}); got != test.want {
				t.Errorf("got %+v, want %+v:\n%s", got, test.want, screen)
			}
		})
	}
}

// For people JSON has lines; a program gets one. Files that are printed reach a
// pipe byte by byte and a terminal without control sequences.
func TestTerminalJSONAndFiles(t *testing.T) {
	if got := (process{width: 80}).answer(t, "demo", "-o", "json"); strings.Count(got, "\n") < 100 {
		t.Errorf("JSON at a terminal has %d lines", strings.Count(got, "\n"))
	}
	file := []string{"artifacts", "cat", "demo:c0bd961e.0", "results.yml"}
	if pipe, terminal := (process{}).answer(t, file...), (process{width: 80}).answer(t, file...); pipe != terminal {
		t.Error("a plain file is not the same at a terminal")
	}
}

// Progress is shown on a terminal's stderr only, not after -q, and leaves it
// empty: the last thing it does is to take itself away.
func TestProgressIsForTerminals(t *testing.T) {
	watched := process{width: 80, errors: true}
	for name, got := range map[string]outcome{
		"quiet": watched.run(t, "demo", "-q"),
		"dumb":  process{width: 80, errors: true, env: map[string]string{"TERM": "dumb"}}.run(t, "demo"),
		"pipe":  process{}.run(t, "demo"),
		"json":  process{width: 80}.run(t, "demo", "-o", "json"),
	} {
		if got.stderr != "" {
			t.Errorf("%s: stderr %q", name, got.stderr)
		}
	}
	got := watched.run(t, "demo")
	if plain := (process{width: 80}).answer(t, "demo"); got.stdout != plain {
		t.Error("progress changes stdout")
	}
	if end := got.stderr[strings.LastIndexByte(got.stderr, '\r')+1:]; got.stderr != "" && strings.TrimSpace(escape.ReplaceAllString(strings.ReplaceAll(end, "\x1b[K", ""), "")) != "" {
		t.Errorf("progress stays behind: %q", end)
	}
}
