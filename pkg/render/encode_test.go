package render

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncode(t *testing.T) {
	named := comparison()
	named.Names = []string{"c0bd961e50124ab3", "bad\x1b[2Jname\n"}
	plain := named
	plain.Brief = nil
	plain.Wide = []Block{Paragraph{{Text: "wide"}}}
	plain.Screen = []Block{Paragraph{{Text: "screen"}}}
	narrow := plain
	narrow.Wide = nil
	none := plain
	none.Names = []string{}

	tests := []struct {
		name    string
		doc     Document
		format  Format
		options Options
		want    string
	}{
		{"wide", plain, FormatWide, Options{}, "wide\n"},
		{"wide as table", narrow, FormatWide, Options{}, "screen\n"},
		{"brief as table", plain, FormatBrief, Options{}, "screen\n"},
		{
			"brief", named, FormatBrief,
			Options{Face: Face{Terminal: true, Width: 20, Unicode: true}},
			"nvfp4 vs bf16: no regression shown (0 worse, 0 better, 2 undecided, 1 without headline)\n" +
				"mean fraction 0.808 -> 0.778 (−0.030, 2 of 2 tasks)\n",
		},
		{
			"brief in ASCII", named, FormatBrief,
			Options{},
			"nvfp4 vs bf16: no regression shown (0 worse, 0 better, 2 undecided, 1 without headline)\n" +
				"mean fraction 0.808 -> 0.778 (-0.030, 2 of 2 tasks)\n",
		},
		{"name", named, FormatName, Options{}, "c0bd961e50124ab3\nbadname \n"},
		{"no names among names", none, FormatName, Options{}, ""},
		{
			"csv", named, FormatCSV,
			Options{},
			"task,score,base,cand,delta\n" +
				"arith,correct,0.89,0.85,-0.04\n" +
				"story,\"strict-match|a,b\",0.7266666666666667,0.7066666666666667,-0.02\n",
		},
		{"csv without headings", named, FormatCSV, Options{NoHeaders: true, Table: "averages"}, "fraction,-0.03\n"},
		{
			"tsv", named, FormatTSV,
			Options{},
			"task\tscore\tbase\tcand\tdelta\n" +
				"arith\tcorrect\t0.89\t0.85\t-0.04\n" +
				"story\tstrict-match|a,b\t0.7266666666666667\t0.7066666666666667\t-0.02\n",
		},
		{
			"markdown", named, FormatMarkdown,
			Options{},
			"**rows**\n\n" +
				"| task | score | base | cand | delta |\n" +
				"| --- | --- | ---: | ---: | ---: |\n" +
				"| arith | correct | 0.89 | 0.85 | -0.04 |\n" +
				"| story | strict-match\\|a,b | 0.7266666666666667 | 0.7066666666666667 | -0.02 |\n" +
				"\n**averages**\n\n" +
				"| scale | delta |\n" +
				"| --- | ---: |\n" +
				"| fraction | -0.03 |\n" +
				"\n" +
				"No regression shown: 2 tasks undecided (\\~). Paired by question (Tango score).\\\n" +
				"With this many questions, a drop of 6.3 points in arith would have been seen.\\\n" +
				"Missing on both sides: ifbench.ifbench (no run; failed jobs are not exported).\n" +
				"\n" +
				"1. --scores all shows them; a headline can be set in .evalctl.yaml\n",
		},
		{
			"one markdown table", plain, FormatMarkdown,
			Options{Table: "averages"},
			"| scale | delta |\n| --- | ---: |\n| fraction | -0.03 |\n\nscreen\n",
		},
		{
			"json", named, FormatJSON,
			Options{},
			`{"kind":"comparison","schema_version":1,"data":{"verdict":"no_inference","rows":[` +
				`{"task":"arith","delta":-0.04},{"task":"story","delta":-0.02}]},` +
				`"warnings":[{"code":"NO_PRIMARY_SCORE"}]}` + "\n",
		},
		{
			"jsonl", named, FormatJSONL,
			Options{},
			`{"kind":"row","task":"arith","delta":-0.04}` + "\n" +
				`{"kind":"row","task":"story","delta":-0.02}` + "\n" +
				`{"kind":"summary","Tasks":3,"warnings":[{"code":"NO_PRIMARY_SCORE"}]}` + "\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			if err := Encode(&out, test.doc, test.format, test.options); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

// What the formats cannot do is a usage error, said before anything is written.
func TestUsage(t *testing.T) {
	doc := comparison()
	bare := Document{Kind: "version"}
	tests := []struct {
		name    string
		doc     Document
		format  Format
		options Options
		want    string
	}{
		{"unknown format", doc, "xml", Options{}, `unknown output format "xml"`},
		{"no names", doc, FormatName, Options{}, "comparison output has no names to list"},
		{"no table", bare, FormatCSV, Options{}, "version output has no table of records"},
		{"no table for markdown", bare, FormatMarkdown, Options{}, "version output has no table of records"},
		{"no list", bare, FormatJSONL, Options{}, "version output has no list to print line by line"},
		{"unknown table", doc, FormatTSV, Options{Table: "runs"}, `comparison output has no table "runs"`},
		{"a table of json", doc, FormatJSON, Options{Table: "rows"}, "json output is not made of tables"},
		{"headings of markdown", doc, FormatMarkdown, Options{NoHeaders: true}, "headings cannot be left out of md output"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			err := Encode(&out, test.doc, test.format, test.options)
			if _, ok := errors.AsType[*UsageError](err); !ok || err.Error() != test.want {
				t.Errorf("error is %T %v, want usage: %s", err, err, test.want)
			}
			if out.Len() > 0 {
				t.Errorf("wrote %q", out.String())
			}
		})
	}
	err := Encode(io.Discard, doc, FormatCSV, Options{Table: "runs"})
	if e, ok := errors.AsType[*UsageError](err); !ok || e.Hint != "one of rows, averages" {
		t.Errorf("error %#v does not list the tables", err)
	}
}

// Faults in a document are errors, not half an output.
func TestFaults(t *testing.T) {
	edit := func(change func(*Document)) Document {
		doc := comparison()
		change(&doc)
		return doc
	}
	type kinded struct {
		Kind string `json:"kind"`
	}
	type warned struct {
		Warnings []string `json:"warnings"`
	}
	tests := []struct {
		name   string
		doc    Document
		format Format
	}{
		{"NaN", edit(func(d *Document) { d.Data = map[string]float64{"a": math.NaN()} }), FormatJSON},
		{"data is a list", edit(func(d *Document) { d.Data = []int{1} }), FormatJSON},
		{"warnings are an object", edit(func(d *Document) { d.Warnings = kinded{} }), FormatJSON},
		{"an item is a number", edit(func(d *Document) { d.Items = append(d.Items, 1) }), FormatJSONL},
		{"an item has a kind", edit(func(d *Document) { d.Items = append(d.Items, kinded{"macro"}) }), FormatJSONL},
		{"the summary has warnings", edit(func(d *Document) { d.Summary = warned{} }), FormatJSONL},
		{"short row", edit(func(d *Document) { d.Tables[0].Rows[1] = []string{"a"} }), FormatCSV},
		{"long row", edit(func(d *Document) { d.Tables[1].Rows[0] = make([]string, 3) }), FormatMarkdown},
		{"no block", edit(func(d *Document) { d.Screen = append(d.Screen, nil) }), FormatTable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			err := Encode(&out, test.doc, test.format, Options{})
			if err == nil {
				t.Error("no error")
			}
			if _, ok := errors.AsType[*UsageError](err); ok {
				t.Errorf("%v is the user's fault", err)
			}
			if out.Len() > 0 {
				t.Errorf("wrote %q", out.String())
			}
		})
	}
}

// full is a device without room; short takes half and says nothing.
type (
	full  struct{ err error }
	short struct{}
)

func (w full) Write([]byte) (int, error)     { return 0, w.err }
func (short) Write(data []byte) (int, error) { return len(data) / 2, nil }

func TestFailingWriter(t *testing.T) {
	doc := comparison()
	doc.Names = []string{"c0bd961e50124ab3"}
	noRoom := errors.New("no space left on device")
	encoders := map[string]func(io.Writer) error{
		"jq": func(w io.Writer) error { return Query(t.Context(), w, doc, ".", pipe) },
	}
	for _, format := range Formats() {
		encoders[string(format)] = func(w io.Writer) error { return Encode(w, doc, format, Options{}) }
	}
	for name, encode := range encoders {
		if err := encode(full{noRoom}); !errors.Is(err, noRoom) {
			t.Errorf("%s: error is %v, want the writer's", name, err)
		}
		if err := encode(short{}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: error is %v after a short write", name, err)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, format := range Formats() {
		if got, err := ParseFormat(string(format)); got != format || err != nil {
			t.Errorf("ParseFormat(%q) = %q, %v", format, got, err)
		}
	}
	for _, name := range []string{"", "JSON", "yaml "} {
		if _, err := ParseFormat(name); err == nil {
			t.Errorf("ParseFormat(%q) is no error", name)
		}
	}
}

func TestOneColumnOfNothing(t *testing.T) {
	doc := Document{Tables: []Records{{Columns: []string{"a"}, Rows: [][]string{{""}, {"1"}}}}}
	var out bytes.Buffer
	if err := Encode(&out, doc, FormatCSV, Options{}); err != nil {
		t.Fatal(err)
	}
	if want := "a\n\"\"\n1\n"; out.String() != want {
		t.Errorf("csv is %q, want %q", out.String(), want)
	}
}

func TestMarkdownText(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a|b\nc", `a\|b c`},
		{`C:\d`, `C:\\d`},
		{"<b>&lt;", `\<b>\&lt;`},
		{"*a* `b` [c](d) ~e~", "\\*a\\* \\`b\\` \\[c](d) \\~e\\~"},
		{"task_name __init__ _a", `task_name \_\_init\_\_ \_a`},
		{"-0.04", "-0.04"},
	}
	for _, test := range tests {
		if got := markdownText(test.text); got != test.want {
			t.Errorf("markdownText(%q) = %q, want %q", test.text, got, test.want)
		}
	}
	lines := []struct{ text, want string }{
		{"# a", `\# a`},
		{"#12 a", "#12 a"},
		{"- a", `\- a`},
		{"---", `\---`},
		{">a", `\>a`},
		{"1. a", `1\. a`},
		{"12) a", `12\) a`},
		{"0 worse", "0 worse"},
		{"--scores all", "--scores all"},
		{" \x1b[1m", ""},
	}
	for _, test := range lines {
		if got := markdownLine(test.text); got != test.want {
			t.Errorf("markdownLine(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}
