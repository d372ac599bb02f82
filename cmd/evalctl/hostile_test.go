package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"github.com/evalctl/evalctl/pkg/render"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// FuzzHostileText puts a text wherever a server, a model or a file can: nothing
// that acts on a terminal comes out of any format, a line stays a line, a record a
// record, and columns stay where they are.
func FuzzHostileText(f *testing.F) {
	for _, text := range []string{
		"tame",
		"\x1b[31mred\x1b[0m", "\x1b]0;title\a", "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
		"\x1b[2J\x1b[1;1H", "\x1b", "\u009b31mC1", "\x9b31m raw C1", "\x07\b\b\bback", "\x7f",
		"two\nlines", "carriage\rreturn", "a\ttab", "\v\f\u0085\u2028\u2029",
		"\u202egnp.exe", "\u2066isolate\u2069", "מבחן", "اختبار", "评测任务", "🧪🧑‍🔬", "e\u0301\u0302\u0303", "\u200b",
		"a|b", "`code` *bold* <img src=x onerror=alert(1)>", "[x](javascript:1)", `"quoted", 'text'`, "=1+1", "a,b;c",
		"--flag", "%s%d%!", "{{.}}", "../../etc", "a/b", `back\slash`, "\xff\xfe not UTF-8", "", " ", "# heading",
		strings.Repeat("long", 500), strings.Repeat("word ", 100), strings.Repeat("评", 300),
	} {
		f.Add(text)
	}
	f.Fuzz(checkHostile)
}

const (
	hostileBase = "aaaaaaaaaaaaaaaa"
	hostileCand = "bbbbbbbbbbbbbbbb"
)

// hostileServer has two invocations of a task named by the text and one called
// plain; the text is also the model, the experiment and more.
func hostileServer(t *testing.T, text string) *fakemlflow.Server {
	server := fakemlflow.New(t)
	server.AddExperiment(text)
	for _, invocation := range []string{hostileBase, hostileCand} {
		for i, name := range []string{text, "plain"} {
			server.AddRun(fakemlflow.Run{
				Name: text,
				Tags: map[string]string{
					"invocation_id": invocation, "job_id": fmt.Sprintf("%s.%d", invocation, i), "task_name": name,
					"harness": text, "benchmark": text, "executor": text, "model": text + invocation, text: text,
				},
				Params: map[string]string{text: text},
				Files: map[string]string{
					"x/artifacts/results.yml": fmt.Sprintf(
						`{config: {type: %[1]s, params: {temperature: %[1]s}}, target: {api_endpoint: {model_id: %[1]s}}, git_hash: %[1]s, `+
							`results: {tasks: {? %[1]s : {metrics: {? %[1]s : {scores: {? %[1]s : {value: %d.25, stats: {count: 10}}}}}}}}}`,
						yamlText(name+text), 1+i*100),
					"x/artifacts/eval_factory_metrics.json":                      `{"response_stats": {"count": 1, "status_codes": {` + jsonText(text) + `: 1}, "finish_reason": {` + jsonText(text) + `: 1}}}`,
					"x/artifacts/a" + strings.ReplaceAll(text, "/", "") + ".txt": "content",
				},
			})
		}
	}
	return server
}

// yamlText quotes text with every character escaped.
func yamlText(text string) string {
	var out strings.Builder
	for _, r := range text {
		fmt.Fprintf(&out, `\U%08x`, r)
	}
	return `"k` + out.String() + `"`
}

func jsonText(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(encoded)
}

