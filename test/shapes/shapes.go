// Package shapes reads the answer key of the runs that shapes.py writes: a run of
// every shape that the exporters of launcher 0.1.0 to 0.2.6, and nel-next's, leave
// on an MLflow server. The one exporter that can be installed makes only its own.
package shapes

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/test/stack"
)

// Key is what evalctl must say about the runs, computed from the digits that were
// written. Numbers are exact text; nil is no number.
type Key struct {
	Runs     map[string]string // ids by the generator's names: job ids, mostly
	Count    int
	Compare  []Comparison
	Refused  []Refusal
	Selected []Selection
	Listed   []Listing
}

// Comparison is the answer to `compare` with these arguments.
type Comparison struct {
	Name     string
	Args     []string
	Rows     []Row   // primary
	Scores   []Score // all
	Averages []Average
	Missing  []Missing
	Warnings []string // codes of the envelope that are about runs and files
	Aside    []string // names of runs that others stand for
	Models   [][]string
}

// Row is a headline on both sides.
type Row struct {
	Task, Score, Scale, Direction string
	Variant, Base, Cand, Delta    *string
	Comparable                    bool
}

// Score is any number of results.yml on both sides. Its name is section, name,
// metric and score with blanks between.
type Score struct {
	Task, Score                string
	Variant, Base, Cand, Delta *string
}

// Average is over the headlines of one scale and direction.
type Average struct {
	Scale, Direction  string
	Tasks, Of         int
	Base, Cand, Delta *string
	BaseExact         *bool `json:"base_exact"`
	CandExact         *bool `json:"cand_exact"`
	Exact             *bool
}

// Missing is a task without results.
type Missing struct {
	Side, Task string
	JobID      *string `json:"job_id"`
	Reason     string
}

// Refusal is a call that must fail.
type Refusal struct {
	Name   string
	Args   []string
	Status int
	Code   string
}

// Selection is the runs that a selector must lead to, by name.
type Selection struct {
	Name        string
	Args        []string
	Runs, Aside []string
}

// Listing is sizes of files of a run, of which MLflow leaves some out.
type Listing struct {
	Run   string
	Sizes map[string]int
}

// Start starts a server with the runs for one test, and reads their key.
func Start(tb testing.TB, version stack.Version) (*stack.Server, Key) {
	tb.Helper()
	server := stack.Serve(tb, stack.Setup{Version: version, Content: stack.Shapes})
	text, err := os.ReadFile(filepath.Join(server.Dir, "key.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var key Key
	if err := json.Unmarshal(text, &key); err != nil {
		tb.Fatalf("key.json: %v", err)
	}
	return server, key
}
