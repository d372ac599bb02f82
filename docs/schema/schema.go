// Package schema is the published JSON Schemas (2020-12) of everything that
// evalctl prints as JSON. The files are generated: make docs.
package schema

import (
	"embed"
	"fmt"
)

//go:embed *.json
var files embed.FS

// Read returns the schema of one kind of answer.
func Read(kind string) ([]byte, error) {
	text, err := files.ReadFile(kind + ".json")
	if err != nil {
		return nil, fmt.Errorf("no kind %q", kind)
	}
	return text, nil
}