func checkHostile(t *testing.T, text string) {
	server := hostileServer(t, text)
	p := process{env: map[string]string{"MLFLOW_TRACKING_URI": server.URL}}
	terminal := process{env: p.env, width: 80}
	pair := []string{"compare", "--scores", "all", hostileBase, hostileCand}
	for _, verb := range [][]string{
		pair,
		{"show", hostileBase},
		{"average", hostileBase, hostileCand},
		{"runs"},
		{"runs", hostileBase},
		{"invocations"},
		{"artifacts", "ls", hostileBase},
	} {
		doc := again(t, p.answer(t, append(verb, "-o", "json")...))
		for _, format := range render.Formats() {
			var out bytes.Buffer
			if format == render.FormatName && doc.Names == nil {
				continue
			}
			if err := render.Encode(&out, doc, format, render.Options{Face: render.Face{Unicode: true}}); err != nil {
				t.Fatal(err)
			}
			got := out.String()
			at := strings.Join(verb, " ") + " -o " + string(format)
			checkPrintable(t, at, got)
			switch format {
			case render.FormatCSV:
				checkCSV(t, at, got)
			case render.FormatTSV: // has no quotes
				checkColumns(t, at, got, regexp.MustCompile("\t"))
			case render.FormatMarkdown:
				checkColumns(t, at, firstTable(got), regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\|`))
			case render.FormatName:
				if lines := strings.Count(got, "\n"); lines != len(doc.Names) {
					t.Errorf("%s: %d names in %d lines", at, len(doc.Names), lines)
				}
			}
		}
		shown := terminal.answer(t, verb...)
		at := strings.Join(verb, " ") + " at a terminal"
		checkPrintable(t, at, escape.ReplaceAllString(shown, ""))
		for _, line := range lines(shown) {
			if verb[0] == "artifacts" {
				break // a path that is cut is no path
			}
			// A word without a blank is left to the terminal to break.
			if w := displaywidth.String(line); w > 80 && strings.Contains(line, " ") {
				t.Errorf("%s: %d columns: %q", at, w, line)
			}
		}
	}
	checkAligned(t, p.answer(t, pair...))
	checkAligned(t, terminal.answer(t, pair...))

	server.Fault(fakemlflow.Fault{
		Status: 400, Path: "runs/search", Header: map[string]string{"Content-Type": "application/json"},
		Body: `{"error_code": "INVALID_PARAMETER_VALUE", "message": ` + jsonText(text) + `}`,
	})
	refused := terminal.run(t, "runs")
	if refused.status == exitOK || refused.stdout != "" {
		t.Errorf("a refusal: status %d, stdout %q", refused.status, refused.stdout)
	}
	checkPrintable(t, "a refusal", refused.stderr)
}

// checkPrintable refuses what acts on a terminal: controls of ASCII and Latin 1,
// and what reorders text.
func checkPrintable(t *testing.T, at, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s: not UTF-8: %.200q", at, text)
	}
	tabs := strings.HasSuffix(at, "-o tsv")
	for _, r := range text {
		if r == '\n' || r == '\t' && tabs {
			continue
		}
		if r < ' ' || r >= 0x7f && r <= 0x9f || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u2028' || r == '\u2029' {
			t.Errorf("%s: %U in %.300q", at, r, text)
			return
		}
	}
}

func checkCSV(t *testing.T, at, text string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll() // checks the number of fields
	if err != nil {
		t.Errorf("%s: %v", at, err)
	}
	if lines := strings.Count(text, "\n"); len(records) != lines || lines == 0 {
		t.Errorf("%s: %d records in %d lines", at, len(records), lines)
	}
}

// firstTable is the lines of a Markdown document up to the end of its first table.
func firstTable(text string) string {
	at := strings.Index(text, "| ")
	table, _, _ := strings.Cut(text[max(at, 0):], "\n\n")
	return table
}

func checkColumns(t *testing.T, at, text string, separator *regexp.Regexp) {
	t.Helper()
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	want := len(separator.FindAllString(all[0], -1))
	if want == 0 {
		t.Errorf("%s has no columns: %q", at, all[0])
	}
	for _, line := range all[1:] {
		if got := len(separator.FindAllString(line, -1)); got != want {
			t.Errorf("%s: %d separators, want %d: %q", at, got, want, line)
		}
	}
}

var fullNumber = regexp.MustCompile(`[0-9]\.25  `)

// checkAligned looks at the comparison's two rows, whose values 1.25 and 101.25
// stand under each other by their points.
func checkAligned(t *testing.T, screen string) {
	t.Helper()
	points := map[int]bool{}
	rows := 0
	for _, line := range lines(screen) {
		if found := fullNumber.FindAllStringIndex(line, -1); len(found) > 0 {
			points[displaywidth.String(line[:found[len(found)-1][0]])] = true
			rows++
		}
	}
	if rows != 2 || len(points) != 1 {
		t.Errorf("%d rows with points in columns %v:\n%s", rows, points, screen)
	}
}

// What a server lists is no path to write to.
func TestDownloadsStayInTheirFolder(t *testing.T) {
	for _, name := range []string{"../evil.txt", "/evil.txt", "a/../../evil.txt", "..", `..\evil.txt`} {
		t.Run(name, func(t *testing.T) {
			server := fakemlflow.New(t)
			server.AddExperiment("e")
			server.AddRun(fakemlflow.Run{
				Tags:  map[string]string{"invocation_id": hostileBase, "job_id": hostileBase + ".0", "task_name": "t", "harness": "h"},
				Files: map[string]string{"results.yml": "x"},
			})
			server.Fault(fakemlflow.Fault{
				Path: "artifacts/list", Status: 200, Header: map[string]string{"Content-Type": "application/json"},
				Body: `{"files": [{"path": ` + jsonText(name) + `, "is_dir": false, "file_size": 4}]}`,
			})
			server.Fault(fakemlflow.Fault{Path: "evil", Status: 200, Body: "evil"})
			outer := t.TempDir()
			dir := filepath.Join(outer, "in", "here")
			p := process{env: map[string]string{"MLFLOW_TRACKING_URI": server.URL}}
			if got := p.run(t, "artifacts", "get", hostileBase, "--dir", dir); got.status == exitOK {
				t.Errorf("status 0: %s", got.stdout)
			}
			err := filepath.WalkDir(outer, func(path string, entry os.DirEntry, err error) error {
				if err == nil && !entry.IsDir() {
					t.Errorf("wrote %s", path)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
