package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func TestYAML(t *testing.T) {
	doc := Document{Kind: "thing", Warnings: []any{}, Data: json.RawMessage(
		`{"zebra":1,"apple":{"list":[],"object":{},"nested":[[1,[2]],{"a":1,"b":[null]}]},"n":true,` +
			`"lines":"one\ntwo\t\r\"\\","":"","strings":["yes","1.50","0x1f","1e3","12:30:00","2026-11-21","~","a: b","# c","- d","word","two words"],` +
			`"controls":"\u0000\u0007\u001b[2J\u007f\u0085\u00a0\u2028\u202e\ufeff\uffff😀","exact":0.80833333333333335,"tiny":1e-7,"huge":2.5E400,"minus":-3}`)}
	want := `kind: thing
schema_version: 1
data:
  zebra: 1
  apple:
    list: []
    object: {}
    nested:
      - - 1
        - - 2
      - a: 1
        b:
          - null
  "n": true
  lines: "one\ntwo\t\r\"\\"
  "": ""
  strings:
    - "yes"
    - "1.50"
    - "0x1f"
    - "1e3"
    - "12:30:00"
    - "2026-11-21"
    - "~"
    - "a: b"
    - "# c"
    - "- d"
    - word
    - two words
  controls: "\u0000\u0007\u001b[2J\u007f\u0085` + "\u00a0" + `\u2028\u202e\ufeff\uffff😀"
  exact: 0.80833333333333335
  tiny: 1.0e-7
  huge: 2.5e+400
  minus: -3
warnings: []
`
	var got bytes.Buffer
	if err := Encode(&got, doc, FormatYAML, Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What YAML 1.1 takes for a boolean, a null or a number is text only in quotes; the
// reader of the fuzz test is of 1.2 and would not notice.
func TestYAMLQuotesWhatOlderReadersMisread(t *testing.T) {
	for _, word := range strings.Fields("y Y yes Yes YES n N no No NO true True false FALSE on On off OFF null Null NULL ~ nan NaN inf Inf .inf .NaN +.inf 0o7 0x1 1_0 1:30 1.0 1e3 = << - ? : 2026-11-21 2026-11-21T03:16:44Z") {
		if got := yamlString(word); got != `"`+word+`"` {
			t.Errorf("%s is written %s", word, got)
		}
	}
	for _, word := range []string{"acme/falcon-8b-bf16", "c0bd961e50124ab3.0", "lm-evaluation-harness", "pass@1", "two words", "yes/no", "nothing"} {
		if got := yamlString(word); got != word {
			t.Errorf("%s is written %s", word, got)
		}
	}
}

func TestYAMLRefusesWhatWouldBeAllIndentation(t *testing.T) {
	deep := strings.Repeat("[", maxYAMLDepth) + strings.Repeat("]", maxYAMLDepth)
	doc := Document{Kind: "thing", Data: json.RawMessage(`{"deep":` + deep + `}`)}
	if err := Encode(new(bytes.Buffer), doc, FormatYAML, Options{}); err == nil {
		t.Error("no error")
	}
}

// What a general reader makes of the YAML is what package json makes of the JSON.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,"b",null,{"":-0.5e-3}]}`, `{"y":"no","~":"null",".inf":".nan"}`, `{"k":"\u0000\u2028\ud83d\ude00\ufffe"}`,
		`{"` + strings.Repeat("long ", 300) + `":[{"a":{}},[[]]]}`, `{"a ":" b","c  d":"e\n","=":"<<","x":"a #b"}`, `{"1_000":"0o7","0b1":"1__2","+1":"-.5"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var object map[string]any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if decoder.Decode(&object) != nil || object == nil {
			return
		}
		var out bytes.Buffer
		if err := Encode(&out, Document{Kind: "k", Data: object}, FormatYAML, Options{}); err != nil {
			return // nested too deeply
		}
		want, ok := numbersAsYAML(object)
		if !ok {
			return
		}
		var node yaml.Node
		if err := yaml.Unmarshal(out.Bytes(), &node); err != nil {
			t.Fatalf("%v in\n%s", err, out.Bytes())
		}
		if diff := cmp.Diff(map[string]any{"kind": "k", "schema_version": json.Number("1"), "data": want, "warnings": []any{}}, fromYAML(t, node.Content[0])); diff != "" {
			t.Errorf("(-JSON +YAML):\n%s\n%s", diff, out.Bytes())
		}
	})
}

// fromYAML is what package json would decode.
func fromYAML(t *testing.T, node *yaml.Node) any {
	t.Helper()
	switch node.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i < len(node.Content); i += 2 {
			if node.Content[i].ShortTag() != "!!str" {
				t.Errorf("the key %q is no string", node.Content[i].Value)
			}
			object[node.Content[i].Value] = fromYAML(t, node.Content[i+1])
		}
		return object
	case yaml.SequenceNode:
		list := []any{}
		for _, element := range node.Content {
			list = append(list, fromYAML(t, element))
		}
		return list
	}
	switch node.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return node.Value == "true"
	case "!!int", "!!float":
		return json.Number(node.Value)
	default:
		return node.Value
	}
}

// numbersAsYAML spells the numbers of a decoded value as YAML does; ok is false if
// one is beyond the range of the reader that the test uses.
func numbersAsYAML(value any) (spelt any, ok bool) {
	ok = true
	switch value := value.(type) {
	case map[string]any:
		for key, element := range value {
			var fits bool
			value[key], fits = numbersAsYAML(element)
			ok = ok && fits
		}
	case []any:
		for i, element := range value {
			var fits bool
			value[i], fits = numbersAsYAML(element)
			ok = ok && fits
		}
	case json.Number:
		_, err := value.Float64()
		return json.Number(yamlNumber(value.String())), err == nil
	}
	return value, ok
}
