package render

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pipe is the face of a pipe in a Unicode locale.
var pipe = Face{Unicode: true}

func terminal(columns int) Face { return Face{Terminal: true, Width: columns, Unicode: true} }

func draw(t *testing.T, options Options, blocks ...Block) string {
	t.Helper()
	var out strings.Builder
	if err := Encode(&out, Document{Kind: "test", Screen: blocks}, FormatTable, options); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const comparisonText = `
bf16   acme/falcon-8b-bf16   c0bd961e50124ab3  3 of 4 tasks
nvfp4  acme/falcon-8b-nvfp4  ce963eed5b5b91b0  3 of 4 tasks

task        score         bf16        nvfp4       Δ          95 % interval
arith       correct       0.890 ± 22  0.850 ± 25  −0.040  ~  −0.089  +0.004
story       strict-match  0.73  ± 4   0.71  ± 4   −0.02   ~  −0.10   +0.06
bfclv2_ast  7 scores, no headline ¹

mean        fraction      0.808       0.778       −0.030     2 of 2 tasks

No regression shown: 2 tasks undecided (~). Paired by question (Tango score).
With this many questions, a drop of 6.3 points in arith would have been seen.
Missing on both sides: ifbench.ifbench (no run; failed jobs are not exported).

¹ --scores all shows them; a headline can be set in .evalctl.yaml
`

const comparisonNarrow = `
bf16   acme/fa…  c0bd961e50124ab3  3 of 4 tasks
nvfp4  acme/fa…  ce963eed5b5b91b0  3 of 4 tasks

task      score     bf16        nvfp4       Δ          95 % interval
arith     correct   0.890 ± 22  0.850 ± 25  −0.040  ~  −0.089  +0.004
story     strict-…  0.73  ± 4   0.71  ± 4   −0.02   ~  −0.10   +0.06
bfclv2_…  7 scores, no headline ¹

mean      fraction  0.808       0.778       −0.030     2 of 2 tasks

No regression shown: 2 tasks undecided
(~). Paired by question (Tango score).
With this many questions, a drop of 6.3
points in arith would have been seen.
Missing on both sides: ifbench.ifbench
(no run; failed jobs are not exported).

¹ --scores all shows them; a headline
  can be set in .evalctl.yaml
`

const comparisonASCII = `
bf16   acme/falcon-8b-bf16   c0bd961e50124ab3  3 of 4 tasks
nvfp4  acme/falcon-8b-nvfp4  ce963eed5b5b91b0  3 of 4 tasks

task        score         bf16          nvfp4         delta      95 % interval
arith       correct       0.890 +/- 22  0.850 +/- 25  -0.040  ~  -0.089  +0.004
story       strict-match  0.73  +/- 4   0.71  +/- 4   -0.02   ~  -0.10   +0.06
bfclv2_ast  7 scores, no headline [1]

mean        fraction      0.808         0.778         -0.030     2 of 2 tasks

No regression shown: 2 tasks undecided (~). Paired by question (Tango score).
With this many questions, a drop of 6.3 points in arith would have been seen.
Missing on both sides: ifbench.ifbench (no run; failed jobs are not exported).

[1] --scores all shows them; a headline can be set in .evalctl.yaml
`

func TestFaces(t *testing.T) {
	// comparisonText in colour: the sequences are ECMA-48 SGR.
	colored := strings.NewReplacer(
		"−0.040", "\x1b[YELLOWm−0.040\x1b[0m",
		"−0.030", "\x1b[1m−0.030\x1b[0m",
		"No regression shown: 2 tasks undecided (~). Paired by question (Tango score).",
		"\x1b[1mNo regression shown: 2 tasks undecided (~). Paired by question (Tango score).\x1b[0m",
		"task        score         bf16        nvfp4       Δ          95 % interval",
		"\x1b[2mtask\x1b[0m        \x1b[2mscore\x1b[0m         \x1b[2mbf16\x1b[0m        "+
			"\x1b[2mnvfp4\x1b[0m       \x1b[2mΔ\x1b[0m          \x1b[2m95 % interval\x1b[0m",
	).Replace(comparisonText)
	onDark := strings.ReplaceAll(colored, "YELLOW", "93")
	onLight := strings.ReplaceAll(colored, "YELLOW", "33")

	tests := []struct {
		name string
		face Face
		want string
	}{
		{"pipe", pipe, comparisonText},
		{"pipe with a width", Face{Unicode: true, Width: 40}, comparisonText},
		{"pipe in ASCII", Face{}, comparisonASCII},
		{"colour forced in a pipe", Face{Unicode: true, Color: true}, onLight},
		{"40 columns", terminal(40), comparisonNarrow},
		{"80 columns", terminal(80), comparisonText},
		{"140 columns", terminal(140), comparisonText},
		{"unknown width", terminal(0), comparisonText},
		{"dark", Face{Terminal: true, Width: 80, Unicode: true, Color: true, Dark: true}, onDark},
		{"light", Face{Terminal: true, Width: 80, Unicode: true, Color: true}, onLight},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			if err := Encode(&out, comparison(), FormatTable, Options{Face: test.face}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), out.String()); diff != "" {
				t.Errorf("screen (-want +got):\n%s", diff)
			}
		})
	}
}

