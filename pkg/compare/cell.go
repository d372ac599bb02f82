package compare

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// task is one task of one side: the jobs that ran it with equal settings, and
// their scores. A side that ran it with different settings has one for each.
type task struct {
	harness string
	name    string
	variant string // what tells it from the side's others: "temperature=0.6"; "" alone
	jobs    []nemo.Job
	cells   []cell
	primary int      // index into cells; -1 without a headline
	mixed   []string // settings in which the jobs differ all the same, where --overlap repeat pools them
}

// cell is one score of one task of one side, over its repeats.
type cell struct {
	section, name, metric, score string

	scale     catalog.Scale
	direction catalog.Direction
	value     *decimal.Decimal // the mean over repeats, exact
	invalid   []string         // why value is nil, sorted: one reason or more of several runs
	n         *decimal.Decimal // distinct questions
	nSource   *string
	stderr    *decimal.Decimal
	badStderr bool // the file has one that can be none
	offScale  bool // the value is no fraction where it should be one
	stddev    *decimal.Decimal
	repeats   int
	sources   []nemo.Source

	// Where it is from.
	rounded     bool            // the file has four decimals only
	fromMetrics bool            // read from MLflow's metrics, not from a file
	reading     catalog.Reading // what its key stands for; empty if unknown or not from metrics

	// What inference is made from.
	task       string            // canonical name
	values     []decimal.Decimal // one for each run that has one
	stderrs    []decimal.Decimal // of the runs that report one
	seeds      []string          // of the runs, beside values
	outcomes   *outcomes         // per-sample values; nil if a run has none
	noOutcomes string            // why, for a person
	derived    infer.DerivedN    // questions, from value and standard error
	repeated   bool              // the value is of several answers to each question
}

func (c cell) key() string {
	return strings.Join([]string{c.section, c.name, c.metric, c.score}, "\x00")
}

// cells turns the jobs of a side into tasks with their scores, sorted by task and
// variant. Equal settings are repeats; different ones within an invocation are
// variants, and between sources an error, unless they are to be pooled.
func cells(side Side, options Options) ([]task, error) {
	tasks, err := grouped(side, options, func(job nemo.Job) bool { return job.Results != nil })
	for i := range tasks {
		tasks[i].score(options.Catalog)
	}
	return tasks, err
}

// grouped sorts those jobs of a side that count into tasks and variants.
func grouped(side Side, options Options, counts func(nemo.Job) bool) ([]task, error) {
	known := options.Catalog
	byTask := map[string][]task{}
	var names []string
	for _, job := range side.Jobs {
		if !counts(job) {
			continue
		}
		job.Settings = withHarness(job)
		name := taskOf(job)
		key := known.Canonical(name)
		if byTask[key] == nil {
			names = append(names, key)
		}
		same := slices.IndexFunc(byTask[key], func(t task) bool { return len(differences(t.jobs[0].Settings, job.Settings)) == 0 })
		if same >= 0 {
			byTask[key][same].jobs = append(byTask[key][same].jobs, job)
			continue
		}
		byTask[key] = append(byTask[key], task{harness: nemo.Text(job.Run.Harness), name: name, jobs: []nemo.Job{job}})
	}
	slices.Sort(names)
	var tasks []task
	for _, key := range names {
		group := byTask[key]
		if len(group) > 1 {
			keys := differing(group)
			switch {
			case !overlapInPart(group):
				for i := range group {
					group[i].variant = variant(group[i].jobs[0].Settings, keys)
				}
				slices.SortFunc(group, func(a, b task) int { return cmp.Compare(a.variant, b.variant) })
			case options.Overlap == OverlapRepeat:
				group = []task{pool(group, keys)}
			default:
				return nil, &OverlapError{Side: side.Label, Task: group[0].name, Keys: keys}
			}
		}
		tasks = append(tasks, group...)
	}
	return tasks, nil
}

// taskOf is the name that a job's task is known by; the run id where nothing
// tells, so that no two unknown tasks are taken for one.
func taskOf(job nemo.Job) string {
	if name := nemo.Text(job.Run.Task); name != "" {
		return name
	}
	return job.Run.RunID
}

// withHarness is the settings of a job with its harness among them: two harnesses
// may know a task under one name, and their scores are no repeats.
func withHarness(job nemo.Job) nemo.Settings {
	settings := nemo.Settings{Values: maps.Clone(job.Settings.Values), Complete: job.Settings.Complete, Seed: job.Settings.Seed}
	if settings.Values == nil {
		settings.Values = map[string]nemo.Setting{}
	}
	harness := nemo.Setting{State: nemo.Unknown}
	if name := nemo.Text(job.Run.Harness); name != "" {
		harness = nemo.Setting{State: nemo.Set, Value: name, Text: true}
	}
	settings.Values[nemo.KeyHarness] = harness
	return settings
}

