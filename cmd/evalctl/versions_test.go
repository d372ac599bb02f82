package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

// What is compared must not depend on the server's version. Each was filled on its
// own, so that only ids differ: a run is known by its job and by which of the job's
// runs it is.
func TestVersionsGiveTheSameComparison(t *testing.T) {
	t.Parallel()
	type known struct {
		process
		names *strings.Replacer // of run ids
	}
	servers := map[stack.Version]known{}
	for _, version := range stack.Versions() {
		p := process{env: map[string]string{"MLFLOW_TRACKING_URI": stack.Plain(t, version), "EVALCTL_CACHE_DIR": t.TempDir()}}
		list := decode[runList](t, p.answer(t, "runs", "--limit", "0", "-o", "json")).Data.Runs
		slices.SortFunc(list, func(a, b listedRun) int {
			return cmp.Or(cmp.Compare(a.JobID, b.JobID), cmp.Compare(a.StartedAt, b.StartedAt))
		})
		var names []string
		copies := map[string]int{}
		for _, run := range list {
			copies[run.JobID]++
			names = append(names, run.RunID, fmt.Sprintf("%s, run %d", run.JobID, copies[run.JobID]))
		}
		if len(list) != 32 {
			t.Fatalf("MLflow %s has %d runs", version, len(list))
		}
		servers[version] = known{p, strings.NewReplacer(names...)}
	}
	exported := slices.DeleteFunc(stack.Invocations(t), func(i stack.Invocation) bool { return !i.Exported })
	pairs := 0
	for i, base := range exported {
		for _, cand := range exported[i:] {
			pairs++
			t.Run(base.Name+"-"+cand.Name, func(t *testing.T) {
				var answers []comparison
				for _, version := range stack.Versions() {
					server := servers[version]
					text := server.names.Replace(server.answer(t, "compare", "-o", "json", "--scores", "all", base.ID, cand.ID))
					answers = append(answers, decode[struct{ Data comparison }](t, text).Data)
				}
				if diff := gocmp.Diff(answers[0], answers[1]); diff != "" {
					t.Errorf("(-%s +%s):\n%s", stack.Versions()[0], stack.Versions()[1], diff)
				}
			})
		}
	}
	if pairs != 66 {
		t.Errorf("%d pairs", pairs)
	}
}