// The libraries beneath look at the environment, some before main begins.
func TestEnvironmentChangesNothing(t *testing.T) {
	for _, extra := range [][]string{
		{"CLICOLOR_FORCE=1", "COLORTERM=truecolor", "TERM=xterm-256color", "COLORFGBG=15;0"},
		{"CLICOLOR_FORCE=1", "NO_COLOR=1", "TERM=dumb"},
		{"CLICOLOR_FORCE=1", "LC_ALL=ja_JP.UTF-8", "LANG=ja_JP.UTF-8", "RUNEWIDTH_EASTASIAN=1", "COLUMNS=20"},
	} {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^(TestFaces|TestTable|TestWideCharacters)$")
		command.Env = append(os.Environ(), extra...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("with %v: %v\n%s", extra, err, out)
		}
	}
}

func TestTable(t *testing.T) {
	row := func(texts ...string) Row {
		var row Row
		for _, text := range texts {
			row = append(row, Cell{Text: text})
		}
		return row
	}
	points := func(texts ...string) Table {
		table := Table{Columns: []Column{{Title: "value", Align: Point}, {Title: "end"}}}
		for _, text := range texts {
			table.Rows = append(table.Rows, row(text, "|"))
		}
		return table
	}
	tests := []struct {
		name    string
		options Options
		table   Table
		want    string
	}{
		{
			"points",
			Options{Face: pipe},
			points("0.890 ± 22", "0.73 ± 4", "−0.040", "80.5", "—", "100", "12 ± 1", "", "5.", ".5"),
			`
value         end
  0.890 ± 22  |
  0.73  ± 4   |
 −0.040       |
 80.5         |
  —           |
100           |
 12     ± 1   |
              |
  5.          |
   .5         |
`,
		},
		{
			"points and words",
			Options{Face: pipe},
			points("−0.089  +0.004", "−0.1  +0.06", "2 of 12 tasks", "200", "12.5 %"),
			`
value            end
 −0.089  +0.004  |
 −0.1    +0.06   |
  2 of 12 tasks  |
200              |
 12.5    %       |
`,
		},
		{
			"to the right",
			Options{Face: pipe},
			Table{Columns: []Column{{Title: "n", Align: Right}, {Title: "task_name"}}, Rows: []Row{row("7", "a"), row("1234", "b")}},
			`
   n  task_name
   7  a
1234  b
`,
		},
		{
			"no heading",
			Options{Face: pipe, NoHeaders: true},
			Table{Columns: []Column{{Title: "long heading"}, {Title: "b"}}, Rows: []Row{row("a", "b")}},
			"\na  b\n",
		},
		{
			"blank rows, indented cells, rows of every length",
			Options{Face: pipe},
			Table{
				Columns: []Column{{Title: "a"}, {Title: "b"}, {Title: "c", Align: Right}, {Title: "d"}},
				Rows: []Row{
					row("a section that is long"), row("  one", "2"),
					{},
					row("x", "", "12.5"), row("y", "runs on for long"),
					row("", "", "", "d"), row("1", "2", "3", "4", "5"),
				},
			},
			`
a      b     c  d
a section that is long
  one  2

x         12.5
y      runs on for long
                d
1      2     3  4  5
`,
		},
		{
			"columns that hold nothing",
			Options{Face: pipe},
			Table{Columns: []Column{{Title: "a"}, {}, {Title: "c"}}, Rows: []Row{row("1", "", "3"), row("1")}},
			`
a  c
1  3
1
`,
		},
		{
			"no rows",
			Options{Face: pipe},
			Table{Columns: []Column{{Title: "a"}, {Title: "b"}}},
			"\na  b\n",
		},
		{
			"control characters",
			Options{Face: pipe},
			Table{Columns: []Column{{Title: "a\x1b[31m"}, {Title: "b\r\n"}}, Rows: []Row{row("1\x1b]0;title\a", "2\t\n3\u202e"), row("4", "5")}},
			`
a  b
1  2 3
4  5
`,
		},
		{
			"the widest gives way first",
			Options{Face: terminal(34)},
			Table{
				Columns: []Column{{Title: "a", Flexible: true}, {Title: "b", Flexible: true}, {Title: "c", Align: Right}},
				Rows:    []Row{row("0123456789", "0123456789abcdefghij", "1000"), row("0123456789", "0", "1"), row("not shorter", "0123456789abcdefghij")},
			},
			// The last row may take the room of c.
			`
a            b                   c
0123456789   0123456789abcd…  1000
0123456789   0                   1
not shorter  0123456789abcdefghij
`,
		},
		{
			"nothing gives way in a pipe",
			Options{Face: Face{Width: 10, Unicode: true}},
			Table{Columns: []Column{{Title: "a", Flexible: true}}, Rows: []Row{row("0123456789abcdef")}},
			"\na\n0123456789abcdef\n",
		},
		{
			"cut in ASCII",
			Options{Face: Face{Terminal: true, Width: 10}},
			Table{Columns: []Column{{Title: "a", Flexible: true}}, Rows: []Row{row("0123456789abcdef")}},
			"\na\n0123456...\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := draw(t, test.options, test.table)
			if diff := cmp.Diff(test.want, "\n"+got); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWideCharacters(t *testing.T) {
	table := Table{Columns: []Column{{Title: "任務", Flexible: true}, {Title: "end"}}}
	for _, text := range []string{"plain", "日本語モデル", "e\u0301te\u0301", "👨‍👩‍👧 family", "🇫🇷", "±Δ−", "zero\u200bwidth"} {
		table.Rows = append(table.Rows, Row{{Text: text, Tone: Good}, {Text: "|"}})
	}
	want := `
任務          end
plain         |
日本語モデル  |
été           |
👨‍👩‍👧 family     |
🇫🇷            |
±Δ−           |
zeroZWwidth     |
`
	invisible := strings.NewReplacer("é", "e\u0301", "ZW", "\u200b")
	want = invisible.Replace(want)
	if diff := cmp.Diff(want, "\n"+draw(t, Options{Face: pipe}, table)); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}

	narrow := `
任務      end
plain     |
日本語…   |
été       |
👨‍👩‍👧 fami…  |
🇫🇷        |
±Δ−       |
zeroZWwid…  |
`
	narrow = invisible.Replace(narrow)
	if diff := cmp.Diff(narrow, "\n"+draw(t, Options{Face: terminal(13)}, table)); diff != "" {
		t.Errorf("narrow table (-want +got):\n%s", diff)
	}
}

func TestBlocks(t *testing.T) {
	notes := make(Notes, 11)
	for i := range notes {
		notes[i] = "n"
	}
	notes[0] = "three words here"
	tests := []struct {
		name   string
		face   Face
		blocks []Block
		want   string
	}{
		{"nothing", pipe, nil, ""},
		{"empty blocks leave no gap", pipe, []Block{Paragraph{{Text: "a"}}, Table{}, Notes{}, Paragraph{}, Paragraph{{Text: "b"}}}, "a\n\nb\n"},
		{"inner blanks stay", pipe, []Block{Paragraph{{Text: "  a   b "}, {}, {Text: "c"}}}, "  a   b\n\nc\n"},
		{"wrapped", terminal(10), []Block{Paragraph{{Text: "aaaa bbbb cccc  dd e"}}}, "aaaa bbbb\ncccc  dd e\n"},
		{"a long word is not cut", terminal(4), []Block{Paragraph{{Text: "a c0bd961e b"}}}, "a\nc0bd961e\nb\n"},
		{"wrapped by width", terminal(6), []Block{Paragraph{{Text: "日本 中国"}}}, "日本\n中国\n"},
		{"a tone a line", Face{Terminal: true, Width: 4, Color: true}, []Block{Paragraph{{Text: "aa bb", Tone: Bad}}}, "\x1b[31maa\x1b[0m\n\x1b[31mbb\x1b[0m\n"},
		{"a line break is a blank", pipe, []Block{Paragraph{{Text: "a\nb"}}}, "a b\n"},
		{
			"notes hang", terminal(14),
			[]Block{notes},
			"¹  three words\n   here\n²  n\n³  n\n⁴  n\n⁵  n\n⁶  n\n⁷  n\n⁸  n\n⁹  n\n¹⁰ n\n¹¹ n\n",
		},
		{"notes in ASCII", Face{}, []Block{Paragraph{{Text: "a" + Mark(12) + " b¹"}}, Notes{"naïve → 中 😀"}}, "a[12] b[1]\n\n[1] na\\u00efve -> \\u4e2d \\U0001f600\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, draw(t, Options{Face: test.face}, test.blocks...)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSymbolsInASCII(t *testing.T) {
	const symbols = "−±Δ▲▼≈~…–—→≤≥×∞µ\u00a0¹²"
	const want = "-+/-deltabetterworsesame~...---><=>=xinfu [12]"
	if got := ascii(symbols); got != want {
		t.Errorf("ascii(%q) = %q, want %q", symbols, got, want)
	}
}
