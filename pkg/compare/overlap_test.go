package compare_test

import (
	"strings"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func overlap(mode string) func(*compare.Options) {
	return func(o *compare.Options) { o.Overlap = mode }
}

// from is a job of the source at this position, started on this day; 0 is unknown.
func from(t *testing.T, source, day int, s spec) nemo.Job {
	t.Helper()
	job := s.job(t)
	job.SourceIndex = source
	if day > 0 {
		job.Run.StartedAt = &nemo.Time{Time: time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC)}
	}
	return job
}

func TestOverlap(t *testing.T) {
	// x was run by both, with another temperature; y and z by one each.
	jobs := func(dayA, dayB int) []nemo.Job {
		return []nemo.Job{
			from(t, 0, dayA, byob("a.0", "x", "0.1", "{temperature: 0.1}")), from(t, 0, dayA, byob("a.1", "y", "0.5", "")),
			from(t, 1, dayB, byob("b.0", "x", "0.3", "{temperature: 0.3}")), from(t, 1, dayB, byob("b.1", "z", "0.5", "")),
		}
	}
	other := side("o", byob("o.0", "x", "0.5", "{temperature: 0.3}").job(t))
	for _, test := range []struct {
		name, mode string
		jobs       []nemo.Job
		rows       string // of x
		warnings   string
	}{
		{"the later one", compare.OverlapLatest, jobs(1, 2), "x pass@1/correct o: 0.3 -> 0.5 = 0.2 no_inference", "OVERLAP_LATEST side s"},
		{"the later one, named first", compare.OverlapLatest, jobs(2, 1), "x pass@1/correct o: 0.1 -> 0.5 = 0.4 no_inference", "CONFIG_DIFFERS ×1; OVERLAP_LATEST side s"},
		{"of equal times the one named last", compare.OverlapLatest, jobs(1, 1), "x pass@1/correct o: 0.3 -> 0.5 = 0.2 no_inference", "OVERLAP_LATEST side s"},
		{"without times too", compare.OverlapLatest, jobs(0, 0), "x pass@1/correct o: 0.3 -> 0.5 = 0.2 no_inference", "OVERLAP_LATEST side s"},
		{"an unknown time is the oldest", compare.OverlapLatest, jobs(1, 0), "x pass@1/correct o: 0.1 -> 0.5 = 0.4 no_inference", "CONFIG_DIFFERS ×1; OVERLAP_LATEST side s"},
		{"pooled, and not equal to the other side", compare.OverlapRepeat, jobs(1, 2), "x pass@1/correct o: 0.2 -> 0.5 = 0.3 no_inference within_run_noise", "CONFIG_DIFFERS ×1; OVERLAP_REPEAT side s x temperature"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := configured(side("s", test.jobs...), "a", "byob_x.x", "byob_y.y")
			s = configured(s, "b", "byob_x.x", "byob_z.z")
			c, warnings := compared(t, []compare.Side{s, other}, overlap(test.mode))
			wantLines(t, "rows", rowLines(c.Rows[:1]), test.rows)
			if got := strings.Join(warningLines(warnings), "; "); got != test.warnings {
				t.Errorf("warnings %s, want %s", got, test.warnings)
			}
			// What was set aside is not missing.
			wantLines(t, "missing", missingLines(c.Missing), "o y -: absent_on_side", "o z -: absent_on_side")
			a, warnings := averaged(t, []compare.Side{s}, overlap(test.mode))
			if a.Averages[0].Tasks != 3 || len(warnings) != 1 || !strings.HasPrefix(warnings[0].Code, "OVERLAP_") {
				t.Errorf("%+v %+v", a.Averages[0], warnings)
			}
			e, warnings, err := compare.Evaluate(s, options(t, overlap(test.mode)))
			if err != nil || len(warnings) != 1 {
				t.Errorf("%v, %v", warningLines(warnings), err)
			}
			if want := map[string]int{compare.OverlapLatest: 3, compare.OverlapRepeat: 4}[test.mode]; len(e.Runs) != want {
				t.Errorf("%d runs, want %d", len(e.Runs), want)
			}
		})
	}
	if _, warnings := averaged(t, []compare.Side{side("s", jobs(1, 2)[1:]...)}, overlap(compare.OverlapLatest)); len(warnings) != 0 {
		t.Errorf("nothing overlaps, and %v", warningLines(warnings))
	}
}

// A difference that makes another question counts for a pool as it does for each
// of its runs.
func TestPooledRunsKeepTheirHardDifferences(t *testing.T) {
	s := side("s", byob("a.0", "x", "0.1", "").job(t), byob("b.0", "x", "0.3", "{limit_samples: 5}").job(t))
	c, _ := compared(t, []compare.Side{s, side("o", byob("o.0", "x", "0.5", "").job(t))}, overlap(compare.OverlapRepeat))
	wantLines(t, "rows", rowLines(c.Rows), "x pass@1/correct o: 0.2 -> 0.5 = 0.3 not_comparable limit_samples")
}

func TestOverlapIsRefused(t *testing.T) {
	same := []nemo.Job{byob("a.0", "x", "0.1", "").job(t), byob("b.0", "x", "0.3", "").job(t)}
	extra := byob("b.1", "y", "0.3", "").job(t)
	for _, test := range []struct {
		name string
		jobs []nemo.Job
		want string
	}{
		{"the same tasks", same, ""},
		{"one source", same[:1], ""},
		{"a task of only one source", append(same[:2:2], extra), "side s: not all of its sources have results of y"},
		{"other settings", append(same[:1:1], byob("b.0", "x", "0.3", "{top_p: 1}").job(t), byob("b.2", "x", "0.3", "{top_p: 2}").job(t)), "top_p"},
	} {
		_, _, err := compare.AverageSides([]compare.Side{side("s", test.jobs...)}, options(t, overlap(compare.OverlapRefuse)))
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		if _, _, err := compare.AverageSides([]compare.Side{side("s", test.jobs...)}, options(t)); (err != nil) != strings.Contains(test.want, "top_p") {
			t.Errorf("%s, by default: %v", test.name, err)
		}
	}
}

// Files without an invocation are sources of their own: their settings make no
// variants.
func TestSourcesWithoutAnInvocation(t *testing.T) {
	jobs := []nemo.Job{from(t, 0, 0, byob("", "x", "0.1", "{top_p: 1}")), from(t, 1, 0, byob("", "x", "0.3", "{top_p: 2}"))}
	if _, _, err := compare.AverageSides([]compare.Side{side("s", jobs...)}, options(t)); err == nil {
		t.Error("two files with different settings are variants of each other")
	}
	jobs[1].SourceIndex = 0
	a, _ := averaged(t, []compare.Side{side("s", jobs...)})
	wantLines(t, "one folder with both", sideAverageLines(a.Averages), "s fraction 2 of 2: 0.2 +x[top_p=1] 0.1 +x[top_p=2] 0.3")
}
