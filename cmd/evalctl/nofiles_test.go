package main

import (
	"strings"
	"testing"
)

// A run that the exporter left with metrics and without files, on the real server,
// against the other run of its job: the same scores, said to be from metrics.
func TestRunWithoutFilesAgainstItsTwin(t *testing.T) {
	p := server(t, t.TempDir())
	runs := decode[runList](t, p.answer(t, "runs", "--limit", "0", "-o", "json")).Data.Runs
	var bare struct{ job, run string }
	for _, run := range runs {
		if run.Status == "FAILED" {
			bare.job, bare.run = run.JobID, run.RunID
		}
	}
	if bare.run == "" {
		t.Fatal("no failed run")
	}
	args := []string{"compare", bare.job, bare.run, "--scores", "all"}
	c := p.compare(t, args[1:]...)
	if len(c.Rows) < 2 || len(c.Missing) != 0 {
		t.Fatalf("%d rows, missing %+v", len(c.Rows), c.Missing)
	}
	for _, row := range c.Rows {
		if row.Delta != "0" || row.Cand.Sources[0].RunID != bare.run || row.Cand.Sources[0].Path != "" || row.Base.Sources[0].Path == "" {
			t.Errorf("%+v", row)
		}
	}
	screen := p.answer(t, args...)
	for _, want := range []string{"MLflow's metrics", "the run is FAILED"} {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen does not say %q:\n%s", want, screen)
		}
	}
	if shown := p.answer(t, "show", bare.run); !strings.Contains(shown, "arith_pass_at_1_correct") || !strings.Contains(shown, "fraction") {
		t.Errorf("show:\n%s", shown)
	}
}
