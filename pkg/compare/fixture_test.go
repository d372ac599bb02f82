package compare_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// spec is a job as its files would say.
type spec struct {
	id      string // "<invocation>.<n>", or "<invocation>" for a job without index
	harness string // "" is unknown
	task    string
	params  string // of config.params, in YAML
	adapter string // of adapter_config
	core    string // the core's version; "" is one that records effective values
	results string // of results
}

func (s spec) job(t testing.TB) nemo.Job {
	t.Helper()
	if s.core == "" {
		s.core = "0.2.8"
	}
	if s.params == "" {
		s.params = "{}"
	}
	if s.adapter == "" {
		s.adapter = "{}"
	}
	text := fmt.Sprintf("metadata: {versioning: {nemo_evaluator: %q}}\nconfig: {params: %s}\ntarget: {api_endpoint: {adapter_config: %s}}\nresults: %s\n", s.core, s.params, s.adapter, s.results)
	results, err := nemo.ParseResults([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	job := s.without("")
	job.Results, job.Reason = results, ""
	job.ResultsFile = nemo.File{Path: s.task + "/results.yml", SHA256: "digest of " + s.id}
	job.Settings = results.Settings(job.ResultsFile.Path)
	return job
}

// without is the job with this reason in place of results.
func (s spec) without(reason string) nemo.Job {
	invocation, _, _ := strings.Cut(s.id, ".")
	job := nemo.Job{
		Index: -1, Reason: reason,
		Run: nemo.Run{
			RunID: "run of " + s.id, InvocationID: nemo.Optional(invocation), JobID: nemo.Optional(s.id),
			Harness: nemo.Optional(s.harness), Task: nemo.Optional(s.task), Tags: map[string]string{},
		},
	}
	if index, ok := nemo.JobIndex(s.id); ok {
		job.Index = index
	}
	return job
}

// byob is a BYOB job: a fraction, more is better.
func byob(id, task, value, params string) spec {
	return spec{
		id: id, harness: "byob_" + task, task: task, params: params,
		results: fmt.Sprintf("{groups: {}, tasks: {%s: {metrics: {pass@1: {scores: {correct: {value: %s, stats: {}}}}}}}}", task, value),
	}
}

// skills is a nemo_skills job with one score: percent, more is better.
func skills(id, task, metric, score, value string) spec {
	return spec{
		id: id, harness: "nemo_skills", task: task,
		results: fmt.Sprintf("{groups: {%s: {metrics: {%q: {scores: {%s: {value: %s, stats: {}}}}}}}}", task, metric, score, value),
	}
}

// side is a side of these jobs, each invocation a launch that does not know what
// was configured.
func side(label string, jobs ...nemo.Job) compare.Side {
	s := compare.Side{Label: label, Selectors: []string{label}, Evaluation: nemo.Evaluation{Jobs: jobs}}
	for _, job := range jobs {
		invocation := nemo.Text(job.Run.InvocationID)
		if !slices.ContainsFunc(s.Launches, func(l nemo.Launch) bool { return l.InvocationID == invocation }) {
			s.Launches = append(s.Launches, nemo.Launch{InvocationID: invocation})
		}
	}
	return s
}

// configured tells a side's launch of the tasks that it was to run.
func configured(s compare.Side, invocation string, names ...string) compare.Side {
	launch := nemo.Launch{InvocationID: invocation, Known: true}
	for i, name := range names {
		harness, task, found := strings.Cut(name, ".")
		if !found {
			harness, task = "", name
		}
		launch.Tasks = append(launch.Tasks, nemo.ConfiguredTask{Index: i, Name: name, Harness: harness, Task: task})
	}
	s.Launches = slices.DeleteFunc(slices.Clone(s.Launches), func(l nemo.Launch) bool { return l.InvocationID == invocation && !l.Known })
	s.Launches = append(s.Launches, launch)
	return s
}

// builtin is read once: the properties compare some thousand times.
var builtin = sync.OnceValues(catalog.Default)

func options(t testing.TB, change ...func(*compare.Options)) compare.Options {
	t.Helper()
	known, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	o := compare.Options{Knobs: compare.DefaultKnobs(), Catalog: known}
	for _, c := range change {
		c(&o)
	}
	return o
}

func allow(globs ...string) func(*compare.Options) {
	return func(o *compare.Options) { o.Allow = globs }
}

func strict(o *compare.Options) { o.Strict = true }

func refuse(o *compare.Options) { o.OnMissing = compare.Refuse }

func scores(t testing.TB, text string) func(*compare.Options) {
	t.Helper()
	wanted, err := compare.ParseScores(text)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *compare.Options) { o.Scores = wanted }
}

// compared is the comparison of sides, and its warnings.
func compared(t testing.TB, sides []compare.Side, change ...func(*compare.Options)) (compare.Comparison, []nemo.Warning) {
	t.Helper()
	c, warnings, err := compare.Compare(sides, options(t, change...))
	if err != nil {
		t.Fatal(err)
	}
	return c, warnings
}

// versus compares two sides called a and b of these jobs.
func versus(t testing.TB, a, b nemo.Job, change ...func(*compare.Options)) (compare.Comparison, []nemo.Warning) {
	t.Helper()
	return compared(t, []compare.Side{side("a", a), side("b", b)}, change...)
}

func text(d *decimal.Decimal) string {
	if d == nil {
		return "-"
	}
	return d.String()
}

// rowLines prints rows one a line: task[variant] metric/score, candidate, base →
// cand = delta, verdict and reasons.
func rowLines(rows []compare.Row) []string {
	lines := []string{}
	for _, r := range rows {
		task := r.Task
		if r.Variant != nil {
			task += "[" + *r.Variant + "]"
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s/%s %s: %s -> %s = %s %s %s",
			task, r.Metric, r.Score, r.Cand.Side, text(r.Base.Value), text(r.Cand.Value), text(r.Delta), r.Verdict, strings.Join(r.Reasons, ","))))
	}
	return lines
}

