// Package schemagen makes the JSON Schemas of the contract's kinds from the Go
// types that print them. It is no part of the program, which carries what this
// package wrote to docs/schema: the library behind it would cost every start.
package schemagen

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Schema returns the JSON Schema (2020-12) of an answer of this kind, generated
// from the Go types that make it.
func Schema(name string) ([]byte, error) {
	if name == kind.Error {
		return marshalSchema(errorSchema())
	}
	for _, k := range kind.All() {
		if k.Name == name {
			schema, err := envelopeSchema(k)
			if err != nil {
				return nil, err
			}
			return marshalSchema(schema)
		}
	}
	return nil, fmt.Errorf("no kind %q", name)
}

func marshalSchema(schema *jsonschema.Schema) ([]byte, error) {
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// typeSchemas says how types with their own JSON look.
func typeSchemas() map[reflect.Type]*jsonschema.Schema {
	words := func(values ...any) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Enum: values} }
	return map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[decimal.Decimal](): {Type: "number"},
		reflect.TypeFor[nemo.Time]():       {Type: "string", Format: "date-time"},
		// Inputs and outputs of stat.
		reflect.TypeFor[json.RawMessage](): {Types: []string{"null", "number", "string", "array"}},
		// What inference will fill in; null where none was made.
		reflect.TypeFor[map[string]any](): {Types: []string{"null", "object"}},
		reflect.TypeFor[compare.Verdict](): words("improved", "regressed", "increased", "decreased", "equivalent",
			"inconclusive", "insufficient_data", "no_inference", "not_comparable"),
		reflect.TypeFor[catalog.Direction](): words("higher", "lower", "unknown"),
		reflect.TypeFor[catalog.Scale](): words("fraction", "percent", "rating_10", "signed_100", "elo", "ratio",
			"seconds", "milliseconds", "tokens", "count", "unknown"),
	}
}

func envelopeSchema(k kind.Kind) (*jsonschema.Schema, error) {
	options := &jsonschema.ForOptions{TypeSchemas: typeSchemas()}
	data, err := jsonschema.ForType(reflect.TypeOf(k.Value), options)
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", k.Name, err)
	}
	data.Description = "Printed by evalctl " + k.Verb + "."
	warning, err := jsonschema.ForType(reflect.TypeFor[nemo.Warning](), options)
	if err != nil {
		return nil, err
	}
	neverNull(data)
	neverNull(warning)
	if k.Name == kind.Evaluation {
		data.Properties["configured"].Type, data.Properties["configured"].Types = "", []string{"null", "array"}
	}
	return envelope(k.Name, map[string]*jsonschema.Schema{
		"data": data, "warnings": {Type: "array", Items: warning},
	}, "data", "warnings"), nil
}

// neverNull takes null away from lists, which Go's types allow and the contract
// does not: [] is the list of nothing.
func neverNull(schema *jsonschema.Schema) {
	if schema == nil {
		return
	}
	if len(schema.Types) == 2 && slices.Contains(schema.Types, "array") && slices.Contains(schema.Types, "null") {
		schema.Type, schema.Types = "array", nil
	}
	neverNull(schema.Items)
	neverNull(schema.AdditionalProperties)
	for _, property := range schema.Properties {
		neverNull(property)
	}
}

func envelope(name string, properties map[string]*jsonschema.Schema, order ...string) *jsonschema.Schema {
	var kindName any = name
	version := any(1)
	properties["kind"] = &jsonschema.Schema{Const: &kindName}
	properties["schema_version"] = &jsonschema.Schema{Const: &version}
	order = append([]string{"kind", "schema_version"}, order...)
	return &jsonschema.Schema{
		Schema:        "https://json-schema.org/draft/2020-12/schema",
		Title:         name,
		Type:          "object",
		Properties:    properties,
		PropertyOrder: order,
		Required:      order,

		AdditionalProperties: nothing(),
	}
}

// nothing is the schema that no value meets.
func nothing() *jsonschema.Schema { return &jsonschema.Schema{Not: &jsonschema.Schema{}} }

func errorSchema() *jsonschema.Schema {
	text := &jsonschema.Schema{Type: "string"}
	object := &jsonschema.Schema{
		Type: "object",
		Properties: map[string]*jsonschema.Schema{
			"code": {Type: "string", Enum: []any{
				"usage", "not_found", "ambiguous", "unauthenticated", "forbidden", "unreachable", "timeout",
				"offline", "corrupt", "io", "interrupted", "internal",
			}},
			"message":     text,
			"hint":        {Types: []string{"string", "null"}},
			"exit_status": {Type: "integer"},
			"candidates":  {Type: "array", Items: text},
			"lacks":       {Type: "array", Items: text},
		},
		PropertyOrder: []string{"code", "message", "hint", "exit_status", "candidates", "lacks"},
		Required:      []string{"code", "message", "hint", "exit_status"},

		AdditionalProperties: nothing(),
	}
	return envelope(kind.Error, map[string]*jsonschema.Schema{"error": object}, "error")
}
