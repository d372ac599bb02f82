package query_test

import (
	"context"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
)

// A baseline stands for the runs that it is pinned to, whatever was exported since.
func TestBaselines(t *testing.T) {
	const gone = "bbbb2222bbbb2222"
	store := &memory{uri: "s", runs: []query.Run{
		job("r0", inv, 0, 1), job("r1", inv, 1, 2),
		job("older", inv, 0, 0),
		with(job("failed", inv, 0, 9), func(r *query.Run) { r.Status = query.StatusFailed }),
	}}
	names := map[string][]query.Pinned{
		"main": {{Store: store, Whole: true, Runs: []query.PinnedRun{{ID: "r1", Digest: "d1"}, {ID: "r0", Digest: "d0"}}}},
		"two":  {{Store: store, Runs: []query.PinnedRun{{ID: "r0"}}}, {Store: store, Runs: []query.PinnedRun{{ID: "r1"}}}},
		"lost": {{Store: store, Runs: []query.PinnedRun{{ID: gone}}}},
	}
	resolver := query.Resolver{Stores: stores{server: store}, Baselines: func(_ context.Context, name string) ([]query.Pinned, error) {
		if pinned, ok := names[name]; ok {
			return pinned, nil
		}
		return nil, &query.Error{Code: query.NotFound, Message: "no baseline " + name}
	}}
	resolve := func(word string) (query.Resolution, error) {
		t.Helper()
		selector, err := query.ParseSelector(word)
		if err != nil {
			t.Fatal(err)
		}
		resolutions, err := resolver.Resolve(t.Context(), []query.Selector{selector})
		if err != nil {
			return query.Resolution{}, err
		}
		return resolutions[0], nil
	}
	codes := func(r query.Resolution) string {
		var said []string
		for _, w := range r.Warnings("side") {
			said = append(said, w.Code+" "+strings.Join(w.RunIDs, ","))
		}
		return strings.Join(said, "; ")
	}
	found, err := resolve("@main")
	if err != nil {
		t.Fatal(err)
	}
	if f := found.Found[0]; len(found.Found) != 1 || f.Runs[0].ID != "r0" || f.Runs[1].ID != "r1" || !f.Whole || f.Digests["r1"] != "d1" || codes(found) != "" {
		t.Errorf("%+v, %s", f, codes(found))
	}
	if found, err = resolve("x=@two"); err != nil || len(found.Found) != 2 || found.Selector.Label != "x" {
		t.Errorf("%+v, %v", found, err)
	}

	// Where the pinned run was deleted an older one would: that is no later export.
	store.runs[0].Deleted = true
	if found, err = resolve("@main"); err != nil || strings.Contains(codes(found), "BASELINE_REEXPORTED") {
		t.Errorf("deleted: %s, %v", codes(found), err)
	}
	store.runs[0].Deleted = false

	// A newer export would stand for the job now; the pinned one counts.
	store.runs = append(store.runs, job("again", inv, 0, 30))
	if found, err = resolve("@main"); err != nil || found.Found[0].Runs[0].ID != "r0" || codes(found) != "BASELINE_REEXPORTED again" {
		t.Errorf("%s, %v", codes(found), err)
	}
	// Nobody can tell without the server, which is no failure.
	store.err = &query.Error{Code: query.Offline, Message: "offline"}
	if found, err = resolve("@main"); err != nil || codes(found) != "" {
		t.Errorf("offline: %s, %v", codes(found), err)
	}
	store.err = &query.Error{Code: query.Unreachable, Message: "unreachable"}
	if _, err = resolve("@main"); !query.HasCode(err, query.Unreachable) {
		t.Errorf("unreachable: %v", err)
	}
	store.err = nil
	if _, err := resolve("@lost"); !query.HasCode(err, query.NotFound) || !strings.Contains(err.Error(), "no run "+gone+" in s, to which @lost is pinned") {
		t.Errorf("a run that is gone: %v", err)
	}
	if _, err := resolve("@none"); !query.HasCode(err, query.NotFound) {
		t.Errorf("no such name: %v", err)
	}
	resolver.Baselines = nil
	if _, err := resolve("@main"); !query.HasCode(err, query.NotFound) {
		t.Errorf("no names at all: %v", err)
	}
}