// differing are the keys in which any two of a side's tasks differ, sorted.
func differing(group []task) []string {
	var keys []string
	for i, a := range group {
		for _, b := range group[i+1:] {
			for _, d := range differences(a.jobs[0].Settings, b.jobs[0].Settings) {
				if !slices.Contains(keys, d.key) {
					keys = append(keys, d.key)
				}
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// variant names a task by the settings that tell it from the others.
func variant(settings nemo.Settings, keys []string) string {
	parts := make([]string, len(keys))
	for i, key := range keys {
		value := settings.Get(key)
		text := value.Value
		switch value.State {
		case nemo.NotSet:
			text = "unset"
		case nemo.Unknown:
			text = "unknown"
		case nemo.Set:
		}
		parts[i] = key + "=" + nemo.Redact(key, text)
	}
	return strings.Join(parts, ",")
}

// score fills in the cells of a task from its jobs.
func (t *task) score(known *catalog.Catalog) {
	var order []string
	byKey := map[string][]measured{}
	for _, job := range t.jobs {
		for _, s := range job.Results.Scores {
			if byKey[s.Key()] == nil {
				order = append(order, s.Key())
			}
			byKey[s.Key()] = append(byKey[s.Key()], measured{job, s})
		}
	}
	slices.Sort(order) // not as the first job has them
	headline := t.headlineKey(known, order, byKey)
	t.primary = -1
	for i, key := range order {
		isPrimary := key == headline
		t.cells = append(t.cells, merge(byKey[key]))
		c := &t.cells[i]
		c.scale, c.direction = known.ScaleOf(t.harness, t.name, byKey[key][0].score, isPrimary)
		c.offScale = offScale(c.scale, byKey[key])
		c.task = known.Canonical(t.name)
		if c.fromMetrics && isPrimary {
			c.reading, _ = known.ReadKey(t.harness, t.name, c.metric)
		}
		if isPrimary {
			t.primary = i
		}
	}
	for i := range t.cells {
		if c := &t.cells[i]; c.value != nil {
			c.derived = t.derivedSize(c)
		}
	}
}

// headlineKey is the key of the task's headline, or "" if it has none: a score that
// all its jobs have, if one of those can be it.
func (t *task) headlineKey(known *catalog.Catalog, keys []string, byKey map[string][]measured) string {
	var common, all []nemo.Score
	for _, key := range keys {
		all = append(all, byKey[key][0].score)
		if len(byKey[key]) == len(t.jobs) {
			common = append(common, byKey[key][0].score)
		}
	}
	for _, scores := range [][]nemo.Score{common, all} {
		if i, ok := known.Primary(t.harness, t.name, scores); ok {
			return scores[i].Key()
		}
	}
	return ""
}

// measured is one score of one job.
type measured struct {
	job   nemo.Job
	score nemo.Score
}

// merge pools the repeats of one score. The mean is exact. A standard error or n
// of one run says nothing of the mean of several, so pooled cells have the
// spread between runs as stddev, and n only where all runs agree.
func merge(repeats []measured) cell {
	firstJob, firstScore := repeats[0].job, repeats[0].score
	c := cell{
		section: firstScore.Section, name: firstScore.Name, metric: firstScore.Metric, score: firstScore.Score,
		repeats: len(repeats), sources: []nemo.Source{}, fromMetrics: firstScore.Section == nemo.Metrics,
	}
	var values []decimal.Decimal
	for _, m := range repeats {
		c.sources = append(c.sources, m.job.Source(m.score))
		c.rounded = c.rounded || m.score.Rounded
		if m.score.Value == nil {
			c.invalid = append(c.invalid, m.score.Invalid)
			continue
		}
		values = append(values, *m.score.Value)
		c.seeds = append(c.seeds, m.job.Settings.Seed)
		if se := m.score.Stats.Stderr; se != nil {
			c.stderrs = append(c.stderrs, *se)
		}
	}
	c.values = values
	c.outcomes, c.noOutcomes = outcomesOf(repeats)
	slices.Sort(c.invalid)
	c.invalid = slices.Compact(c.invalid)
	if len(c.invalid) == 0 {
		if mean, ok := decimal.Mean(values); ok {
			c.value = &mean
		}
	}
	c.repeated = averagesRepeats(firstScore) || (countsRepeats(firstJob) || c.section == nemo.Benchmark) && firstJob.Repeats() > 1
	c.n = questions(repeats[0])
	for _, m := range repeats[1:] {
		if n := questions(m); n == nil || c.n == nil || !n.Equal(*c.n) {
			c.n = nil
		}
	}
	if c.n != nil {
		reported := "reported"
		c.nSource = &reported
	}
	if len(repeats) == 1 {
		c.stderr, c.badStderr, c.stddev = firstScore.Stats.Stderr, firstScore.Stats.StderrInvalid, firstScore.Stats.Stddev
	} else if c.value != nil {
		c.stddev = spread(values)
	}
	return c
}

// questions is the reported number of distinct questions. BYOB counts every
// repeat inside the job.
func questions(m measured) *decimal.Decimal {
	count := m.score.Stats.Count
	if count == nil {
		return nil
	}
	if countsRepeats(m.job) {
		if n, ok := count.Quo(decimal.FromInt(m.job.Repeats())); ok && n.IsInt() {
			return &n
		}
		return nil
	}
	return count
}

// countsRepeats reports whether the harness counts every repeat of a question as a
// question of its own, in its count and in its standard error.
func countsRepeats(job nemo.Job) bool {
	return strings.HasPrefix(nemo.Text(job.Run.Harness), "byob_")
}

// averagesRepeats reports whether a score's name says that it is a mean over several
// answers to each question: pass@1[avg-of-16], micro_avg_of_4.
func averagesRepeats(s nemo.Score) bool {
	for _, sign := range []string{"avg-of-", "avg_of_"} {
		if _, after, found := strings.Cut(s.Metric+"/"+s.Score, sign); found {
			digits := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
			return digits != "" && digits != "1"
		}
	}
	return false
}

// derivedDigits is the precision of numbers that are not exact.
const derivedDigits = 12

// spread is the sample standard deviation (divisor k-1) of the values of k runs,
// to 12 significant digits.
func spread(values []decimal.Decimal) *decimal.Decimal {
	floats := make([]float64, len(values))
	for i, v := range values {
		floats[i] = v.Float64()
	}
	slices.Sort(floats) // the last bit of a sum depends on the order
	deviation, err := decimal.FromFloat(stat.StdDev(floats, nil))
	if err != nil {
		return nil
	}
	deviation = deviation.RoundSignificant(derivedDigits)
	return &deviation
}
