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
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// Store is one tracking store, read only. Implementations are safe for
// concurrent use, return errors of type [*Error], and stop when ctx ends.
type Store interface {
	// URI names the store: its tracking URI without credentials. Equal URIs
	// mean the same store; caches are keyed by it.
	URI() string

	// Experiments lists the experiments, by id.
	Experiments(ctx context.Context, view View) ([]Experiment, error)

	// Search yields the runs that match, newest start first and then by run id,
	// each once: active runs of active experiments, unless search.View says
	// otherwise. It yields at most one error, as the last element. A store must
	// filter as much as it can on its own side and never yields a run for which
	// search.Match is false. A store that cannot evaluate search.Raw answers with
	// an error of code Usage. What a [Warner] cannot read it leaves out.
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
	ID      string
	Name    string
	Deleted bool
}

// View says whether what was deleted, and not yet purged, is looked at too.
type View int

// Views.
const (
	Active View = iota
	WithDeleted
)

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
	// Bundle is the nel-next bundle that the run is of, from its root: the same kind
	// of guess; "" if the run is none of nel-next's.
	Bundle string
	// Model is the model id if the store knows it without opening a result file.
	Model string
}

// Search asks a store for runs.
type Search struct {
	Filter Filter   // all conditions must hold; empty matches every run
	Any    []Filter // if there are any, one of these must hold too; MLflow has no OR
	// Raw is a filter in MLflow's own language that must hold too. Only a store of
	// MLflow's can tell whether it does.
	Raw         string
	Experiments []string // experiment ids; nil is every experiment
	View        View
	Limit       int // at most so many runs; 0 is all
	// Expected is about how many runs will be taken, where Limit does not say;
	// 0 is all of them.
	Expected int
}

// Match reports whether a run meets what can be decided without the store:
// Filter and Any.
func (s Search) Match(run Run) bool {
	return s.Filter.Match(run) && (len(s.Any) == 0 || slices.ContainsFunc(s.Any, func(f Filter) bool { return f.Match(run) }))
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

// ParamInvocation holds what the tag of that name does, and stays when a user's
// tag takes its place; ParamJobs is on the runs of whole invocations that
// launcher 0.1.x made (nemo-formats §3.2).
const (
	ParamInvocation = "invocation_id"
	ParamJobs       = "jobs_count"
)

// NewestFirst is the order of a search: the newest start, then the run id.
func NewestFirst(a, b Run) int {
	return cmp.Or(b.StartTime.Compare(a.StartTime), cmp.Compare(a.ID, b.ID))
}

// bundlePrefix begins the run id, and so the tag job_id, of what nel-next exports
// (nemo-formats §11.3).
const bundlePrefix = "eval-"

// InvocationID is the invocation that the run belongs to, or "": what the tag
// says, or the parameter where a user's own tag of that name took its place.
func (r Run) InvocationID() string {
	tag, param := r.Tags[TagInvocation], r.Params[ParamInvocation]
	if param != "" && !isInvocationID(tag) {
		return param
	}
	return tag
}

// isInvocationID reports whether the launcher could have made an id.
func isInvocationID(id string) bool {
	return (len(id) == shortInvocation || len(id) == longInvocation) && consistsOf(id, hexDigits)
}

// BundleID is the run id of a nel-next bundle, or "".
func (r Run) BundleID() string {
	if r.InvocationID() == "" && strings.HasPrefix(r.JobID(), bundlePrefix) {
		return r.JobID()
	}
	return ""
}

// ModelOf is the model id that tags and parameters tell: the tag, else the
// parameter of a run's metadata, else the launcher's configuration where it was
// exported as parameters (log_config_params): the task's own target, the common
// one, what a deployment serves. "" is not known.
func ModelOf(tags, params map[string]string) string {
	keys := []string{TagModel}
	if n, ok := nemo.JobIndex(tags[TagJob]); ok {
		const task = "config.evaluation.tasks.%d.nemo_evaluator_config.target.api_endpoint.model_id"
		keys = append(keys, fmt.Sprintf(task, n))
	}
	keys = append(keys, "config.target.api_endpoint.model_id", "config.deployment.served_model_name")
	if tags[TagModel] != "" {
		return tags[TagModel]
	}
	for _, key := range keys {
		// "null" is how the exporter writes that there is none.
		if model := params[key]; model != "" && model != "null" {
			return model
		}
	}
	return ""
}

// FolderOf is where the launcher's exporter puts a job's files (0.1.13 and later),
// as [Run.Folder] has it, or "".
func FolderOf(tags map[string]string) string {
	harness, task := tags[TagHarness], tags[TagTask]
	guess := harness + "." + task + "/artifacts"
	if harness == "" || task == "" || !fs.ValidPath(guess) {
		return ""
	}
	return guess
}

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
