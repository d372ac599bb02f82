package rest

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
)

func TestNumbers(t *testing.T) {
	for text, want := range map[string]float64{
		`1`: 1, `0.1`: 0.1, `-0`: math.Copysign(0, -1), `1e-07`: 1e-7, `"0.5"`: 0.5,
		`"NaN"`: math.NaN(), `"Infinity"`: math.Inf(1), `"-Infinity"`: math.Inf(-1),
		`1.7976931348623157e308`: math.Inf(1), `-1.7976931348623157e+308`: math.Inf(-1), `1e999`: math.Inf(1),
	} {
		var d double
		if err := json.Unmarshal([]byte(text), &d); err != nil || math.Float64bits(float64(d)) != math.Float64bits(want) {
			t.Errorf("%s is %v (%v), want %v", text, d, err, want)
		}
	}
	for text, want := range map[string]integer{`1795236790714`: 1795236790714, `"1795236790714"`: 1795236790714, `null`: 0, `-1`: -1} {
		var n integer
		if err := json.Unmarshal([]byte(text), &n); err != nil || n != want {
			t.Errorf("%s is %v (%v), want %v", text, n, err, want)
		}
	}
	for _, text := range []string{`"x"`, `{}`, `true`, `[1]`, `""`} {
		if json.Unmarshal([]byte(text), new(double)) == nil || json.Unmarshal([]byte(text), new(integer)) == nil {
			t.Errorf("%s is a number", text)
		}
	}
}

func TestTimes(t *testing.T) {
	for ms, want := range map[integer]string{
		0: "0001-01-01T00:00:00Z", -1: "0001-01-01T00:00:00Z", math.MaxInt64: "0001-01-01T00:00:00Z", 1795236790714: "2026-11-21T04:53:10.714Z",
	} {
		got, err := milliseconds(ms).MarshalText()
		if err != nil || string(got) != want {
			t.Errorf("%d is %s (%v), want %s", ms, got, err, want)
		}
	}
}

func TestFolder(t *testing.T) {
	for _, tt := range []struct{ harness, task, want string }{
		{"bfcl", "bfcl.bfclv2_ast", "bfcl.bfcl.bfclv2_ast/artifacts"},
		{"bfcl", "", ""},
		{"", "bfclv2_ast", ""},
		{"a/..", "/../b", ""},
		{"a", "b#c", ""},
	} {
		if got := folder(map[string]string{"harness": tt.harness, "task_name": tt.task}); got != tt.want {
			t.Errorf("folder of %q and %q is %q, want %q", tt.harness, tt.task, got, tt.want)
		}
	}
}

// FuzzRunsPage: whatever a server sends, what comes out can be trusted in
// addresses and is in the order of a search.
func FuzzRunsPage(f *testing.F) {
	for _, seed := range []string{
		`{}`,
		`{"runs": [{"info": {"run_id": "a", "experiment_id": "1", "start_time": 5, "end_time": "7"}}], "next_page_token": "x"}`,
		`{"runs": [{"info": {"run_uuid": "a", "experiment_id": 1}, "data": {"metrics": [{"key": "k", "value": "NaN"}, {"key": "l"}], "tags": [{"key": "harness", "value": "h"}, {"key": "task_name", "value": "../.."}], "params": null}}]}`,
		`{"runs": [{"info": {"run_id": "../x", "experiment_id": "1"}}]}`,
		`{"runs": [null, {"info": null}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var page runsPage
		if json.Unmarshal(data, &page) != nil {
			return
		}
		runs, err := page.decode()
		if err != nil {
			if runs != nil {
				t.Error("runs beside an error")
			}
			return
		}
		if len(runs) != len(page.Runs) || !slices.IsSortedFunc(runs, query.NewestFirst) {
			t.Errorf("%d of %d runs, or out of order", len(runs), len(page.Runs))
		}
		for _, r := range runs {
			if !isRunID(r.ID) || !isExperimentID(r.ExperimentID) {
				t.Errorf("ids %q and %q", r.ID, r.ExperimentID)
			}
			if r.Folder != "" && validPath(r.Folder) != nil {
				t.Errorf("folder %q", r.Folder)
			}
			for _, at := range []interface{ MarshalJSON() ([]byte, error) }{r.StartTime, r.EndTime} {
				if _, err := at.MarshalJSON(); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
