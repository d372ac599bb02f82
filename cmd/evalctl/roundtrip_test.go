package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// drawings make the document of each kind from its JSON.
var drawings = map[string]func(tb testing.TB, text string) render.Document{
	kind.Artifacts:   drawing(kind.ArtifactsDocument),
	kind.Averages:    drawing(kind.AveragesDocument),
	kind.Comparison:  drawing(kind.ComparisonDocument),
	kind.Doctor:      drawing(kind.DoctorDocument),
	kind.Downloads:   drawing(kind.DownloadsDocument),
	kind.Evaluation:  drawing(kind.EvaluationDocument),
	kind.Invocations: drawing(kind.InvocationsDocument),
	kind.Runs:        drawing(kind.RunsDocument),
	kind.Stat:        drawing(kind.StatDocument),
	kind.Stats:       drawing(kind.StatsDocument),
	kind.Version: drawing(func(v kind.VersionValue, _ []nemo.Warning) render.Document {
		return kind.VersionDocument(v)
	}),
}

func drawing[T any](draw func(T, []nemo.Warning) render.Document) func(testing.TB, string) render.Document {
	return func(tb testing.TB, text string) render.Document {
		tb.Helper()
		var saved struct {
			Kind     string         `json:"kind"`
			Version  int            `json:"schema_version"`
			Data     T              `json:"data"`
			Warnings []nemo.Warning `json:"warnings"`
		}
		decoder := json.NewDecoder(bytes.NewBufferString(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&saved); err != nil {
			tb.Fatal(err)
		}
		return draw(saved.Data, saved.Warnings)
	}
}

// again makes the document of an answer from its JSON.
func again(tb testing.TB, text string) render.Document {
	tb.Helper()
	name := decode[struct{ Kind string }](tb, text).Kind
	if drawings[name] == nil {
		tb.Fatalf("no drawing of kind %q", name)
	}
	return drawings[name](tb, text)
}

// What a verb prints can be saved as JSON and drawn again: nothing that a screen
// or a table says comes from elsewhere than the value.
func TestEveryFormatCanBeDrawnFromTheJSON(t *testing.T) {
	for _, test := range answers {
		t.Run(test.line, func(t *testing.T) {
			args := words(t, test.line)
			text := process{}.answer(t, append(args, "-o", "json")...)
			if test.kind == kind.Downloads { // the second call finds the files
				text = process{}.answer(t, append(args, "-o", "json")...)
			}
			formats := render.Formats()
			if strings.Contains(test.line, "SERVER") { // slow, and no other drawings
				formats = []render.Format{render.FormatJSON, render.FormatWide}
			}
			doc := again(t, text)
			checkParts(t, doc)
			for _, format := range formats {
				if format == render.FormatName && doc.Names == nil || format == render.FormatJSONL && doc.ItemKind == "" {
					continue
				}
				var got bytes.Buffer
				if err := render.Encode(&got, doc, format, render.Options{Face: render.Face{Unicode: true}}); err != nil {
					t.Fatalf("%s: %v", format, err)
				}
				want := process{}.answer(t, append(args, "-o", string(format))...)
				if diff := cmp.Diff(want, got.String()); diff != "" {
					t.Errorf("%s (-the verb +from its JSON):\n%s", format, diff)
				}
			}
		})
	}
	for _, k := range kind.All() {
		if drawings[k.Name] == nil {
			t.Errorf("no drawing of kind %s", k.Name)
		}
	}
}

// checkParts compares a document with what its kind promises before there is one.
func checkParts(t *testing.T, doc render.Document) {
	t.Helper()
	type parts struct {
		Item   string
		Tables []string
		Names  bool
	}
	partsOf := func(doc render.Document) parts {
		p := parts{Item: doc.ItemKind, Names: doc.Names != nil}
		for _, table := range doc.Tables {
			p.Tables = append(p.Tables, table.Name)
		}
		return p
	}
	for _, k := range kind.All() {
		if k.Name == doc.Kind {
			if diff := cmp.Diff(partsOf(k.Blank()), partsOf(doc)); diff != "" {
				t.Errorf("parts of %s (-promised +drawn):\n%s", k.Name, diff)
			}
			return
		}
	}
	t.Errorf("a document of unknown kind %q", doc.Kind)
}
