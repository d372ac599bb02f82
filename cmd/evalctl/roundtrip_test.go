package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/render"
)

// again makes the document of an answer from its JSON, of which nothing is unknown.
func again(tb testing.TB, text string) render.Document {
	tb.Helper()
	saved, err := kind.Read([]byte(text))
	if err != nil || len(saved.Unknown) > 0 {
		tb.Fatalf("unknown keys %v, error %v", saved.Unknown, err)
	}
	return saved.Document
}

// What a verb prints can be saved as JSON and rendered again, in every format and
// byte for byte: nothing that a screen or a table says comes from elsewhere.
func TestEveryFormatCanBeRenderedFromTheJSON(t *testing.T) {
	for _, test := range answers {
		t.Run(test.line, func(t *testing.T) {
			args := words(t, test.line)
			file := filepath.Join(t.TempDir(), "saved.json")
			process{}.answer(t, append(args, "-o", "json="+file)...)
			if test.kind == kind.Downloads { // the second call finds the files
				process{}.answer(t, append(args, "-o", "json="+file)...)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			formats := render.Formats()
			if strings.Contains(test.line, "SERVER") { // slow, and no other drawings
				formats = []render.Format{render.FormatJSON, render.FormatWide}
			}
			doc := again(t, string(text))
			checkParts(t, doc)
			for _, format := range formats {
				if format == render.FormatName && doc.Names == nil || format == render.FormatJSONL && doc.ItemKind == "" {
					continue
				}
				got := process{}.answer(t, "render", file, "-o", string(format))
				want := process{}.answer(t, append(args, "-o", string(format))...)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-the verb +from its JSON):\n%s", format, diff)
				}
				if format == render.FormatYAML {
					checkYAML(t, string(text), got)
				}
			}
			for _, table := range doc.Tables {
				if len(table.Rows) > 0 && !strings.Contains(test.line, "SERVER") {
					checkSorted(t, file, table, table.Name == doc.Tables[0].Name)
				}
			}
		})
	}
}

// checkYAML decodes YAML with a general reader and compares it with JSON: the same
// keys in the same order, the same numbers digit for digit, the same text.
func checkYAML(t *testing.T, asJSON, asYAML string) {
	t.Helper()
	var fromJSON, fromYAML yaml.Node
	if err := yaml.Unmarshal([]byte(asYAML), &fromYAML); err != nil {
		t.Fatalf("YAML: %v", err)
	}
	if err := yaml.Unmarshal([]byte(asJSON), &fromJSON); err != nil { // JSON is YAML too
		t.Fatalf("JSON: %v", err)
	}
	if diff := cmp.Diff(scalars(&fromJSON, ""), scalars(&fromYAML, "")); diff != "" {
		t.Errorf("YAML (-JSON +YAML):\n%s", diff)
	}
}

// scalars lists what a document holds, each with its path, type and text.
func scalars(node *yaml.Node, path string) []string {
	var all []string
	switch node.Kind {
	case yaml.MappingNode:
		all = append(all, path+" is a mapping of "+strconv.Itoa(len(node.Content)/2))
		for i := 0; i < len(node.Content); i += 2 {
			all = append(all, scalars(node.Content[i+1], path+"/"+node.Content[i].ShortTag()+node.Content[i].Value)...)
		}
	case yaml.SequenceNode, yaml.DocumentNode:
		all = append(all, path+" is a list of "+strconv.Itoa(len(node.Content)))
		for i, element := range node.Content {
			all = append(all, scalars(element, path+"/"+strconv.Itoa(i))...)
		}
	case yaml.ScalarNode, yaml.AliasNode:
		all = append(all, path+" "+node.ShortTag()+" "+node.Value)
	}
	return all
}

// checkSorted holds every format to one order: that of the column sorted by.
func checkSorted(t *testing.T, file string, table render.Records, main bool) {
	t.Helper()
	column := table.Columns[len(table.Columns)-1]
	got := process{}.answer(t, "render", file, "-o", "tsv", "--table", table.Name, "--columns", column, "--no-headers")
	if lines := strings.Count(got, "\n"); lines != len(table.Rows) {
		t.Errorf("--columns %s: %d lines for %d rows", column, lines, len(table.Rows))
	}
	if !main || table.Name == kind.Version {
		return
	}
	for _, column := range table.Columns {
		sorted := process{}.answer(t, "render", file, "-o", "json", "--sort-by", "-"+column)
		order, err := render.Order(again(t, sorted), "-"+column)
		if err != nil || !slices.IsSorted(order) {
			t.Errorf("--sort-by -%s: the order is %v, %v", column, order, err)
		}
	}
}

// A saved answer that lacks a key is refused: it would be drawn as if there were
// nothing, or 0.
func TestSpoiltAnswersAreRefused(t *testing.T) {
	spoilt := map[string]bool{}
	for _, test := range answers {
		if strings.Contains(test.line, "SERVER") || spoilt[test.kind] {
			continue
		}
		spoilt[test.kind] = true
		t.Run(test.line, func(t *testing.T) {
			value := parse(t, process{}.answer(t, append(words(t, test.line), "-o", "json")...))
			spoil(value, "", map[string]bool{}, func(path, how string) {
				text, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				saved, err := kind.Read(text)
				refused := how == "missing" || how == "of another type"
				// Keys of the margins and numbers of questions are data, not the contract's.
				allowed := how == "that the contract does not know" && !strings.HasPrefix(path, ".data.settings.")
				if refused && err == nil || allowed && err != nil {
					t.Errorf("%s %s: error %v", path, how, err)
				}
				if err == nil {
					_ = render.Encode(io.Discard, saved.Document, render.FormatWide, render.Options{}) // must not panic
				}
			})
		})
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
