package render

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLayouts(t *testing.T) {
	broad := Table{Keys: 1, Columns: []Column{{Title: "task", Flexible: true}, {Title: "first"}, {Title: "second"}, {Title: "third"}}, Rows: []Row{
		{{Text: "arithmetic"}, {Text: "0.12345"}, {Text: "0.23456"}, {Text: "0.34567"}},
		{{Text: "story"}, {Text: "runs on"}},
		nil,
		{{Text: "mean"}, {Text: "1"}, {Text: "2"}, {Text: "3"}},
	}}
	head := Table{NoHeader: true, Columns: []Column{{Flexible: true}}, Rows: []Row{{{Text: "a head that may be cut wherever it ends"}}}}
	narrow := Table{Columns: []Column{{Title: "task", Flexible: true, Middle: true}, {Title: "first"}}, Rows: []Row{{{Text: "beginning_of_a_name_and_end"}, {Text: "0.1"}}}}
	alternatives := Alternatives{{head, broad}, {Alternatives{{broad}, {narrow}}}}
	for _, test := range []struct {
		name  string
		face  Face
		block Block
		want  string
	}{
		{"a pipe takes the first", Face{}, alternatives, "a head that may be cut wherever it ends\n\n" +
			"task        first    second   third\narithmetic  0.12345  0.23456  0.34567\nstory       runs on\n\nmean        1        2        3\n"},
		{
			"so does a terminal that has room",
			Face{Terminal: true, Width: 37},
			Alternatives{{broad}, {narrow}},
			"task        first    second   third\narithmetic  0.12345  0.23456  0.34567\nstory       runs on\n\nmean        1        2        3\n",
		},
		{
			"a head may be cut",
			Face{Terminal: true, Width: 37},
			Alternatives{{head, broad}, {narrow}},
			"a head that may be cut wherever it...\n\n" +
				"task        first    second   third\narithmetic  0.12345  0.23456  0.34567\nstory       runs on\n\nmean        1        2        3\n",
		},
		{"the last where none fits", Face{Terminal: true, Width: 24, Unicode: true}, alternatives, "task               first\nbeginnin…_and_end  0.1\n"},
		{
			"a table goes on below itself",
			Face{Terminal: true, Width: 30},
			broad,
			"task        first    second\narithmetic  0.12345  0.23456\nstory       runs on\n\nmean        1        2\n\ntask        third\narithmetic  0.34567\nmean        3\n",
		},
		{
			"a column at a time",
			Face{Terminal: true, Width: 1},
			broad,
			"task      first\narith...  0.12345\nstory     runs on\n\nmean      1\n\ntask      second\narith...  0.23456\nmean      2\n\ntask      third\narith...  0.34567\nmean      3\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := encodeText([]Block{test.block}, Options{Face: test.face})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTruncateMiddle(t *testing.T) {
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{
		{"abcdefghij", 10, "abcdefghij"},
		{"abcdefghij", 9, "abcd…ghij"},
		{"abcdefghij", 4, "ab…j"},
		{"abcdefghij", 2, "a…"},
		{"日本語のタスク", 8, "日本…ク"},
		{"👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 5, "👩‍👩‍👧…👩‍👩‍👧"},
	} {
		if got := truncateMiddle(test.text, test.columns, "…"); got != test.want || width(got) > test.columns {
			t.Errorf("%q in %d columns is %q, want %q", test.text, test.columns, got, test.want)
		}
	}
}
