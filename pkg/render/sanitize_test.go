package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestSanitize(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"clean", "naïve ± 日本 👨‍👩‍👧", "naïve ± 日本 👨‍👩‍👧"},
		{"layout", "a\nb\r\n\tc\vd\fe\u0085f\u2028g", "a b c d e f g"},
		{"colour", "a\x1b[1;31mb\x1b[0mc", "abc"},
		{"cursor", "a\x1b[2J\x1b[?25lb\x1b[1 qc", "abc"},
		{"title, BEL", "a\x1b]0;evil\ab", "ab"},
		{"link, ST", "a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\c", "abc"},
		{"device control", "a\x1bPq#0\x1b\\b\x1b_x\x1b\\c\x1b^y\x1b\\d\x1bXz\x1b\\e", "abcde"},
		{"8 bit", "a\u009b1mb\u009dtitle\u009cc\u0090q\u009cd", "abcd"},
		{"raw 8 bit", "a\x9b1mb", "a\ufffd1mb"},
		{"charset, reset, keypad", "a\x1b(Bb\x1bcd\x1b=e", "abde"},
		{"unfinished stays visible", "a\x1b]0;not a title", "a0;not a title"},
		{"unfinished before another", "a\x1b]0;b\x1b[1mc", "a0;bc"},
		{"unfinished colour", "a\x1b[1;31", "a1;31"},
		{"ESC at the end", "a\x1b", "a"},
		{"two ESC", "a\x1b\x1b[1mb", "ab"},
		{"others", "a\x00b\x07c\x08d\x7fe", "abcde"},
		{"bidi", "a\u202eb\u202cc\u2066d\u2069e", "abcde"},
		{"assembled by removal", "a\x1b\x00[1mb", "a[1mb"},
		{"not UTF-8", "a\xffb\xe6\x97", "a\ufffdb\ufffd\ufffd"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Sanitize(test.text); got != test.want {
				t.Errorf("Sanitize(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

// hostile is a document with the same texts in every place that holds text.
func hostile(a, b string) Document {
	return Document{
		Kind:     "test",
		Data:     values{"a": a},
		Warnings: []string{b},
		Items:    []any{values{"a": a}},
		ItemKind: "item",
		Screen: []Block{
			Table{
				Columns: []Column{{Title: a, Flexible: true}, {Title: b, Align: Point}, {Title: "c", Align: Right, Flexible: true}},
				Rows:    []Row{{{Text: a}, {Text: b}, {Text: a}}, {}, {{Text: b}}, {{Text: a, Tone: Bad}, {Text: b, Tone: Good}}},
			},
			Paragraph{{Text: a}, {Text: b, Tone: Strong}},
			Notes{a, b},
		},
		Brief:  []string{a, b},
		Tables: []Records{{Name: a, Columns: []string{a, b}, Rows: [][]string{{a, b}, {b, a}}, Numeric: []bool{true}}, {Name: b, Columns: []string{a}}},
		Names:  []string{a, b},
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("plain", "0.73 ± 4", 80)
	f.Add("\x1b]0;x\a|`*_~\\", "\u009b31m\u202e\n\t\r", 20)
	f.Add("日本 👨‍👩‍👧\x9b", "—", 7)
	f.Add("\"a,b\"\r\n", "1.2.3 .. 4", 0)
	f.Add(strings.Repeat("x", 100), "\u0301\u200b", 1)
	f.Fuzz(func(t *testing.T, a, b string, columns int) {
		for _, text := range []string{a, b} {
			clean := Sanitize(text)
			if again := Sanitize(clean); again != clean {
				t.Errorf("Sanitize is not idempotent: %q, then %q", clean, again)
			}
			if !utf8.ValidString(clean) {
				t.Errorf("Sanitize(%q) is not UTF-8", text)
			}
		}
		doc := hostile(a, b)
		for _, format := range Formats() {
			for _, face := range []Face{pipe, {}, terminal(columns), {Terminal: true, Width: columns}} {
				var out bytes.Buffer
				if err := Encode(&out, doc, format, Options{Face: face}); err != nil {
					t.Fatalf("%s: %v", format, err)
				}
				checkOutput(t, format, face, out.String())
			}
		}

		var out bytes.Buffer
		if err := Encode(&out, doc, FormatCSV, Options{}); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&out).ReadAll()
		x, y := Sanitize(a), Sanitize(b)
		if diff := cmp.Diff([][]string{{x, y}, {x, y}, {y, x}}, records); err != nil || diff != "" {
			t.Errorf("csv does not read back: %v\n%s", err, diff)
		}
	})
}

func checkOutput(t *testing.T, format Format, face Face, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%s is not UTF-8: %q", format, out)
	}
	for _, r := range out {
		if isControl(r) && r != '\n' && !(r == '\t' && format == FormatTSV) {
			t.Errorf("%s holds %U: %q", format, r, out)
		}
		if r >= 0x80 && !face.Unicode && (format == FormatTable || format == FormatBrief) {
			t.Errorf("%s holds %U in ASCII: %q", format, r, out)
		}
	}
	if !strings.HasSuffix(out, "\n") {
		t.Errorf("%s does not end a line: %q", format, out)
	}
	for line := range strings.Lines(out) {
		if format == FormatTable && strings.HasSuffix(line, " \n") {
			t.Errorf("blanks at the end of %q", line)
		}
		if format == FormatJSON || format == FormatJSONL {
			if !json.Valid([]byte(line)) {
				t.Errorf("%s is not valid: %q", format, line)
			}
		}
	}
	if lines, want := strings.Count(out, "\n"), 2; (format == FormatName || format == FormatBrief) && lines != want {
		t.Errorf("%s has %d lines, want %d: %q", format, lines, want, out)
	}
}
