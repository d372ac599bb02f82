package render

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func scored() Document {
	return Document{
		Kind: "scores",
		Screen: []Block{
			Table{Columns: []Column{{Title: "shown"}}, Rows: []Row{{{Text: "only here ¹"}}}},
			Paragraph{{Text: "What is missing."}},
			Count("3 scores."),
			Notes{"a remark"},
		},
		Tables: []Records{
			{Name: "scores", Columns: []string{"task", "value"}, Numeric: []bool{false, true}, Rows: [][]string{
				{"b", "0.123456789"}, {"a", ""}, {"c", "1e400"}, {"d|e", "-0.000001234"}, {"c", "10"}, {"f", "NaN"}, {"g", "9.9999999999999999999999"},
			}},
			{Name: "empty", Columns: []string{"x"}},
		},
	}
}

func TestChosenColumns(t *testing.T) {
	const words = "\nWhat is missing.\n\n3 scores.\n\n¹ a remark\n"
	for _, test := range []struct {
		name    string
		format  Format
		options Options
		want    string
	}{
		{"csv", FormatCSV, Options{Columns: []string{"value", "task"}}, "value,task\n0.123456789,b\n,a\n1e400,c\n-0.000001234,d|e\n10,c\nNaN,f\n9.9999999999999999999999,g\n"},
		{"tsv without headings", FormatTSV, Options{Columns: []string{"task"}, NoHeaders: true}, "b\na\nc\nd|e\nc\nf\ng\n"},
		{
			"table is rounded", FormatTable,
			Options{Columns: []string{"value", "task"}},
			"value           task\n     0.1235     b\n     —          a\n1e+400          c\n    -0.0000012  d|e\n    10          c\n   NaN          f\n    10          g\n" + words,
		},
		{
			"wide is exact", FormatWide,
			Options{Columns: []string{"value"}},
			"value\n    0.123456789\n    —\n1e400\n   -0.000001234\n   10\n  NaN\n    9.9999999999999999999999\n" + words,
		},
		{"a table without rows", FormatTable, Options{Table: "empty"}, strings.TrimPrefix(words, "\n")},
		{"without its count", FormatTable, Options{Table: "empty", NoHeaders: true}, "What is missing.\n\n¹ a remark\n"},
		{"md is of one table", FormatMarkdown, Options{Columns: []string{"task"}}, "| task |\n| --- |\n| b |\n| a |\n| c |\n| d\\|e |\n| c |\n| f |\n| g |\n\nWhat is missing.\n\n3 scores.\n\n1. a remark\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Face.Unicode = true
			var got bytes.Buffer
			if err := Encode(&got, scored(), test.format, test.options); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownColumnsAreListed(t *testing.T) {
	for _, test := range []struct {
		format  Format
		options Options
		hint    string
	}{
		{FormatCSV, Options{Columns: []string{"task", "nosuch"}}, "one of task, value"},
		{FormatTable, Options{Columns: []string{""}}, "one of task, value"},
		{FormatMarkdown, Options{Columns: []string{"task"}, Table: "empty"}, "one of x"},
		{FormatJSON, Options{Columns: []string{"task"}}, "tables and columns are chosen with table, wide, csv, tsv and md"},
	} {
		err := Encode(new(bytes.Buffer), scored(), test.format, test.options)
		usage, ok := errors.AsType[*UsageError](err)
		if !ok || usage.Hint != test.hint {
			t.Errorf("%s: error %v, hint %q", test.format, err, usage.Hint)
		}
	}
}

func TestOrder(t *testing.T) {
	for by, want := range map[string][]int{
		"value":  {3, 0, 6, 4, 2, 5, 1}, // exactly, text behind numbers, nothing last
		"-value": {2, 4, 6, 0, 3, 5, 1},
		"task":   {1, 0, 2, 4, 3, 5, 6}, // stable
		"-task":  {6, 5, 3, 2, 4, 0, 1},
	} {
		got, err := Order(scored(), by)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("by %s: %v, want %v (%v)", by, got, want, err)
		}
	}
	for _, by := range []string{"nosuch", "", "-", "--task"} {
		if _, err := Order(scored(), by); err == nil {
			t.Errorf("no error for %q", by)
		}
	}
	if _, err := Order(Document{Kind: "none"}, "task"); err == nil {
		t.Error("no error without a table")
	}
}
