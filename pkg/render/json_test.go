package render

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type values map[string]any

func TestJSONEscapes(t *testing.T) {
	doc := Document{
		Kind:     "test",
		Data:     values{"text": "<&> é \x1b[1m \u009b1m \u202e \x7f \xff \u2028"},
		Warnings: []string(nil),
	}
	var out strings.Builder
	if err := Encode(&out, doc, FormatJSON, Options{}); err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"test","schema_version":1,"data":{"text":"<&> é \u001b[1m \u009b1m \u202e \u007f \ufffd \u2028"},"warnings":[]}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("json (-want +got):\n%s", diff)
	}
}

func TestJSONIndent(t *testing.T) {
	var out strings.Builder
	doc := Document{Kind: "test", Data: values{"a": json.RawMessage("0.7266666666666667"), "b": []int{}}}
	if err := Encode(&out, doc, FormatJSON, Options{Indent: true}); err != nil {
		t.Fatal(err)
	}
	want := `{
  "kind": "test",
  "schema_version": 1,
  "data": {
    "a": 0.7266666666666667,
    "b": []
  },
  "warnings": []
}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("json (-want +got):\n%s", diff)
	}
}

func TestJSONLinesOfNothing(t *testing.T) {
	var out strings.Builder
	if err := Encode(&out, Document{ItemKind: "run", Items: []any{struct{}{}}}, FormatJSONL, Options{}); err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"run"}` + "\n" + `{"kind":"summary","warnings":[]}` + "\n"
	if out.String() != want {
		t.Errorf("jsonl is %q, want %q", out.String(), want)
	}
}

// numbers holds what a float64 would change.
func numbers() Document {
	return Document{
		Kind: "numbers",
		Data: values{
			"score": json.Number("0.7266666666666667"),
			"third": json.RawMessage("0.3333333333333333333333333333333333"),
			"zeros": json.RawMessage("1.0"),
			"tiny":  json.RawMessage("0.00000000000000000001"),
			"bytes": json.RawMessage("123456789012345678901234567890"),
			"name":  "strict \x1b[1mmatch\nsecond\tline",
			"list":  []any{json.Number("0.1"), nil, true, "é <"},
		},
	}
}

func TestQuery(t *testing.T) {
	tests := []struct {
		name, expr string
		face       Face
		want       string
	}{
		{"exact", ".data | .score, .third, .zeros, .tiny, .bytes", pipe, "0.7266666666666667\n0.3333333333333333333333333333333333\n1.0\n0.00000000000000000001\n123456789012345678901234567890\n"},
		{"exact inside", "[.data | .third, .bytes, .zeros]", pipe, "[0.3333333333333333333333333333333333,123456789012345678901234567890,1.0]\n"},
		{"exact through functions", `.data | to_entries | map(select(.key == "third")) | .[0].value`, pipe, "0.3333333333333333333333333333333333\n"},
		{"exact as text", `.data.third | tostring, "\(.)", @text, @json`, pipe, strings.Repeat("0.3333333333333333333333333333333333\n", 4)},
		{"strings as they are in a pipe", ".data.name", pipe, "strict \x1b[1mmatch\nsecond\tline\n"},
		{"strings on a terminal", ".data.name", terminal(80), "strict match\nsecond\tline\n"},
		{"values", ".data.list, .warnings, .schema_version", pipe, `[0.1,null,true,"é <"]` + "\n[]\n1\n"},
		{"controls inside values", `["\u009b\u202e"]`, pipe, `["\u009b\u202e"]` + "\n"},
		{"nothing", "empty", pipe, ""},
		{"halt", "1, halt, 2", pipe, "1\n"},
		{"no environment", `env, $ENV.PATH`, pipe, "{}\nnull\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			if err := Query(t.Context(), &out, numbers(), test.expr, test.face); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQueryErrors(t *testing.T) {
	tests := []struct{ name, expr, want string }{
		{"syntax", ".data[}", `jq: unexpected token "}" at character 7 of ".data[}"`},
		{"syntax after letters", `"é" | }`, `jq: unexpected token "}" at character 7 of "\"é\" | }"`},
		{"end", ".data |", `jq: unexpected EOF at character 8 of ".data |"`},
		{"unterminated", `"abc`, `jq: unterminated string literal at character 5 of "\"abc"`},
		{"unknown function", "frob", `jq: function not defined: frob/0 in "frob"`},
		{"unknown variable", "$x", `jq: variable not defined: $x in "$x"`},
		{"module", `import "a" as a; 1`, `jq: cannot load module: "a" in "import \"a\" as a; 1"`},
		{"type", "1, .data.name.x", `jq: expected an object but got: string ("strict \u001b[1mmatch\ns ...")`},
		{"raised", `1, error("a\u001b[2Jb")`, `jq: ab`},
		{"halted with an error", `1, ("x" | halt_error)`, `jq: halt error: x`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			err := Query(t.Context(), &out, numbers(), test.expr, pipe)
			if _, ok := errors.AsType[*UsageError](err); !ok {
				t.Fatalf("error is %T: %v", err, err)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if out.Len() > 0 {
				t.Errorf("wrote %q", out.String())
			}
		})
	}
}

func TestQueryIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	err := Query(ctx, &out, numbers(), "last(repeat(1))", pipe)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if _, ok := errors.AsType[*UsageError](err); ok {
		t.Error("an interruption is reported as wrong usage")
	}
}

func TestCheckQuery(t *testing.T) {
	if err := CheckQuery(".data.name.x"); err != nil {
		t.Errorf("a well-formed expression: %v", err)
	}
	for _, expr := range []string{".data[}", "frob", "$x"} {
		if _, ok := errors.AsType[*UsageError](CheckQuery(expr)); !ok {
			t.Errorf("CheckQuery(%q) is not a usage error", expr)
		}
	}
}
