package kind

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

const versionText = `{"kind":"version","schema_version":1,"data":{"version":"1","commit":"","go":"go","platform":"p","schema_version":1},"warnings":[]}`

func TestReadRefusesWhatIsNoWholeAnswer(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", " \n", "there is nothing in it"},
		{"no JSON", "task,delta\n", "not JSON: line 1: invalid character 'a'"},
		{"damage", strings.Replace(versionText, `"warnings"`, "\n!", 1), "not JSON: line 2: invalid character '!'"},
		{"cut", versionText[:60], "the JSON is cut short: it ends in the middle of a value"},
		{"a list", "[1]", "not an answer of evalctl: "},
		{"JSON Lines", `{"kind":"run"}` + "\n" + `{"kind":"summary"}`, "something follows the answer; JSON Lines"},
		{"one of JSON Lines", `{"kind":"summary","warnings":[]}`, `not a whole answer of evalctl: it has no "schema_version"`},
		{"other JSON", `{"data":{}}`, `not an answer of evalctl: it has no "kind"`},
		{"two answers", versionText + versionText, "something follows the answer"},
		{"newer", strings.Replace(versionText, `"schema_version":1`, `"schema_version":2`, 1), "schema_version is 2, and this evalctl knows no other than 1"},
		{"no number", strings.Replace(versionText, `"schema_version":1`, `"schema_version":"1"`, 1), `schema_version is "1", not a number from 1`},
		{"zero", strings.Replace(versionText, `"schema_version":1`, `"schema_version":0`, 1), "schema_version is 0, not a number from 1"},
		{"error", `{"kind":"error","schema_version":1,"error":{"message":"no such run"}}`, "the saved answer is an error: no such run"},
		{"unknown kind", `{"kind":"nosuch","schema_version":1,"data":{},"warnings":[]}`, `unknown kind "nosuch"`},
		{"no data", `{"kind":"version","schema_version":1,"warnings":[]}`, `not a whole answer of evalctl: it has no "data"`},
		{"no warnings", `{"kind":"runs","schema_version":1,"data":{"runs":[],"shown":0,"total":0,"more":false}}`, `not a whole answer of evalctl: it has no "warnings"`},
		{"a key is missing", strings.Replace(versionText, `"go":"go",`, "", 1), "damaged version: nothing at data.go"},
		{"in capitals", strings.Replace(versionText, `"go"`, `"Go"`, 1), "damaged version: nothing at data.go"},
		{"null", strings.Replace(versionText, `"go":"go"`, `"go":null`, 1), "damaged version: nothing at data.go"},
		{"another type", strings.Replace(versionText, `"go":"go"`, `"go":[1]`, 1), "damaged version: data.go cannot be of the type array"},
		{"UTF-16", "\xff\xfe{\x00", "the text is UTF-16 and not UTF-8"},
		{"no sides", `{"kind":"comparison","schema_version":1,"data":` + blankData(t, Comparison, 0) + `,"warnings":[]}`, "damaged comparison: it has fewer than two sides"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read([]byte(test.text))
			found, ok := errors.AsType[*query.Error](err)
			if !ok || found.Code != query.Corrupt || !strings.HasPrefix(found.Message, test.want) {
				t.Errorf("error %v, want corrupt: %s", err, test.want)
			}
		})
	}
}

// blankData is the data of a kind that holds nothing; a comparison has sides.
func blankData(t testing.TB, name string, sides int) string {
	t.Helper()
	k, _ := Find(name)
	var out bytes.Buffer
	if err := render.Encode(&out, k.Blank(), render.FormatJSON, render.Options{}); err != nil {
		t.Fatal(err)
	}
	_, data, _ := strings.Cut(strings.TrimSpace(out.String()), `"data":`)
	data = strings.TrimSuffix(data, `,"warnings":[]}`)
	if sides == 0 {
		begin := strings.Index(data, `"sides":[`) + len(`"sides":[`)
		data = data[:begin] + data[begin+strings.Index(data[begin:], `],"rows"`):]
	}
	return data
}

// The contract grows: what a newer version adds is left out, and named.
func TestUnknownKeysAreNamed(t *testing.T) {
	text := "\ufeff" + strings.Replace(versionText, `"go":`, `"built":{"by":1},"new":null,"go":`, 1)
	text = strings.Replace(text, `"warnings":[]`, `"warnings":[{"code":"A","message":"b","more":1},{"code":"A","message":"b","more":2}],"later":1`, 1)
	saved, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"data.built", "data.new", "warnings[].more", "later"}; !slices.Equal(saved.Unknown, want) {
		t.Errorf("unknown %v, want %v", saved.Unknown, want)
	}
}

// Whatever is in a file, reading and drawing it ends in an answer or an error.
func FuzzRead(f *testing.F) {
	for _, k := range All() {
		f.Add([]byte(`{"kind":"` + k.Name + `","schema_version":1,"data":` + blankData(f, k.Name, 2) + `,"warnings":[{"code":"A","message":"b"}]}`))
	}
	files, err := filepath.Glob("../../../../test/expected/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(err, files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		saved, err := Read(text)
		if err != nil {
			if _, ok := errors.AsType[*query.Error](err); !ok {
				t.Errorf("an error of another class: %v", err)
			}
			return
		}
		for _, format := range render.Formats() {
			for _, face := range []render.Face{{Unicode: true}, {Terminal: true, Width: 40, Unicode: true}} {
				err := render.Encode(new(bytes.Buffer), saved.Document, format, render.Options{Face: face})
				if _, refused := errors.AsType[*render.UsageError](err); err != nil && !refused && format != render.FormatYAML {
					t.Errorf("%s: %v", format, err)
				}
			}
		}
	})
}
