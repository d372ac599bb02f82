package kind

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/gate"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

// Saved is an answer that was printed as JSON and is read again.
type Saved struct {
	Document render.Document
	// Unknown are the keys, by their path, that this version does not know and
	// therefore left out. The contract grows: a newer version may write them.
	Unknown []string
}

type savedValue struct {
	Saved
	missing string // the path of a key that is not there; "": all are
}

// saveHint says how to save an answer that can be read again.
const saveHint = "save an answer with -o json=FILE, or with -o json > FILE"

// Read draws the document of an answer again from its JSON. Text that is not a
// whole answer of a kind and a schema version that this program knows is a
// [*query.Error] of the code corrupt.
func Read(text []byte) (Saved, error) {
	text, err := unmarked(text)
	if err != nil {
		return Saved{}, err
	}
	var envelope struct {
		Kind          *string          `json:"kind"`
		SchemaVersion *json.RawMessage `json:"schema_version"`
		Data          json.RawMessage  `json:"data"`
		Warnings      json.RawMessage  `json:"warnings"`
		Error         struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&envelope); err != nil {
		return Saved{}, notJSON(text, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Saved{}, corrupt(saveHint, "something follows the answer; JSON Lines, or several answers in one file, cannot be read again")
	}
	switch {
	case envelope.Kind == nil:
		return Saved{}, corrupt(saveHint, `not an answer of evalctl: it has no "kind"`)
	case envelope.SchemaVersion == nil:
		return Saved{}, corrupt(saveHint, `not a whole answer of evalctl: it has no "schema_version"`)
	}
	version, err := strconv.Atoi(string(*envelope.SchemaVersion))
	if err != nil || version < 1 {
		return Saved{}, corrupt(saveHint, "schema_version is %.20s, not a number from 1", *envelope.SchemaVersion)
	}
	if version > render.SchemaVersion {
		return Saved{}, corrupt("a newer evalctl wrote it, and can read it",
			"schema_version is %d, and this evalctl knows no other than %d", version, render.SchemaVersion)
	}
	if *envelope.Kind == Error {
		return Saved{}, corrupt(saveHint, "the saved answer is an error: %s", envelope.Error.Message)
	}
	k, known := Find(*envelope.Kind)
	switch {
	case !known:
		return Saved{}, corrupt("evalctl schema   lists the kinds", "unknown kind %.60q", *envelope.Kind)
	case envelope.Data == nil:
		return Saved{}, corrupt(saveHint, `not a whole answer of evalctl: it has no "data"`)
	case envelope.Warnings == nil:
		return Saved{}, corrupt(saveHint, `not a whole answer of evalctl: it has no "warnings"`)
	}
	saved, err := k.read(envelope.Data, envelope.Warnings)
	if err != nil {
		return Saved{}, corrupt("", "damaged %s: %v", k.Name, err)
	}
	if saved.missing != "" {
		return Saved{}, corrupt("", "damaged %s: nothing at %s", k.Name, saved.missing)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return Saved{}, notJSON(text, err)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains([]string{"kind", "schema_version", "data", "warnings"}, key) {
			saved.Unknown = append(saved.Unknown, key)
		}
	}
	return saved.Saved, nil
}

func corrupt(hint, format string, args ...any) error {
	return &query.Error{Code: query.Corrupt, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// unmarked takes away the byte order mark that some editors write, and refuses
// what a Windows shell makes of a redirection.
func unmarked(text []byte) ([]byte, error) {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return nil, corrupt(`PowerShell's ">" writes it; -o json=FILE does not`, "the text is UTF-16 and not UTF-8")
		}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, corrupt(saveHint, "there is nothing in it")
	}
	return text, nil
}

// notJSON says where text stops to be JSON, or that it is JSON of another shape.
func notJSON(text []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n"))
		return corrupt(saveHint, "not JSON: line %d: %v", line, syntax)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return corrupt(saveHint, "the JSON is cut short: it ends in the middle of a value")
	}
	return corrupt(saveHint, "not an answer of evalctl: %v", typeError("", err))
}

