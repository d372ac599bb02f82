package schemagen_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/cmd/evalctl/internal/schemagen"
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
		text, err := schemagen.Schema(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.HasSuffix(text, []byte("}\n")) {
			t.Errorf("%s: does not end in a line", name)
		}
		again, err := schemagen.Schema(name)
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
	if _, err := schemagen.Schema("nosuch"); err == nil {
		t.Error("a schema of no kind")
	}
}

// A kind says which formats it has before there is an answer: a blank document
// prints in all of them and in no other.
func TestBlankDocumentsPrint(t *testing.T) {
	for _, k := range kind.All() {
		for _, format := range render.Formats() {
			blank := k.Blank()
			err := render.Encode(new(bytes.Buffer), blank, format, render.Options{})
			refused := format == render.FormatName && blank.Names == nil || format == render.FormatJSONL && blank.ItemKind == ""
			if (err != nil) != refused {
				t.Errorf("%s -o %s: %v", k.Name, format, err)
			}
		}
	}
}

var update = flag.Bool("update", false, "write docs/schema again")

// TestFiles holds the published schemas to the types.
func TestFiles(t *testing.T) {
	const folder = "../../../../docs/schema"
	names := []string{kind.Error}
	for _, k := range kind.All() {
		names = append(names, k.Name)
	}
	var want []string
	for _, name := range names {
		text, err := schemagen.Schema(name)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, name+".json")
		want = append(want, file)
		if *update {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		published, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(published, text) {
			t.Errorf("%s is not what the types say: run make docs", file)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) != len(want) {
		t.Errorf("docs/schema has %d files, want %d (%v)", len(files), len(want), err)
	}
}
