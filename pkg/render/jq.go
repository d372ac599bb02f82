package render

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

// Query writes what the jq expression expr makes of the document's JSON envelope:
// strings as they are, other values as compact JSON, one a line. Numbers that expr
// only selects keep every digit; arithmetic is jq's, in binary floating point. On
// a terminal strings are stripped of control characters other than line breaks and
// tabs. Expressions see no environment, files or modules.
//
// Nothing is written unless expr ran to its end. A bad expression, and one that
// fails on this document, is a [*UsageError]; an endless one ends with ctx.
func Query(ctx context.Context, w io.Writer, doc Document, expr string, face Face) error {
	code, err := compile(expr)
	if err != nil {
		return err
	}
	encoded, err := encodeJSON(doc, false)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber() // a float64 would lose digits
	var input any
	if err := decoder.Decode(&input); err != nil {
		return err
	}
	var out bytes.Buffer
	results := code.RunWithContext(ctx, input)
	for {
		result, more := results.Next()
		if !more {
			break
		}
		if err, failed := result.(error); failed {
			if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
				break
			}
			if ctx.Err() != nil {
				return err
			}
			return jqError(err, "")
		}
		if text, ok := result.(string); ok {
			if face.Terminal {
				text = SanitizeLines(text)
			}
			out.WriteString(text + "\n")
			continue
		}
		line, err := gojq.Marshal(result)
		if err != nil {
			return jqError(err, "")
		}
		out.Write(escapeControls(line))
		out.WriteByte('\n')
	}
	return write(w, out.Bytes())
}

// CheckQuery reports whether a jq expression is well formed, so that a mistake is
// found before anything is fetched. The error is a [*UsageError].
func CheckQuery(expr string) error {
	_, err := compile(expr)
	return err
}

func compile(expr string) (*gojq.Code, error) {
	query, err := gojq.Parse(expr)
	if parse, ok := errors.AsType[*gojq.ParseError](err); ok {
		// The offset is in bytes and behind the token.
		before := min(max(parse.Offset-len(parse.Token), 0), len(expr))
		column := utf8.RuneCountInString(expr[:before]) + 1
		return nil, jqError(err, " at character "+strconv.Itoa(column)+" of "+strconv.Quote(expr))
	}
	if err != nil {
		return nil, jqError(err, "")
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, jqError(err, " in "+strconv.Quote(expr))
	}
	return code, nil
}

// jqError has a message that may quote the document.
func jqError(err error, place string) *UsageError {
	message := strings.TrimPrefix(err.Error(), "error: ")
	return &UsageError{
		Message: "jq: " + Sanitize(message+place),
		Hint:    "--jq . prints the whole document that expressions work on",
		Err:     err,
	}
}
