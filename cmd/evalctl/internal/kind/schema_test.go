package kind_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/render"
)

func TestEveryKindHasASchema(t *testing.T) {
	var names []string
	for _, k := range kind.All() {
		names = append(names, k.Name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("kinds are not sorted: %v", names)
	}
	for _, name := range append(names, kind.Error) {
		text, err := kind.Schema(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.HasSuffix(text, []byte("}\n")) {
			t.Errorf("%s: does not end in a line", name)
		}
		again, err := kind.Schema(name)
		if err != nil || !bytes.Equal(text, again) {
			t.Errorf("%s: another schema the second time", name)
		}
		var schema jsonschema.Schema
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if schema.Title != name || schema.Schema != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: title %q, dialect %q", name, schema.Title, schema.Schema)
		}
		if _, err := schema.Resolve(nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := kind.Schema("nosuch"); err == nil {
		t.Error("a schema of no kind")
	}
}

// A kind says which formats it has before there is an answer: a blank document
// prints in all of them and in no other.
func TestBlankDocumentsPrint(t *testing.T) {
	for _, k := range kind.All() {
		for _, format := range render.Formats() {
			err := render.Encode(new(bytes.Buffer), k.Blank(), format, render.Options{})
			refused := format == render.FormatName && !k.Names || format == render.FormatJSONL && k.Item == ""
			if (err != nil) != refused {
				t.Errorf("%s -o %s: %v", k.Name, format, err)
			}
		}
	}
}
