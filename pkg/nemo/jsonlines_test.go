package nemo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// walk reads every record of a text and returns the measures of key x, as text the
// keys t.
func walk(text string) (measures []scalar, texts []string, err error) {
	lines := newJSONLines(strings.NewReader(text))
	for {
		r, err := lines.next()
		if errors.Is(err, io.EOF) {
			return measures, texts, nil
		}
		if err != nil {
			return measures, texts, err
		}
		var x scalar
		r.object(func(key []byte) bool {
			switch string(key) {
			case "x":
				x = r.measure()
			case "t":
				t, _ := r.text()
				texts = append(texts, string(t))
			default:
				return false
			}
			return true
		})
		if err := lines.check(r); err != nil {
			return measures, texts, err
		}
		measures = append(measures, x)
	}
}

func TestJSONLinesMeasures(t *testing.T) {
	infinite := scalar{ofNonFinite, math.Inf(1)}
	for text, want := range map[string]scalar{
		`{"x": 1}`:                               {ofNumber, 1},
		`{"x": 0.25, "y": {"x": 9}}`:             {ofNumber, 0.25},
		`{"x":-1.5e-3}`:                          {ofNumber, -0.0015},
		`{"x": true}`:                            {ofNumber, 1},
		`{"x": false}`:                           {ofNumber, 0},
		`{"x": null}`:                            {kind: ofNull},
		`{"y": 1}`:                               {},
		`{}`:                                     {},
		`{"x": "1"}`:                             {kind: ofOther},
		`{"x": [1, {"x": 2}]}`:                   {kind: ofOther},
		`{"x": {"x": 2}}`:                        {kind: ofOther},
		`{"x": Infinity}`:                        infinite,
		`{"x": -Infinity}`:                       {ofNonFinite, math.Inf(-1)},
		`{"x": 1e999}`:                           infinite,
		`{"x": 1, "x": 2}`:                       {ofNumber, 2},
		`{"\u0078": 3}`:                          {ofNumber, 3},
		"\ufeff{\"x\": 4}\r\n":                   {ofNumber, 4},
		"\n\n {\"x\": 5}\n\n":                    {ofNumber, 5},
		`{"y": "\"\\\/\b\f\n\r\t\u00e9", "x":6}`: {ofNumber, 6},
	} {
		got, _, err := walk(text)
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	if got, _, err := walk(`{"x": NaN}`); err != nil || got[0].kind != ofNonFinite {
		t.Errorf("NaN: %v, %v", got, err)
	}
}

func TestJSONLinesFaults(t *testing.T) {
	for text, want := range map[string]string{
		"{\"x\": 1}\n{\"x\": 1":      "line 2: ends within a record (cut short?)",
		"{\"x\": 1}\n\n{\"x\": \"ab": "line 3: ends within a record (cut short?)",
		`{"x": tr`:                   "line 1: ends within a record (cut short?)",
		`{"x": "\u00`:                "line 1: ends within a record (cut short?)",
		`{"x": 1} {"x": 2}`:          "line 1: not a JSON record: more follows after the record at byte 9",
		`[1]`:                        "line 1: not a JSON record: an object is expected at byte 1",
		`{"x": 01}`:                  "line 1: not a JSON record: a number with a leading zero at byte 7",
		`{"x": 1,}`:                  "line 1: not a JSON record: a key is expected at byte 9",
		`{"x": "\q"}`:                "line 1: not a JSON record: an unknown escape in a string at byte 8",
		"{\"x\": \"a\tb\"}":          "line 1: not a JSON record: a control character in a string at byte 9",
		`{"x" 1}`:                    "line 1: not a JSON record: a colon is expected at byte 6",
		`{"x": nul}`:                 "line 1: not a JSON record: a value is expected at byte 7",
		`{"x": ` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`: "line 1: not a JSON record: nested too deep at byte 1007",
	} {
		_, _, err := walk(text)
		if err == nil || err.Error() != want {
			t.Errorf("%.60q: %v; want %s", text, err, want)
		}
	}
}

func TestJSONLinesOfAnyLength(t *testing.T) {
	long := strings.Repeat("long ", 500_000) // more than the reader's buffer
	got, texts, err := walk("{\"x\":1}\n{\"t\": \"" + long + "\", \"x\":2}\n{\"x\":3}\n")
	if diff := cmp.Diff([]scalar{{ofNumber, 1}, {ofNumber, 2}, {ofNumber, 3}}, got, cmp.AllowUnexported(scalar{})); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if len(texts) != 1 || texts[0] != long {
		t.Error("a long text was not read whole")
	}
	if _, _, err := walk("{}\n{\"t\": \"" + strings.Repeat("x", maxLine) + "\"}"); err == nil || err.Error() != "line 2: more than 64 MiB in one line" {
		t.Error(err)
	}
}

func FuzzJSONLines(f *testing.F) {
	for _, seed := range []string{
		`{"x": 1, "t": "a\u00e9\ud83d\ude00\ud800"}`, `{"x": -0.5e+10}`, `{"t": "` + "\xff" + `"}`, `{"x": [1, 2, {"a": null}]}`,
		`{"x":01}`, `{"x":1.}`, `{"":{"x":1}}`, `{"t":"\"12345678\\"}`, `{"a":1,"a":2}`, "{\"t\":\"\x7f\x1f\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.ContainsAny(data, "\n") || bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Infinity")) ||
			bytes.Count(data, []byte("[")) > 500 || bytes.Count(data, []byte("{")) > 500 || bytes.HasPrefix(data, []byte("\ufeff")) {
			return // what encoding/json does not have, or counts otherwise
		}
		var want map[string]any
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		valid := json.Valid(data) && decoder.Decode(&want) == nil && want != nil
		measures, texts, err := walk(string(data))
		blank := len(trimSpace(data)) == 0
		if !blank && valid != (err == nil) {
			t.Fatalf("%q: %v, encoding/json says valid=%v", data, err, valid)
		}
		if !valid {
			return
		}
		switch x := want["x"].(type) {
		case json.Number:
			if value, err := x.Float64(); err == nil && (measures[0] != scalar{ofNumber, value}) {
				t.Errorf("%q: %v, want %v", data, measures[0], value)
			}
		case bool:
			if measures[0].kind != ofNumber {
				t.Errorf("%q: %v, want %v", data, measures[0], x)
			}
		}
		if text, ok := want["t"].(string); ok && utf8.Valid(data) && texts[len(texts)-1] != text {
			t.Errorf("%q: %q, want %q", data, texts[len(texts)-1], text)
		}
	})
}
