package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every line has its second and third column where the others have it, whatever
// stands in the first.
func TestColumnsStayStraight(t *testing.T) {
	names := []string{
		"arith", "日本語のタスク", "한국어", "👩‍👩‍👧 family", "🇩🇪 flag", "e\u0301\u0302\u0323 accents",
		"שלום 12", "(العربية)", "a\u200fb\u202ec\u2067d\u061ce", "नमस्ते", "\u200b\ufeffzero", "❤️",
	}
	table := Table{Columns: []Column{{Title: "task"}, {Title: "value", Align: Point}, {Title: "note"}}}
	for _, name := range names {
		table.Rows = append(table.Rows, Row{{Text: name}, {Text: "0.5"}, {Text: "end"}})
	}
	for _, face := range []Face{{Unicode: true}, {Terminal: true, Width: 80, Unicode: true}, {Terminal: true, Width: 20, Unicode: true}} {
		text, err := encodeText([]Block{table}, Options{Face: face})
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		for i, line := range lines[1:] {
			if got, want := width(line[:strings.LastIndex(line, "0.5")]), width(lines[1][:strings.LastIndex(lines[1], "0.5")]); got != want {
				t.Errorf("%+v: the value of %q stands in column %d, not %d", face, names[i], got, want)
			}
			if got, want := width(line), width(lines[1]); got != want {
				t.Errorf("%+v: the line of %q ends in column %d, not %d", face, names[i], got, want)
			}
		}
	}
}

// What is written from right to left stands between marks, on a terminal only.
func TestRightToLeftTextKeepsItsColumn(t *testing.T) {
	table := Table{Columns: []Column{{}, {}, {}}, Rows: []Row{{{Text: "שלום"}, {Text: "العربية"}, {Text: "0.5"}}, {{Text: "a"}, {Text: "b"}, {Text: "c"}}}}
	for _, test := range []struct {
		face Face
		want string
	}{
		{Face{Terminal: true, Width: 80, Unicode: true}, "\u200eשלום\u200e  \u200eالعربية\u200e  0.5\na     b        c\n"},
		{Face{Unicode: true}, "שלום  العربية  0.5\na     b        c\n"},
	} {
		got, err := encodeText([]Block{table}, Options{Face: test.face})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.face, diff)
		}
	}
}