// typeError is an error of package json in words.
func typeError(path string, err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field != "" {
			path = strings.TrimPrefix(path+"."+wrong.Field, ".")
		}
		return fmt.Errorf("%s cannot be of the type %s", orDash(path), wrong.Value)
	}
	return err
}

// readValue decodes and draws one kind.
func readValue[T any](data, warnings []byte, draw func(T, []nemo.Warning) render.Document) (savedValue, error) {
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		return savedValue{}, typeError("data", err)
	}
	var listed []nemo.Warning
	if err := json.Unmarshal(warnings, &listed); err != nil {
		return savedValue{}, typeError("warnings", err)
	}
	var shape shape
	for _, part := range []struct {
		path  string
		saved []byte
		value any
	}{{"data", data, value}, {"warnings", warnings, listed}} {
		known, err := json.Marshal(part.value)
		if err != nil {
			return savedValue{}, err
		}
		shape.compare(part.path, part.saved, known)
	}
	if shape.missing != "" {
		return savedValue{missing: shape.missing}, nil
	}
	if comparison, ok := any(value).(compare.Comparison); ok {
		if err := checkSides(comparison); err != nil {
			return savedValue{}, err
		}
	}
	if answer, ok := any(value).(gate.Answer); ok && (len(answer.Sides) == 0 || len(answer.Sides) < 2 && len(answer.Rows) > 0) {
		return savedValue{}, errors.New("it has too few sides")
	}
	return savedValue{Saved: Saved{Document: draw(value, listed), Unknown: shape.unknown}}, nil
}

// checkSides reports a comparison whose rows are of sides that it does not have.
func checkSides(c compare.Comparison) error {
	if len(c.Sides) < 2 {
		return errors.New("it has fewer than two sides")
	}
	for i, row := range c.Rows {
		if !slices.ContainsFunc(c.Sides[1:], func(s compare.SideSummary) bool { return s.Label == row.Cand.Side }) {
			return fmt.Errorf("data.rows[%d].cand.side is no candidate", i)
		}
	}
	return nil
}

// shape is what JSON and the value decoded from it do not have in common. Package
// json tells neither a key that is not there from one that is zero, nor a null
// from either: what is missing would become 0.
type shape struct {
	missing string
	unknown []string
}

func (s *shape) compare(path string, saved, known json.RawMessage) {
	if s.missing != "" {
		return
	}
	if isNull(saved) != isNull(known) {
		s.missing = path
		return
	}
	switch known[0] {
	case '{':
		var savedKeys, knownKeys map[string]json.RawMessage
		if json.Unmarshal(saved, &savedKeys) != nil || json.Unmarshal(known, &knownKeys) != nil {
			s.missing = path
			return
		}
		for _, key := range slices.Sorted(maps.Keys(knownKeys)) {
			value, found := savedKeys[key]
			if !found {
				s.missing = path + "." + key
				return
			}
			s.compare(path+"."+key, value, knownKeys[key])
		}
		for _, key := range slices.Sorted(maps.Keys(savedKeys)) {
			if _, found := knownKeys[key]; !found {
				s.leaveOut(path + "." + key)
			}
		}
	case '[':
		var savedList, knownList []json.RawMessage
		if json.Unmarshal(saved, &savedList) != nil || json.Unmarshal(known, &knownList) != nil || len(savedList) != len(knownList) {
			s.missing = path
			return
		}
		for i := range knownList {
			s.compare(path+"[]", savedList[i], knownList[i])
		}
	}
}

// maxUnknown bounds how many unknown keys are named.
const maxUnknown = 20

func (s *shape) leaveOut(path string) {
	if len(s.unknown) < maxUnknown && !slices.Contains(s.unknown, path) {
		s.unknown = append(s.unknown, path)
	}
}

func isNull(text json.RawMessage) bool { return string(bytes.TrimSpace(text)) == "null" }
