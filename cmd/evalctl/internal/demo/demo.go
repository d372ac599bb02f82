// Package demo is a small launcher output tree inside the program, so that every
// verb can be tried without a server, a network or an evaluation. README.md says
// what it is and what was left out.
package demo

import (
	"embed"
	"io/fs"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rundir"
)

// URI names the embedded store.
const URI = "demo:"

// Ids of the two invocations to compare first: a model and its quantised
// version, asked the same questions.
const (
	Baseline  = "c0bd961e50124ab3"
	Candidate = "ce963eed5b5b91b0"
)

// A directory is embedded without its files that begin with "." or "_"; the
// launcher has some (.secrets.env), and none is wanted here. "all:" would take
// them.
//
//go:embed data
var embedded embed.FS

// FS is the launcher's output directory.
func FS() (fs.FS, error) { return fs.Sub(embedded, "data") }

// Open returns the store over [FS].
func Open() (query.Store, error) {
	files, err := FS()
	if err != nil {
		return nil, err
	}
	return rundir.Open(files, ".", URI)
}