// averageLines prints averages: scale direction, tasks of all, base → cand =
// delta, and what was dropped and why.
func averageLines(averages []compare.Average) []string {
	lines := []string{}
	for _, a := range averages {
		line := fmt.Sprintf("%s %s %s %d of %d: %s -> %s = %s", a.Cand.Side, a.Scale, a.Direction, a.Tasks, a.Of, text(a.Base.Value), text(a.Cand.Value), text(a.Delta))
		if a.Kind != compare.Macro {
			line = a.Kind + " " + line
		}
		for _, d := range a.Dropped {
			line += " -" + named(d.Task, d.Variant) + ":" + d.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

// named is task[variant].
func named(task string, variant *string) string {
	if variant == nil {
		return task
	}
	return task + "[" + *variant + "]"
}

// missingLines prints entries: side task[variant] job: reason.
func missingLines(list []compare.Missing) []string {
	lines := []string{}
	for _, m := range list {
		task := nemo.Text(m.Task)
		if m.Variant != nil {
			task += "[" + *m.Variant + "]"
		}
		job := nemo.Text(m.JobID)
		if job == "" {
			job = "-"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", m.Side, task, job, m.Reason))
	}
	return lines
}

// warningLines prints warnings: code, task, count and keys.
func warningLines(warnings []nemo.Warning) []string {
	lines := []string{}
	for _, w := range warnings {
		line := w.Code
		if w.Side != "" {
			line += " side " + w.Side
		}
		if w.Task != "" {
			line += " " + w.Task
		}
		if w.Count > 0 {
			line += fmt.Sprintf(" ×%d", w.Count)
		}
		if len(w.Keys) > 0 {
			line += " " + strings.Join(w.Keys, ",")
		}
		lines = append(lines, line)
	}
	return lines
}

// exampleSides reads the example invocations, a side each: the jobs that have
// results, with what the names of their directories and their files say.
func exampleSides(t testing.TB) map[string]compare.Side {
	t.Helper()
	files, err := filepath.Glob("../../test/data/launcher-output/*/*/artifacts/results.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	sides := map[string]compare.Side{}
	for _, file := range files {
		directory := filepath.Base(filepath.Dir(filepath.Dir(file)))
		_, invocation, _ := strings.Cut(filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(file)))), "-")
		data := read(t, file)
		results, err := nemo.ParseResults(data)
		if err != nil {
			t.Fatal(err)
		}
		config, err := nemo.ParseRunConfig(read(t, filepath.Join(filepath.Dir(file), "run_config.yml")))
		if err != nil {
			t.Fatal(err)
		}
		runtime, err := nemo.ParseRuntimeStats(read(t, filepath.Join(filepath.Dir(file), "eval_factory_metrics.json")))
		if err != nil {
			t.Fatal(err)
		}
		s := spec{id: invocation + directory[strings.LastIndex(directory, "."):], harness: config.FrameworkName, task: nemo.TaskName(config.FrameworkName, config.Type)}
		job := s.without("")
		job.Reason, job.Results, job.Runtime = "", results, runtime
		job.Run.Model = nemo.Optional(results.ModelID)
		job.ResultsFile = nemo.File{Path: directory + "/results.yml", SHA256: "digest"}
		job.Settings = results.Settings(job.ResultsFile.Path)
		sides[invocation] = side(invocation, append(sides[invocation].Jobs, job)...)
	}
	return sides
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
