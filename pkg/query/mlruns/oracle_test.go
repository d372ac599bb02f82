package mlruns_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/stack"
	"github.com/evalctl/evalctl/test/untouched"
)

// question is a filter and what is looked at: "active" or "all".
type question [2]string

// questions are filters of every field and operator, joined at random, and some
// that nobody understands.
func questions() []question {
	random := rand.New(rand.NewPCG(6, 2))
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	comparison := func() string {
		switch random.IntN(6) {
		case 0:
			return pick("metrics.acc", "metrics.`acc`", "metric.loss", "metrics.`loss/val`", "metrics.big", "metrics.steps", "metrics.none") +
				pick(" = ", " != ", " > ", " >= ", " < ", " <= ") +
				pick("0.5", "0", "-1", "1e-7", "1.5", "0.25", "2", "0.30000000000000004", "1e999", "3")
		case 1:
			return pick("tags.task_name", "tags.`task_name`", "tags.under", "tags.`a b`", "tags.\"a-b\"", "tags.`p/q`", "tags.`p/r/s`", "tags.quote",
				"tags.lines", "tags.percent", "tags.`ÄB`", "tags.`1.x`", "tags.n", "tags.`mlflow.runName`", "tags.mlflow.runName", "tags.backslash",
				"tags.`p`", "tags.`../meta.yaml`", "tags.`İ`") +
				pick(" = ", " != ", " LIKE ", " ILIKE ") +
				pick("'arith'", "'ARITH'", "''", "'x'", "\"it's\"", "'say \"no\"'", "'%'", "'a_b'", "'ar%'", "'%ith'", "'1'", "'5'", "'%\n%'", "'run%'", "'ünïcode'",
					"'50%'", "'ä%'", "'Ä%'", "'a\\b'", "'iI'", "'_rith'", "'one%'", "'%two'")
		case 2:
			return pick("params.lr", "param.`lr`", "parameters.note", "params.`deep/er`", "params.empty", "params.config.tasks.0.name", "params.`config.tasks.0.name`") +
				pick(" = ", " != ", " LIKE ", " ILIKE ") + pick("'0.1'", "'null'", "''", "'%1'", "'1E-1'", "'V'", "'t'", "'a%'")
		case 3:
			return pick("tags.task_name", "tags.`p/q`", "tags.`p`", "params.lr", "params.none", "tags.under", "params.empty") + pick(" IS NULL", " IS NOT NULL")
		case 4:
			return pick(
				"status = 'FINISHED'", "status != 'FINISHED'", "attributes.status LIKE 'F%'", "attr.status ILIKE 'killed'", "run_name LIKE 'run%'",
				"attributes.`run name` != 'run 3'", "run_name = 'run 0'", "start_time > 1700000003000", "attributes.start_time <= 1700000003000", "created != 1700000003000",
				"end_time >= 1700000100005", "end_time < 1700000100005", "end_time != 1", "user_id != 'x'", "artifact_uri LIKE 'file:%'", "run_id LIKE '%a%'", "run_id != 'a'",
				"run_id IN ('a', 'b')", "run_id NOT IN ('a')", "start_time = 1.7e12")
		default:
			return pick("datasets.name", "dataset.digest", "datasets.context") + pick(" = ", " != ", " LIKE ", " ILIKE ") +
				pick("'set0'", "'SET1'", "'d%'", "'eval'", "'train'", "'%'")
		}
	}
	all := []question{
		{"", "active"},
		{"", "all"},
		{"datasets.name IN ('set0', 'set1')", "active"},
		{"datasets.context NOT IN ('eval')", "active"},
		{" ", "active"},
		{"status", "active"},
		{"status = FINISHED", "active"},
		{"metrics.acc > '0.5'", "active"},
		{"params.lr > 0.1", "active"},
		{"tags.a OR tags.b", "active"},
		{"status = 'FINISHED' OR status = 'FAILED'", "active"},
		{"(status = 'FINISHED')", "active"},
		{"tags.x IN ('a')", "active"},
		{"unknown.x = '1'", "active"},
		{"experiment_id = '1'", "active"},
		{"tags.x = 'a", "active"},
		{"metrics.acc = ", "active"},
		{"AND", "active"},
		{"datasets.other = 'x'", "active"},
		{"metrics.acc IS NULL", "active"},
		{"start_time = 'x'", "active"},
		{"status > 'A'", "active"},
		{"TAGS.task_name = 'arith'", "active"},
		{"status = 'FINISHED';", "active"},
	}
	for len(all) < 500 {
		parts := []string{comparison()}
		for random.IntN(3) == 0 {
			parts = append(parts, comparison())
		}
		all = append(all, question{strings.Join(parts, pick(" AND ", " and ", "  AND\n")), pick("active", "active", "all")})
	}
	return all
}

