package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// SchemaVersion is the version of the machine contract that JSON output follows.
const SchemaVersion = 1

// envelope fixes the order of the keys.
type envelope struct {
	Kind          string          `json:"kind"`
	SchemaVersion int             `json:"schema_version"`
	Data          json.RawMessage `json:"data"`
	Warnings      json.RawMessage `json:"warnings"`
}

// encodeJSON encodes the contract's envelope, ended by a newline.
func encodeJSON(doc Document, indent bool) ([]byte, error) {
	data, err := marshalObject(doc.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: data: %w", doc.Kind, err)
	}
	warnings, err := marshalList(doc.Warnings)
	if err != nil {
		return nil, fmt.Errorf("%s: warnings: %w", doc.Kind, err)
	}
	encoded, err := marshal(envelope{doc.Kind, SchemaVersion, data, warnings})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doc.Kind, err)
	}
	if indent {
		var out bytes.Buffer
		if err := json.Indent(&out, encoded, "", "  "); err != nil {
			return nil, fmt.Errorf("%s: %w", doc.Kind, err)
		}
		encoded = out.Bytes()
	}
	return append(encoded, '\n'), nil
}

// encodeJSONLines encodes one object a line for each item, its kind first, and
// closes with a summary that holds the warnings.
func encodeJSONLines(doc Document) ([]byte, error) {
	if doc.ItemKind == "" {
		return nil, usage("-o json has everything", "%s output has no list to print line by line", doc.Kind)
	}
	var out bytes.Buffer
	for i, item := range doc.Items {
		line, err := marshalObject(item)
		if err == nil {
			err = writeLine(&out, doc.ItemKind, line, nil)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: item %d: %w", doc.Kind, i+1, err)
		}
	}
	warnings, err := marshalList(doc.Warnings)
	if err != nil {
		return nil, fmt.Errorf("%s: warnings: %w", doc.Kind, err)
	}
	summary, err := marshalObject(doc.Summary)
	if err == nil {
		err = writeLine(&out, "summary", summary, warnings)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: summary: %w", doc.Kind, err)
	}
	return out.Bytes(), nil
}

// writeLine writes object with "kind" before its keys and, unless nil, "warnings"
// after them. An object that has either of these keys itself is an error: JSON
// with a key twice means a different thing to each reader.
func writeLine(out *bytes.Buffer, kind string, object, warnings json.RawMessage) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(object, &keys); err != nil {
		return err
	}
	if _, taken := keys["kind"]; taken {
		return fmt.Errorf(`the key "kind" is taken`)
	}
	if _, taken := keys["warnings"]; taken && warnings != nil {
		return fmt.Errorf(`the key "warnings" is taken`)
	}
	quoted, err := marshal(kind)
	if err != nil {
		return err
	}
	out.WriteString(`{"kind":`)
	out.Write(quoted)
	if len(keys) > 0 {
		out.WriteByte(',')
		out.Write(object[1 : len(object)-1])
	}
	if warnings != nil {
		out.WriteString(`,"warnings":`)
		out.Write(warnings)
	}
	out.WriteString("}\n")
	return nil
}

// marshalObject encodes a value that must be an object; nil is an empty one.
func marshalObject(value any) (json.RawMessage, error) { return marshalAs(value, "{}", "an object") }

// marshalList encodes a value that must be a list; nil is an empty one.
func marshalList(value any) (json.RawMessage, error) { return marshalAs(value, "[]", "a list") }

func marshalAs(value any, empty, noun string) (json.RawMessage, error) {
	encoded, err := marshal(value)
	if err != nil {
		return nil, err
	}
	if string(encoded) == "null" {
		return json.RawMessage(empty), nil
	}
	if encoded[0] != empty[0] {
		return nil, fmt.Errorf("%T encodes to %.20s, not %s", value, encoded, noun)
	}
	return encoded, nil
}

// marshal encodes compactly, "<", ">" and "&" as they are, without a newline.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return escapeControls(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// escapeControls writes DEL, C1 and reordering controls as \u escapes. JSON allows
// them raw, but the text may be looked at on a terminal. They can only be inside
// strings, so nothing else in valid JSON changes.
func escapeControls(encoded []byte) []byte {
	if bytes.IndexFunc(encoded, isControl) < 0 && utf8.Valid(encoded) {
		return encoded
	}
	var out bytes.Buffer
	for _, r := range string(encoded) { // not UTF-8: U+FFFD
		if isControl(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}
