package compare_test

import (
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func TestMissing(t *testing.T) {
	job := func(id, task string) nemo.Job { return byob(id, task, "0.5", "").job(t) }
	lost := func(id, task, reason string) nemo.Job { return byob(id, task, "0.5", "").without(reason) }
	for _, test := range []struct {
		name  string
		sides []compare.Side
		want  []string
	}{
		{"nothing", []compare.Side{side("a", job("a.0", "x")), side("b", job("b.0", "x"))}, nil},
		{
			"no run, on both sides",
			[]compare.Side{configured(side("a", job("a.0", "x")), "a", "x", "y"), configured(side("b", job("b.0", "x")), "b", "x", "y")},
			[]string{"a y a.1: no_run", "b y b.1: no_run"},
		},
		{
			"every reason that a job knows",
			[]compare.Side{side(
				"a", lost("a.0", "f", nemo.ReasonFailed), lost("a.1", "r", nemo.ReasonRunning), lost("a.2", "u", nemo.ReasonUnreadable), lost("a.3", "n", nemo.ReasonNoResults)), side("b")},
			[]string{"a f a.0: failed", "a r a.1: running", "a u a.2: unreadable", "a n a.3: no_results"},
		},
		{
			"by job index, whatever the names",
			[]compare.Side{configured(side("a", job("a.0", "called otherwise")), "a", "ns_x", "y"), side("b", job("b.0", "called otherwise"))},
			[]string{"a y a.1: no_run"},
		},
		{
			"one task twice: the index tells which",
			[]compare.Side{configured(side("a", job("a.1", "x")), "a", "x", "x"), side("b", job("b.0", "x"))},
			[]string{"a x a.0: no_run"},
		},
		{
			"by name without an index",
			[]compare.Side{configured(side("a", job("a", "x")), "a", "byob_x.x", "y"), side("b", job("b.0", "x"))},
			[]string{"a y a.1: no_run"},
		},
		{
			"by any name that the catalog knows",
			[]compare.Side{configured(side("a", skills("a", "gpqa", "pass@1", "symbolic_correct", "5").job(t)), "a", "ns_gpqa"), side("b", skills("b.0", "ns_gpqa", "pass@1", "symbolic_correct", "5").job(t))},
			nil,
		},
		{
			"a name is no match where there is an index",
			[]compare.Side{configured(side("a", job("a.0", "y")), "a", "x", "y"), side("b", job("b.0", "y"))},
			[]string{"a y a.1: no_run"},
		},
		{
			"a run of another invocation is no match",
			[]compare.Side{configured(side("a", job("other.0", "x")), "a", "x"), side("b", job("b.0", "x"))},
			[]string{"a x a.0: no_run"},
		},
		{
			"several invocations of a side, in the order given",
			[]compare.Side{
				configured(configured(side("a", job("a2.0", "x"), lost("a1.1", "y", nemo.ReasonFailed)), "a2", "x", "y", "z"), "a1", "x", "y"),
				side("b", job("b.0", "x")),
			},
			[]string{"a y a2.1: no_run", "a z a2.2: no_run", "a x a1.0: no_run", "a y a1.1: failed"},
		},
		{
			"without an invocation id",
			[]compare.Side{configured(side("a", func() nemo.Job { j := job("", "x"); j.Index = 0; return j }()), "", "x", "y"), side("b", job("b.0", "x"))},
			[]string{"a y -: no_run"},
		},
		{
			"absent: never configured, and the other side has results",
			[]compare.Side{configured(side("a", job("a.0", "x")), "a", "x"), side("b", job("b.0", "x"), job("b.1", "y"), lost("b.2", "z", nemo.ReasonFailed))},
			[]string{"a y -: absent_on_side", "b z b.2: failed"},
		},
		{
			"not absent: configured and lost",
			[]compare.Side{side("a", job("a.0", "x"), lost("a.1", "y", nemo.ReasonFailed)), side("b", job("b.0", "x"), job("b.1", "y"))},
			[]string{"a y a.1: failed"},
		},
		{
			"entries with a job before those without, then by task",
			[]compare.Side{configured(side("a", job("a.0", "m")), "a", "m", "z"), side("b", job("b.0", "m"), job("b.1", "y"), job("b.2", "b"))},
			[]string{"a z a.1: no_run", "a b -: absent_on_side", "a y -: absent_on_side"},
		},
		{
			"three sides: candidates are compared with the baseline",
			[]compare.Side{side("a", job("a.0", "x")), side("b", job("b.0", "y")), side("c", job("c.0", "y"), job("c.1", "z"))},
			[]string{"a y -: absent_on_side", "a z -: absent_on_side", "b x -: absent_on_side", "c x -: absent_on_side"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := compared(t, test.sides)
			wantLines(t, "missing", missingLines(c.Missing), test.want...)
		})
	}
}

func TestMissingNamesHarness(t *testing.T) {
	c, _ := compared(t, []compare.Side{
		configured(side("a", byob("a.0", "x", "0.5", "").job(t)), "a", "x", "byob_y.y", "z"),
		side("b", byob("b.0", "x", "0.5", "").job(t), byob("b.1", "w", "0.5", "").job(t)),
	})
	var got []string
	for _, m := range c.Missing {
		got = append(got, nemo.Text(m.Harness)+" "+nemo.Text(m.Task))
	}
	wantLines(t, "missing", got, "byob_y y", " z", "byob_w w")
}

func TestCounts(t *testing.T) {
	job := func(id, task, value, params string) nemo.Job { return byob(id, task, value, params).job(t) }
	bfcl := func(id string) nemo.Job {
		return spec{id: id, harness: "bfcl", task: "bf", results: "{groups: {bfcl: {metrics: {a_acc: {scores: {a_acc: {value: 5}}}}}}}"}.job(t)
	}
	for _, test := range []struct {
		name  string
		sides []compare.Side
		want  compare.Counts
	}{
		{
			"a task that failed on both sides is one",
			[]compare.Side{configured(side("a", job("a.0", "x", "1", "")), "a", "x", "y"), configured(side("b", job("b.0", "x", "1", "")), "b", "x", "y")},
			compare.Counts{Tasks: 2, Matched: 1, Missing: 1, NoInference: 1},
		},
		{
			"without headline, matched or not",
			[]compare.Side{side("a", bfcl("a.0")), side("b", bfcl("b.0"))},
			compare.Counts{Tasks: 1, Matched: 1, NoPrimary: 1},
		},
		{
			"without headline on one side",
			[]compare.Side{side("a", bfcl("a.0")), side("b")},
			compare.Counts{Tasks: 1, Missing: 1, NoPrimary: 1},
		},
		{
			"a verdict for each candidate",
			[]compare.Side{side("a", job("a.0", "x", "1", "")), side("b", job("b.0", "x", "1", "")), side("c", job("c.0", "x", "1", "{limit_samples: 5}"))},
			compare.Counts{Tasks: 1, Matched: 1, NoInference: 1, NotComparable: 1},
		},
		{
			"an empty side",
			[]compare.Side{side("a", job("a.0", "x", "1", "")), side("b")},
			compare.Counts{Tasks: 1, Missing: 1, NotComparable: 1},
		},
	} {
		c, _ := compared(t, test.sides)
		if c.Counts != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, c.Counts, test.want)
		}
		if c.Counts.Tasks != c.Counts.Matched+c.Counts.Missing {
			t.Errorf("%s: %d tasks", test.name, c.Counts.Tasks)
		}
	}
}

// The verdict of the whole is the worst that a headline has.
func TestVerdict(t *testing.T) {
	equal := []nemo.Job{byob("a.0", "x", "0.5", "").job(t), byob("a.1", "y", "0.5", "").job(t)}
	c, _ := compared(t, []compare.Side{side("a", equal...), side("b", equal...)})
	if c.Verdict != compare.NoInference {
		t.Errorf("verdict %s", c.Verdict)
	}
	c, _ = compared(t, []compare.Side{side("a", equal...), side("b", equal[0], byob("a.1", "y", "0.5", "{limit_samples: 5}").job(t))})
	if c.Verdict != compare.NotComparable {
		t.Errorf("verdict %s", c.Verdict)
	}
}