// TestAsMLflow holds the store to MLflow's own client, on what that wrote: the
// current one and the last of the 2.x.
func TestAsMLflow(t *testing.T) {
	client, err := filepath.Abs("testdata/client.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range stack.Versions() {
		t.Run(string(version), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mlruns")
			stack.FileStoreClient(t, version, "", "-B", client, "write", dir)
			before := untouched.Take(t, dir)
			asked := questions()
			if version != stack.MLflow3 {
				asked = asked[:150] // the language is the same
			}
			t.Run("filters", func(t *testing.T) { checkFilters(t, client, dir, asked) })
			t.Run("values", func(t *testing.T) { checkValues(t, dir) })
			before.Check(t)
		})
	}
}

// checkFilters compares the answers to filters.
func checkFilters(t *testing.T, client, dir string, asked []question) {
	t.Helper()
	input, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	var answers [][]string
	if err := json.Unmarshal([]byte(stack.FileStoreClient(t, stack.MLflow3, string(input), "-B", client, "search", dir)), &answers); err != nil {
		t.Fatal(err)
	}
	store := opened(t, dir)
	refused, found := 0, 0
	for i, q := range asked {
		search := query.Search{Raw: q[0]}
		if q[1] == "all" {
			search.View = query.WithDeleted
		}
		runs, err := query.All(store.Search(t.Context(), search))
		if want := answers[i]; want == nil || err != nil {
			if refused++; (want == nil) != query.HasCode(err, query.Usage) {
				t.Errorf("%q: %v; MLflow finds %d", q[0], err, len(want))
			}
			continue
		}
		got := []string{}
		for _, run := range runs {
			got = append(got, run.ID)
		}
		if found += len(got); !slices.Equal(got, answers[i]) {
			t.Errorf("%q of %s runs: %s\nMLflow: %s", q[0], q[1], got, answers[i])
		}
		search.Limit = 2
		if few := ids(t, store, search); !slices.Equal(few, got[:min(2, len(got))]) {
			t.Errorf("%q, the first two: %s of %s", q[0], few, got)
		}
	}
	if refused < 15 || refused > len(asked)/4 || found < 2*len(asked) {
		t.Errorf("%d filters are refused and %d runs found: the questions prove little", refused, found)
	}
	if warnings := store.Warnings(); len(warnings) > 0 {
		t.Error(warnings)
	}
}

// checkValues compares some runs with what the program wrote.
func checkValues(t *testing.T, dir string) {
	t.Helper()
	store := opened(t, dir)
	runs, err := query.All(store.Search(t.Context(), query.Search{View: query.WithDeleted}))
	if err != nil {
		t.Fatal(err)
	}
	byNumber := map[string]query.Run{}
	for _, run := range runs {
		byNumber[run.Tags["n"]] = run
	}
	type values struct {
		Experiment, Status string
		Deleted            bool
		Tags, Params       map[string]string
		Metrics            string
	}
	for n, want := range map[string]values{
		"0": {
			"first", query.StatusFinished, false,
			map[string]string{"task_name": "arith", "a b": "x", "p/q": "1", "p/r/s": "2"},
			map[string]string{"lr": "0.1"},
			"map[acc:0.5]",
		},
		"3": {
			"acme/second", query.StatusFinished, true,
			map[string]string{"task_name": "", "lines": "one\ntwo\n"},
			map[string]string{"note": "a\nb"},
			"map[acc:+Inf]",
		},
		"5":  {"acme/second", query.StatusRunning, false, map[string]string{}, map[string]string{"lr": "0.10"}, "map[acc:NaN]"},
		"9":  {"acme/second", query.StatusFinished, false, map[string]string{"task_name": "arith", "backslash": `a\b`}, map[string]string{"lr": "0.1"}, "map[acc:0.5 steps:1]"},
		"17": {"acme/second", query.StatusScheduled, false, map[string]string{"under": "axb", "ÄB": "Ünïcode"}, map[string]string{"empty": ""}, "map[acc:0.5]"},
	} {
		run := byNumber[n]
		got := values{run.Experiment, run.Status, run.Deleted, map[string]string{}, run.Params, fmt.Sprint(run.Metrics)}
		for key, value := range run.Tags {
			if key != "n" && !strings.HasPrefix(key, "mlflow.") {
				got.Tags[key] = value
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("run %s (-want +got):\n%s", n, diff)
		}
		if run.Name == "" || run.Name != run.Tags["mlflow.runName"] {
			t.Errorf("run %s is called %q", n, run.Name)
		}
	}
}
