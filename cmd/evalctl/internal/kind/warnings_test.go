package kind

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/nemo"
)

func TestWarningsOfSeveralSidesAreJoined(t *testing.T) {
	of := func(code, side, message string, ids ...string) nemo.Warning {
		return nemo.Warning{Code: code, Side: side, Message: message, RunIDs: ids}
	}
	given := []nemo.Warning{
		of("DUPLICATE_RUNS", "a", "1 job", "r1"), of("DUPLICATE_RUNS", "b", "1 job", "r2"), of("DUPLICATE_RUNS", "c", "2 jobs", "r3", "r4"),
		of("TASKS_UNKNOWN", "a", "nothing"), of("TASKS_UNKNOWN", "b", "no file"), of("X", "", "nothing"),
	}
	for _, test := range []struct {
		name      string
		got, want []nemo.Warning
	}{
		{"on a screen", together(given), []nemo.Warning{
			of("DUPLICATE_RUNS", "a, b", "1 job", "r1"), of("DUPLICATE_RUNS", "c", "2 jobs", "r3", "r4"), given[3], given[4], given[5],
		}},
		{"in brief", briefly(given), []nemo.Warning{
			of("DUPLICATE_RUNS", "a, b, c", "jobs were exported more than once; the newest finished run of each counts, 4 runs are set aside", "r1", "r2", "r3", "r4"),
			given[3], given[4], given[5],
		}},
		{"of one side, in brief", briefly(given[2:]), given[2:]},
		{"none", briefly(nil), nil},
	} {
		if diff := gocmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if given[0].Side != "a" {
		t.Error("what was given was changed")
	}
}
