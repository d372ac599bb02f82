// Package query finds evaluation runs: it parses what people type (invocation
// ids, job ids, run ids, paths), asks a tracking store for the runs behind it,
// over every experiment, and settles which run stands for a job that was
// exported more than once.
//
// A tracking store is whatever implements [Store]; each kind is a sub-package.
// This package knows no transport and no numbers: it is the first stage of the
// flow query → artifacts → compare → render.
package query

import (
	"context"
	"io"
	"iter"
	"maps"
	"slices"
	"time"
)

// Store is one tracking store, read only. Implementations are safe for
// concurrent use, return errors of type [*Error], and stop when ctx ends.
type Store interface {
	// URI names the store: its tracking URI without credentials. Equal URIs
	// mean the same store; caches are keyed by it.
	URI() string

	// Experiments lists the active experiments, by id.
	Experiments(ctx context.Context) ([]Experiment, error)

	// Search yields the active runs of active experiments that match, newest
	// start first and then by run id, each once. It yields at most one error,
	// as the last element. A store must filter as much as it can on its own
	// side and never yields a run for which search.Filter.Match is false.
	Search(ctx context.Context, search Search) iter.Seq2[Run, error]

	// Run returns the run with this id, active or not; the error is NotFound if
	// there is none.
	Run(ctx context.Context, id string) (Run, error)

	// List returns the entries of one folder of a run, sorted by path; dir "" is
	// the run's root. Listing a file or nothing gives an empty list.
	List(ctx context.Context, run Run, dir string) ([]File, error)

	// Open reads one file of a run. The error is NotFound where the store knows
	// that the file is not there, and Uncertain where it cannot tell a missing
	// file from a broken one (MLflow answers 500 for both); the caller then lists
	// the folder.
	Open(ctx context.Context, run Run, path string) (Content, error)

	// Remote reports whether files cross a network, so that caching them pays.
	Remote() bool

	// RunURL is the address of the run's page for a person; "" if it has none.
	RunURL(run Run) string
}

// Content is an open file. The caller closes it. Size is the length in bytes
// that the store promises for this transfer, or -1 if it promises none: then a
// transfer that was cut short cannot be told from a whole one, and the caller
// compares with [File.Size].
type Content struct {
	io.ReadCloser
	Size int64
}

// File is an entry of a run's folder.
type File struct {
	Path  string // from the run's root, slashes
	IsDir bool
	Size  int64 // bytes; 0 for a folder and, as MLflow leaves it out, for an empty file
}

// Experiment groups runs, as in MLflow.
type Experiment struct {
	ID   string
	Name string
}

// Statuses of a run, as MLflow names them.
const (
	StatusRunning   = "RUNNING"
	StatusScheduled = "SCHEDULED"
	StatusFinished  = "FINISHED"
	StatusFailed    = "FAILED"
	StatusKilled    = "KILLED"
)

// Run is a store's raw record of a run: what MLflow knows without opening a file.
type Run struct {
	ID           string // MLflow: 32 hex digits; a directory: the job id
	Name         string
	ExperimentID string
	Experiment   string // its name
	Status       string // one of the Status constants
	StartTime    time.Time
	EndTime      time.Time // zero while running
	ArtifactURI  string
	Deleted      bool
	Tags         map[string]string
	Params       map[string]string
	Metrics      map[string]float64 // latest value a key; may be NaN or infinite

	// Folder is where results.yml and the files beside it most likely are, from
	// the run's root: a guess made from tags, to be tried before listing.
	Folder string
	// Model is the model id if the store knows it without opening a result file.
	Model string
}

// Search asks a store for runs.
type Search struct {
	Filter      Filter   // all conditions must hold; empty matches every run
	Experiments []string // experiment ids; nil is every active experiment
	Limit       int      // at most so many runs; 0 is all
}

// Tags that the launcher's exporter sets on a run (nemo-formats §3.1).
const (
	TagInvocation = "invocation_id"
	TagJob        = "job_id"
	TagTask       = "task_name"
	TagBenchmark  = "benchmark"
	TagHarness    = "harness"
	TagExecutor   = "executor"
	TagModel      = "model"
)

// InvocationID is the invocation that the run belongs to, or "".
func (r Run) InvocationID() string { return r.Tags[TagInvocation] }

// JobID is the launcher's job id, or "".
func (r Run) JobID() string { return r.Tags[TagJob] }

// All collects a search, stopping at its first error.
func All(runs iter.Seq2[Run, error]) ([]Run, error) {
	var all []Run
	for run, err := range runs {
		if err != nil {
			return nil, err
		}
		all = append(all, run)
	}
	return all, nil
}

// sortedKeys is for output that must not depend on map order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
