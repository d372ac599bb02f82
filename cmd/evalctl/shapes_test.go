package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

// shapes is a real server of its own, with runs that the launcher of the tests does
// not make.
func shapes(t *testing.T) process {
	t.Helper()
	server, err := stack.Start(context.Background(), stack.Setup{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	script := filepath.Join("testdata", "shapes.py")
	if said, err := exec.CommandContext(t.Context(), stack.Python(t), script, server.URL).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return process{env: map[string]string{"MLFLOW_TRACKING_URI": server.URL}}
}

// What the real server makes of every kind of filter, and of runs of every shape.
func TestShapesOnTheRealServer(t *testing.T) {
	p := shapes(t)
	jobs := func(args ...string) any {
		t.Helper()
		text := p.answer(t, append(args, "--limit", "0", "--jq", "[.data.runs[] | .job_id // .invocation_id]")...)
		return parse(t, text)
	}
	for _, test := range []struct {
		name string
		args []string
		want []any
	}{
		{"every kind", []string{"runs", "--experiment", "shapes"}, []any{"eval-20260401T000000Z-mmlu_pro", "dddd4444dddd4444", "cccc3333cccc3333.0", "bbbb2222bbbb2222.0", "12345678.0"}},
		{"with deleted", []string{"runs", "--experiment", "shapes", "--include-deleted", "--status", "FAILED"}, []any{"eeee5555.0"}},
		{"deleted experiment", []string{"runs", "--experiment", "gone", "--include-deleted"}, []any{"ffff6666.0"}},
		{"quotes", []string{"runs", "--tag", `note=it's "so"`}, []any{"12345678.0"}},
		{"quotes in a glob", []string{"runs", "--tag", `note=*'?*"so"`}, []any{"12345678.0"}},
		{"wildcards of SQL", []string{"runs", "--tag", "note=100%_"}, []any{"bbbb2222bbbb2222.0"}},
		{"wildcards of SQL in a glob", []string{"runs", "--tag", "note=1*%_"}, []any{"bbbb2222bbbb2222.0"}},
		{"a key with dots", []string{"runs", "--tag", "a.b-c/d=x"}, []any{"cccc3333cccc3333.0"}},
		{"a user", []string{"runs", "--user", "al*"}, []any{"12345678.0"}},
		{"a model", []string{"runs", "--model", "acme/eagle-?"}, []any{"dddd4444dddd4444", "cccc3333cccc3333.0", "12345678.0"}},
		{"its parameter", []string{"runs", "--model", "acme/eagle-1", "--task", "gsm8k"}, []any{"cccc3333cccc3333.0", "12345678.0"}},
		{"MLflow's language", []string{"runs", "--filter", "metrics.gsm8k_acc > 0.6 AND metrics.gsm8k_acc < 0.8"}, []any{"12345678.0"}},
		{"both", []string{"runs", "--filter", "metrics.gsm8k_acc > 0.6", "--tag", "note"}, []any{"bbbb2222bbbb2222.0", "12345678.0"}},
		{"time", []string{"runs", "--since", "2026-04-03", "--until", "2026-04-03", "--model", "*"}, []any{"cccc3333cccc3333.0"}},
		{"by parameter", []string{"runs", "bbbb2222bbbb2222"}, []any{"bbbb2222bbbb2222.0"}},
		{"all digits", []string{"runs", "12345678"}, []any{"12345678.0"}},
		{"nel-next", []string{"runs", "eval-20260401"}, []any{"eval-20260401T000000Z-mmlu_pro"}},
		{"a model's newest", []string{"runs", "model:acme/eagle-1", "--experiment", "shapes"}, []any{"cccc3333cccc3333.0"}},
		{"the newest of a time", []string{"runs", "@latest", "--until", "2026-04-02"}, []any{"bbbb2222bbbb2222.0"}},
	} {
		if diff := cmp.Diff(any(test.want), jobs(test.args...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if got := p.run(t, "runs", "--model", "/EAGLE/", "--jq", "[.data.runs[]]"); got.status != exitOK || got.stdout != "[]\n" || !strings.Contains(got.stderr, "acme/eagle-1, acme/eagle-2") {
		t.Errorf("an expression in other letters: %+v", got)
	}
	if got := p.run(t, "runs", "--filter", "metrics.a ~ 1"); got.status != exitUsage || got.stdout != "" {
		t.Errorf("a filter that is none: %+v", got)
	}
	if got := p.run(t, "runs", "--experiment", "gone"); got.status != exitNotFound {
		t.Errorf("a deleted experiment: %+v", got)
	}
	if got := p.run(t, "runs", "ffff6666"); got.status != exitNotFound {
		t.Errorf("a deleted invocation: %+v", got)
	}
	if total := p.answer(t, "runs", "--count", "--jq", ".data.total"); total != "37\n" {
		t.Errorf("%s runs, want the 32 of test/data and 5", total)
	}
}

// The same question twice on the examples: a model by its name, and its runs by
// their ids.
func TestModelsOnTheRealServer(t *testing.T) {
	p := server(t, "")
	got := decode[struct {
		Data struct {
			Sides []struct {
				Models []string
				Runs   []string
			}
			Rows []struct{ Task string }
		}
		Warnings []struct {
			Code   string
			RunIDs []string `json:"run_ids"`
		}
	}](t, p.answer(t, "compare", "model:acme/falcon-8b-bf16", "model:acme/falcon-8b-nvfp4", "--experiment", "acme/*", "-o", "json"))
	for i, model := range []string{"acme/falcon-8b-bf16", "acme/falcon-8b-nvfp4"} {
		newest := map[string]string{}
		for _, run := range decode[runList](t, p.answer(t, "runs", "--model", model, "--status", "FINISHED", "--experiment", "acme/*", "--limit", "0", "-o", "json")).Data.Runs {
			if newest[run.Task] == "" {
				newest[run.Task] = run.RunID
			}
		}
		if len(newest) != 3 || len(got.Data.Sides[i].Runs) != 3 {
			t.Fatalf("%s: %v, %v", model, newest, got.Data.Sides[i].Runs)
		}
		for _, run := range got.Data.Sides[i].Runs {
			if newest["arith"] != run && newest["story"] != run && newest["bfclv2_ast"] != run {
				t.Errorf("%s: run %s is not the newest of its task", model, run)
			}
		}
		if diff := cmp.Diff([]string{model}, got.Data.Sides[i].Models); diff != "" {
			t.Error(diff)
		}
	}
	// --deep reads what tags do not tell: LIMIT and LISTED have no model tag.
	known := decode[runList](t, p.answer(t, "runs", "--model", "acme/*", "--limit", "0", "-o", "json"))
	deep := decode[runList](t, p.answer(t, "runs", "--model", "acme/*", "--deep", "--limit", "0", "-o", "json"))
	if len(known.Data.Runs) != 28 || len(known.Warnings) != 1 || len(deep.Data.Runs) != 32 || len(deep.Warnings) != 0 {
		t.Errorf("%d runs and %v, with --deep %d and %v", len(known.Data.Runs), known.Warnings, len(deep.Data.Runs), deep.Warnings)
	}
}
