package nemo_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/nemo"
)

func TestJobIndex(t *testing.T) {
	for id, want := range map[string]int{
		"c0bd961e50124ab3.0": 0, "c0bd961e.12": 12, "12345678.7": 7, "x.007": 7,
		"": -1, "c0bd961e50124ab3": -1, "c0bd961e.": -1, "c0bd961e.x": -1, "c0bd961e.-1": -1, "c0bd961e.+1": -1, "a.1.2": -1, "a.99999999999999999999": -1,
		"eval-20260402T120000Z-mmlu_pro": -1,
	} {
		index, ok := nemo.JobIndex(id)
		if ok != (want >= 0) || ok && index != want {
			t.Errorf("%q: %d, %v, want %d", id, index, ok, want)
		}
	}
}

func TestTaskName(t *testing.T) {
	for _, test := range [][3]string{
		{"byob_arith", "byob_arith.arith", "arith"},
		{"simple_evals", "gpqa_diamond", "gpqa_diamond"},
		{"", "a.b", "a.b"},
		{"a", "a", "a"},
		{"a", "ab.c", "ab.c"},
		{"bfcl", "bfcl.bfcl.x", "bfcl.x"},
		{"a", "", ""},
	} {
		if got := nemo.TaskName(test[0], test[1]); got != test[2] {
			t.Errorf("TaskName(%q, %q) = %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

func TestTime(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	for want, at := range map[string]time.Time{
		`"2026-01-20T10:00:00Z"`:     time.Date(2026, 1, 20, 12, 0, 0, 0, zone),
		`"2026-01-20T10:00:00.5Z"`:   time.Date(2026, 1, 20, 10, 0, 0, 500_000_000, time.UTC),
		`"2026-01-20T10:00:00.007Z"`: time.Date(2026, 1, 20, 10, 0, 0, 7_999_999, time.UTC),
	} {
		encoded, err := json.Marshal(nemo.NewTime(at))
		if err != nil || string(encoded) != want {
			t.Errorf("%s, %v, want %s", encoded, err, want)
		}
		var back nemo.Time
		if err := json.Unmarshal(encoded, &back); err != nil || back.String() != nemo.NewTime(at).String() {
			t.Errorf("read back: %v, %v", back, err)
		}
	}
	if nemo.NewTime(time.Time{}) != nil {
		t.Error("the zero time is a time")
	}
}

func TestOptional(t *testing.T) {
	if nemo.Optional("") != nil || nemo.Text(nil) != "" || nemo.Text(nemo.Optional("a")) != "a" {
		t.Error("Optional and Text are not inverse")
	}
}

func TestJobSource(t *testing.T) {
	job := nemo.Job{Run: nemo.Run{RunID: "r"}, ResultsFile: nemo.File{Path: "p", SHA256: "d"}}
	if got, want := job.Source(nemo.Score{Pointer: "/k"}), (nemo.Source{RunID: "r", Path: "p", Key: "/k", SHA256: "d"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestLaunchJobID(t *testing.T) {
	if got := (nemo.Launch{InvocationID: "c0bd961e"}).JobID(3); got != "c0bd961e.3" {
		t.Error(got)
	}
	if got := (nemo.Launch{}).JobID(3); got != "" {
		t.Error(got)
	}
}
