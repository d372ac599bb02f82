package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Evaluation is the value of the kind "evaluation": everything one selector
// scored, how long it took, and what is missing.
type Evaluation struct {
	Selector    string        `json:"selector"`
	Invocations []string      `json:"invocations"`
	Runs        []nemo.Run    `json:"runs"`
	Scores      []Score       `json:"scores"`
	Averages    []SideAverage `json:"averages"`
	Runtime     []JobRuntime  `json:"runtime"`
	Configured  []Configured  `json:"configured"` // nil if no file that lists them is readable
	Missing     []Missing     `json:"missing"`
}

// Score is one score of an evaluation.
type Score struct {
	Harness   *string           `json:"harness"`
	Task      string            `json:"task"`
	Variant   *string           `json:"variant"`
	Section   string            `json:"section"`
	Name      string            `json:"name"`
	Metric    string            `json:"metric"`
	Score     string            `json:"score"`
	Value     *decimal.Decimal  `json:"value"`
	Exact     *bool             `json:"exact"` // false for a mean of repeats whose decimals do not end
	N         *decimal.Decimal  `json:"n"`
	Stderr    *decimal.Decimal  `json:"stderr"`
	Stddev    *decimal.Decimal  `json:"stddev"`
	Primary   bool              `json:"primary"`
	Scale     catalog.Scale     `json:"scale"`
	Direction catalog.Direction `json:"direction"`
	Sources   []nemo.Source     `json:"sources"`
}

// Configured is a task that the launcher was told to run.
type Configured struct {
	Harness *string `json:"harness"`
	Task    *string `json:"task"`
	JobID   *string `json:"job_id"`
}

// Evaluate describes one side by itself. The error is an [*OverlapError].
func Evaluate(side Side, options Options) (Evaluation, []nemo.Warning, error) {
	settled, prepared, err := prepare([]Side{side}, options)
	if err != nil {
		return Evaluation{}, nil, err
	}
	averaged, warnings, err := AverageSides([]Side{side}, options)
	if err != nil {
		return Evaluation{}, nil, err
	}
	side, tasks := settled[0], prepared[0]
	e := Evaluation{
		Invocations: averaged.Sides[0].Invocations, Runs: []nemo.Run{}, Scores: []Score{},
		Averages: averaged.Averages, Runtime: runtimes(side.Jobs),
		Missing: averaged.Missing,
	}
	e.Selector = strings.Join(side.Selectors, ",")
	for _, job := range side.Jobs {
		e.Runs = append(e.Runs, job.Run)
	}
	for _, t := range tasks {
		for i, c := range t.cells {
			e.Scores = append(e.Scores, Score{
				Harness: nemo.Optional(t.harness), Task: t.name, Variant: nemo.Optional(t.variant),
				Section: c.section, Name: c.name, Metric: c.metric, Score: c.score,
				Value: c.value, Exact: exactness(c.value), N: c.n, Stderr: c.stderr, Stddev: c.stddev,
				Primary: i == t.primary, Scale: c.scale, Direction: c.direction, Sources: c.sources,
			})
		}
	}
	slices.SortStableFunc(e.Scores, func(a, b Score) int {
		return cmp.Or(
			cmp.Compare(a.Task, b.Task), cmp.Compare(nemo.Text(a.Variant), nemo.Text(b.Variant)),
			cmp.Compare(a.Section, b.Section), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Score, b.Score),
		)
	})
	for _, launch := range side.Launches {
		if !launch.Known {
			e.Configured = nil
			break
		}
		if e.Configured == nil {
			e.Configured = []Configured{}
		}
		for _, configured := range launch.Tasks {
			e.Configured = append(e.Configured, Configured{
				Harness: nemo.Optional(configured.Harness), Task: nemo.Optional(configured.Task),
				JobID: nemo.Optional(launch.JobID(configured.Index)),
			})
		}
	}
	return e, append(warnings, damaged(tasks)...), nil
}

// damaged warns of scores that the files have no usable number for.
func damaged(tasks []task) []nemo.Warning {
	values, errors, scales := notANumber(), stderrInvalid(), scaleMismatch()
	for _, t := range tasks {
		for _, c := range t.cells {
			if c.value == nil {
				values.Count++
			}
			if c.badStderr {
				errors.Count++
			}
			if c.offScale {
				scales.Count++
			}
		}
	}
	return slices.DeleteFunc([]nemo.Warning{values, scales, errors}, func(w nemo.Warning) bool { return w.Count == 0 })
}
