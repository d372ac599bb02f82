package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	written "github.com/evalctl/evalctl/test/shapes"
	"github.com/evalctl/evalctl/test/stack"
)

// aboutRuns are the codes that a shape decides. Others of the envelope follow from
// its rows, whose settings are the business of other tests.
var aboutRuns = []string{
	"DUPLICATE_RUNS", "FAILED_STEPS", "NO_PRIMARY_SCORE", "REWARDS_UNUSABLE", "SCORE_FILE_MISSING", "SCORE_FILE_UNREADABLE", "SCORE_ROUNDED",
	"RUN_NOT_FINISHED", "RUNTIME_UNREADABLE", "SCORES_FROM_METRICS", "TASKS_UNKNOWN",
}

// Every shape of run that exporters ever made, on both kinds of server, against
// answers that Python computed from the digits it wrote.
func TestShapes(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, version stack.Version) {
		server, key := written.Start(t, version)
		p := process{env: map[string]string{"MLFLOW_TRACKING_URI": server.URL}}
		names := map[string]string{} // of run ids
		for name, id := range key.Runs {
			names[id] = name
		}
		if len(names) != key.Count || len(key.Compare) < 25 {
			t.Fatalf("%d names of %d runs, %d comparisons", len(names), key.Count, len(key.Compare))
		}
		for _, want := range key.Compare {
			t.Run(want.Name, func(t *testing.T) { checkShape(t, p, want, names) })
		}
		for _, want := range key.Refused {
			t.Run(want.Name, func(t *testing.T) {
				got := p.run(t, append(want.Args, "-o", "json")...)
				if got.status != want.Status || !strings.Contains(got.stderr, `"code":"`+want.Code+`"`) || got.stdout != "" {
					t.Errorf("status %d, want %d and %s: %s", got.status, want.Status, want.Code, got.stderr)
				}
			})
		}
		for _, want := range key.Selected {
			t.Run(want.Name, func(t *testing.T) { checkSelection(t, p, want, names) })
		}
		for _, want := range key.Listed {
			t.Run("files of "+want.Run, func(t *testing.T) { checkListing(t, p, want) })
		}
	})
}

func checkShape(t *testing.T, p process, want written.Comparison, names map[string]string) {
	t.Helper()
	type answer struct {
		Data     compare.Comparison
		Warnings []nemo.Warning
	}
	ask := func(more ...string) answer {
		return decode[answer](t, p.answer(t, slices.Concat([]string{"compare", "-o", "json"}, want.Args, more)...))
	}
	got, all := ask(), ask("--scores", "all")

	rows := []written.Row{}
	for _, row := range got.Data.Rows {
		rows = append(rows, written.Row{
			Task: row.Task, Score: fullName(row), Variant: row.Variant, Scale: string(row.Scale), Direction: string(row.Direction),
			Base: text(row.Base.Value), Cand: text(row.Cand.Value), Delta: text(row.Delta),
			Comparable: row.Verdict != compare.NotComparable,
		})
	}
	differ(t, "rows", want.Rows, rows)

	scores := []written.Score{}
	for _, row := range all.Data.Rows {
		scores = append(scores, written.Score{
			Task: row.Task, Score: fullName(row), Variant: row.Variant,
			Base: text(row.Base.Value), Cand: text(row.Cand.Value), Delta: text(row.Delta),
		})
	}
	byName := cmpopts.SortSlices(func(a, b written.Score) bool {
		return a.Task+nemo.Text(a.Variant)+a.Score < b.Task+nemo.Text(b.Variant)+b.Score
	})
	differ(t, "scores", want.Scores, scores, byName)

	averages := []written.Average{}
	for _, a := range got.Data.Averages {
		if a.Kind == compare.Macro {
			averages = append(averages, written.Average{
				Scale: string(a.Scale), Direction: string(a.Direction), Tasks: a.Tasks, Of: a.Of,
				Base: text(a.Base.Value), BaseExact: a.Base.Exact, Cand: text(a.Cand.Value), CandExact: a.Cand.Exact,
				Delta: text(a.Delta), Exact: a.Exact,
			})
		}
	}
	differ(t, "averages", want.Averages, averages)

	missing := []written.Missing{}
	for _, m := range got.Data.Missing {
		missing = append(missing, written.Missing{Side: m.Side, Task: nemo.Text(m.Task), JobID: m.JobID, Reason: m.Reason})
		if (m.Reason == nemo.ReasonUnreadable) != (m.Detail != nil) {
			t.Errorf("%s is %s with the detail %q", nemo.Text(m.Task), m.Reason, nemo.Text(m.Detail))
		}
	}
	differ(t, "missing", want.Missing, missing)

	codes, aside := []string{}, []string{}
	for _, w := range got.Warnings {
		if slices.Contains(aboutRuns, w.Code) && !slices.Contains(codes, w.Code) {
			codes = append(codes, w.Code)
		}
		if w.Code == "DUPLICATE_RUNS" {
			for _, id := range w.RunIDs {
				aside = append(aside, names[id])
			}
		}
	}
	differ(t, "warnings", want.Warnings, codes)
	differ(t, "set aside", want.Aside, aside, cmpopts.SortSlices(strings.Compare))
	for i, models := range want.Models {
		differ(t, "models", models, got.Data.Sides[i].Models)
	}
}

func checkSelection(t *testing.T, p process, want written.Selection, names map[string]string) {
	t.Helper()
	got := decode[struct {
		Data     kind.RunsValue
		Warnings []nemo.Warning
	}](t, p.answer(t, append([]string{"runs", "-o", "json"}, want.Args...)...))
	runs, aside := []string{}, []string{}
	for _, run := range got.Data.Runs {
		runs = append(runs, names[run.RunID])
	}
	for _, w := range got.Warnings {
		if w.Code == "DUPLICATE_RUNS" {
			for _, id := range w.RunIDs {
				aside = append(aside, names[id])
			}
		}
	}
	differ(t, "runs", want.Runs, runs, cmpopts.SortSlices(strings.Compare))
	differ(t, "set aside", want.Aside, aside, cmpopts.SortSlices(strings.Compare))
}

func checkListing(t *testing.T, p process, want written.Listing) {
	t.Helper()
	got := decode[struct{ Data kind.ArtifactsValue }](t, p.answer(t, "artifacts", "ls", want.Run, "-o", "json"))
	sizes := map[string]int{}
	for _, file := range got.Data.Artifacts {
		if _, wanted := want.Sizes[file.Path]; wanted {
			sizes[file.Path] = int(*file.Size)
		}
	}
	differ(t, "sizes", want.Sizes, sizes)
	for name, size := range want.Sizes {
		if content := p.answer(t, "artifacts", "cat", want.Run, name); len(content) != size {
			t.Errorf("%s has %d bytes, want %d", name, len(content), size)
		}
	}
}

func differ(t *testing.T, what string, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, append(options, cmpopts.EquateEmpty())...); diff != "" {
		t.Errorf("%s (-key +evalctl):\n%s", what, diff)
	}
}

func fullName(row compare.Row) string { return scoreOf(row.Section, row.Name, row.Metric, row.Score) }

func text(number *decimal.Decimal) *string {
	if number == nil {
		return nil
	}
	said := number.String()
	return &said
}
