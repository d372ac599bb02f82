package rest_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

func invocation(id string) query.Search {
	return query.Search{Filter: query.Filter{{Entity: query.Tag, Key: query.TagInvocation, Op: query.Equal, Value: id}}}
}

func ids(runs []query.Run) []string {
	var list []string
	for _, r := range runs {
		list = append(list, r.ID)
	}
	return list
}

func TestInvocationCostsTwoRequests(t *testing.T) {
	server := fakemlflow.New(t)
	for i := range 7 {
		server.AddExperiment(fmt.Sprint("e", i))
		for j := range 30 {
			server.AddRun(fakemlflow.Run{Tags: map[string]string{"invocation_id": fmt.Sprintf("%08x", j)}})
		}
	}
	store := open(t, server)
	runs, err := query.All(store.Search(t.Context(), invocation("00000003")))
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 7 || runs[0].Experiment != "e6" || runs[6].Experiment != "e0" {
		t.Errorf("%d runs, the first of experiment %s", len(runs), runs[0].Experiment)
	}
	if diff := gocmp.Diff([]string{searchExperiments, searchRuns}, paths(server)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	var sent map[string]any
	if err := json.Unmarshal([]byte(server.Requests()[1].Body), &sent); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"experiment_ids": []any{"0", "1", "2", "3", "4", "5", "6", "7"},
		"filter":         "tags.invocation_id = '00000003'",
		"run_view_type":  "ACTIVE_ONLY",
		"max_results":    200.0,
		"order_by":       []any{"attributes.start_time DESC"},
	}
	if diff := gocmp.Diff(want, sent); diff != "" {
		t.Errorf("search (-want +got):\n%s", diff)
	}
}

// populate adds n runs to a few experiments with some equal start times, and
// returns the ids in the order of a search.
func populate(server *fakemlflow.Server, experiments, n int) []string {
	var places []string
	for i := range experiments {
		places = append(places, server.AddExperiment(fmt.Sprint("e", i)))
	}
	var added []fakemlflow.Run
	for i := range n {
		added = append(added, server.AddRun(fakemlflow.Run{
			ExperimentID: places[i*7%experiments],
			StartTime:    1_760_000_000_000 + int64(i*37%(n/2+1)),
		}))
	}
	slices.SortFunc(added, func(a, b fakemlflow.Run) int {
		return cmp.Or(cmp.Compare(b.StartTime, a.StartTime), cmp.Compare(a.ID, b.ID))
	})
	var order []string
	for _, r := range added {
		order = append(order, r.ID)
	}
	return order
}

func TestSearchInPages(t *testing.T) {
	server := fakemlflow.New(t)
	want := populate(server, 3, 450)
	runs, err := query.All(open(t, server).Search(t.Context(), query.Search{}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, ids(runs)); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if n := len(server.Requests()); n != 1+3 {
		t.Errorf("%d requests, want 4", n)
	}
}

func TestSearchInChunks(t *testing.T) {
	tooLong := func(limit int) func(fakemlflow.Request) bool {
		return func(r fakemlflow.Request) bool {
			var sent struct {
				IDs []string `json:"experiment_ids"`
			}
			return json.Unmarshal([]byte(r.Body), &sent) == nil && len(sent.IDs) > limit
		}
	}
	for name, fault := range map[string]fakemlflow.Fault{
		"databricks": {Status: 400, Body: `{"error_code": "INVALID_PARAMETER_VALUE", "message": "Too many experiment_ids specified in SearchRuns request"}`},
		"sqlite":     {Status: 503, Body: `{"error_code": "TEMPORARILY_UNAVAILABLE", "message": "(sqlite3.OperationalError) too many SQL variables"}`},
		"proxy":      {Status: 413, Body: "<html>", Header: map[string]string{"Content-Type": "text/html"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := fakemlflow.New(t)
			want := populate(server, 1200, 500)
			fault.Path, fault.Match = "runs/search", tooLong(300)
			server.Fault(fault)
			runs, err := query.All(open(t, server).Search(t.Context(), query.Search{}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(want, ids(runs)); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
			var sizes []int
			for _, r := range server.Requests()[2:] {
				var sent struct {
					IDs   []string `json:"experiment_ids"`
					Token string   `json:"page_token"`
				}
				if err := json.Unmarshal([]byte(r.Body), &sent); err != nil {
					t.Fatal(err)
				}
				if sent.Token == "" {
					sizes = append(sizes, len(sent.IDs))
				}
			}
			if diff := gocmp.Diff([]int{1000, 500, 250, 250, 250, 250, 201}, sizes); diff != "" {
				t.Errorf("experiments a search (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneExperimentThatIsTooMany(t *testing.T) {
	server := fakemlflow.New(t)
	server.Fault(fakemlflow.Fault{Path: "runs/search", Status: 413})
	_, err := query.All(open(t, server).Search(t.Context(), query.Search{}))
	wantCode(t, err, query.IO, "413")
}

func TestSearchStopsWithItsConsumer(t *testing.T) {
	server := fakemlflow.New(t)
	want := populate(server, 3, 450)
	store := open(t, server)
	var got []string
	for run, err := range store.Search(t.Context(), query.Search{}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, run.ID); len(got) == 200 {
			break
		}
	}
	if diff := gocmp.Diff(want[:200], got); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if n := len(server.Requests()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}

	server.ForgetRequests()
	runs, err := query.All(store.Search(t.Context(), query.Search{Limit: 5}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want[:5], ids(runs)); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	requests := server.Requests()
	if len(requests) != 1 || !strings.Contains(requests[0].Body, `"max_results":5,`) {
		t.Errorf("a search for five runs asked %+v", requests)
	}
}

func TestSearchBelievesNothing(t *testing.T) {
	page := func(token string, infos ...string) string {
		var runs []string
		for _, info := range infos {
			runs = append(runs, `{"info": {`+info+`}, "data": {"tags": [{"key": "invocation_id", "value": "0a1b2c3d"}]}}`)
		}
		return `{"runs": [` + strings.Join(runs, ",") + `], "next_page_token": "` + token + `"}`
	}
	a := `"run_id": "a", "experiment_id": "0", "lifecycle_stage": "active"`
	b := `"run_uuid": "b", "experiment_id": 0`
	for _, tt := range []struct {
		name  string
		pages []string
		want  []string
	}{
		{"a run twice", []string{page("t", a), page("", a, b)}, []string{"a", "b"}},
		{"an empty page with a token", []string{page("t", a), page("u")}, []string{"a"}},
		{"a token twice", []string{page("t", a), page("t", b)}, []string{"a", "b"}},
		{"tokens in a circle", []string{page("t", a), page("u", b), page("t", a)}, []string{"a", "b"}},
		{"deleted runs", []string{page("", a, `"run_id": "c", "experiment_id": "0", "lifecycle_stage": "deleted"`)}, []string{"a"}},
		{"runs of another experiment", []string{page("", a, `"run_id": "c", "experiment_id": "9"`)}, []string{"a"}},
		{"runs out of order", []string{page("", b, a, `"run_id": "c", "experiment_id": "0", "start_time": "5"`)}, []string{"c", "a", "b"}},
		{"runs that do not match", []string{strings.ReplaceAll(page("", a), "0a1b2c3d", "0A1B2C3D")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := fakemlflow.New(t)
			for i, body := range tt.pages {
				fault := fakemlflow.Fault{Path: "runs/search", Times: 1, Status: 200, Body: body}
				if i == len(tt.pages)-1 {
					fault.Times = 0
				}
				server.Fault(fault)
			}
			runs, err := query.All(open(t, server).Search(t.Context(), invocation("0a1b2c3d")))
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, ids(runs)); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
			if n := len(server.Requests()); n != 1+len(tt.pages) {
				t.Errorf("%d requests, want %d", n, 1+len(tt.pages))
			}
		})
	}
}

func TestSearchOfSomeExperiments(t *testing.T) {
	server := fakemlflow.New(t)
	one, two := server.AddExperiment("one"), server.AddExperiment("two")
	server.AddRun(fakemlflow.Run{ExperimentID: one})
	want := server.AddRun(fakemlflow.Run{ExperimentID: two})
	store := open(t, server)
	runs, err := query.All(store.Search(t.Context(), query.Search{Experiments: []string{two, "99"}}))
	if err != nil || len(runs) != 1 || runs[0].ID != want.ID {
		t.Errorf("runs %v, %v", ids(runs), err)
	}
	server.ForgetRequests()
	runs, err = query.All(store.Search(t.Context(), query.Search{Experiments: []string{}}))
	if err != nil || len(runs) != 0 || len(server.Requests()) != 0 {
		t.Errorf("no experiments gave %d runs, %v, %d requests", len(runs), err, len(server.Requests()))
	}
}

func TestErrorInTheMiddleOfASearch(t *testing.T) {
	server := fakemlflow.New(t)
	populate(server, 1, 300)
	server.Fault(fakemlflow.Fault{Path: "runs/search", Skip: 1, Status: 403, Body: "no"})
	n, failed := 0, 0
	for _, err := range open(t, server).Search(t.Context(), query.Search{}) {
		if err != nil {
			wantCode(t, err, query.Forbidden)
			failed++
		} else {
			n++
		}
	}
	if n != 200 || failed != 1 {
		t.Errorf("%d runs and %d errors, want 200 and 1", n, failed)
	}
}

func TestRun(t *testing.T) {
	server := fakemlflow.New(t)
	experiment := server.AddExperiment("acme/falcon")
	added := server.AddRun(fakemlflow.Run{
		Name:      "eval",
		StartTime: 1_795_236_790_714,
		EndTime:   1_795_236_791_018,
		Tags:      map[string]string{"harness": "bfcl", "task_name": "bfclv2_ast"},
		Params:    map[string]string{"config.target.api_endpoint.model_id": "m"},
		Metrics: map[string]float64{
			"a": 0.1, "nan": math.NaN(), "up": math.Inf(1), "down": math.Inf(-1), "tiny": 5e-324,
		},
	})
	want := query.Run{
		ID:           added.ID,
		Name:         "eval",
		ExperimentID: experiment,
		Experiment:   "acme/falcon",
		Status:       query.StatusFinished,
		StartTime:    time.Date(2026, 11, 21, 4, 53, 10, 714e6, time.UTC),
		EndTime:      time.Date(2026, 11, 21, 4, 53, 11, 18e6, time.UTC),
		ArtifactURI:  "mlflow-artifacts:/" + experiment + "/" + added.ID + "/artifacts",
		Tags:         map[string]string{"mlflow.runName": "eval", "harness": "bfcl", "task_name": "bfclv2_ast"},
		Params:       map[string]string{"config.target.api_endpoint.model_id": "m"},
		Metrics:      map[string]float64{"a": 0.1, "nan": math.NaN(), "up": math.Inf(1), "down": math.Inf(-1), "tiny": 5e-324},
		Folder:       "bfcl.bfclv2_ast/artifacts",
		Model:        "m",
	}
	nan := gocmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
	store := open(t, server)
	got, err := store.Run(t.Context(), added.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, got, nan); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}

	server.DeleteExperiment(experiment)
	got, err = open(t, server).Run(t.Context(), added.ID)
	if err != nil {
		t.Fatal(err)
	}
	want.Deleted = true
	if diff := gocmp.Diff(want, got, nan); diff != "" {
		t.Errorf("run of a deleted experiment (-want +got):\n%s", diff)
	}
}

func TestNoRun(t *testing.T) {
	server := fakemlflow.New(t)
	store := open(t, server)
	for _, id := range []string{"ffffffffffffffffffffffffffffffff", "../x", ""} {
		_, err := store.Run(t.Context(), id)
		wantCode(t, err, query.NotFound, id)
	}
	if n := len(server.Requests()); n != 1 {
		t.Errorf("%d requests, want 1: only one is a run id", n)
	}
}

// A server before MLflow 3.11 refuses IS NULL; it is then asked for more, and the
// answer is the same.
func TestSearchOfAnOldServer(t *testing.T) {
	search := query.Search{Any: []query.Filter{
		{{Entity: query.Tag, Key: "a", Op: query.HasPrefix}},
		{{Entity: query.Tag, Key: "b", Op: query.HasPrefix}, {Entity: query.Tag, Key: "a", Op: query.Absent}},
	}}
	var found [2][]string
	for i, old := range []bool{false, true} {
		server := fakemlflow.New(t)
		server.AddExperiment("e")
		for _, tags := range []map[string]string{{"a": "1"}, {"b": "1"}, {"a": "1", "b": "1"}, {"c": "1"}} {
			server.AddRun(fakemlflow.Run{Tags: tags})
		}
		if old {
			server.SetOld()
		}
		store := open(t, server)
		for range 2 {
			server.ForgetRequests()
			runs, err := query.All(store.Search(t.Context(), search))
			if err != nil {
				t.Fatal(err)
			}
			found[i] = ids(runs)
		}
		if n := len(server.Requests()); n != 2 { // what was refused once is not tried again
			t.Errorf("old %v: %d requests for the second search", old, n)
		}
	}
	if len(found[0]) != 3 || !slices.Equal(found[0], found[1]) {
		t.Errorf("found %s, of an old server %s", found[0], found[1])
	}
}

// A filter that a person wrote is the person's to correct.
func TestRawFilter(t *testing.T) {
	server := fakemlflow.New(t)
	server.AddExperiment("e")
	server.AddRun(fakemlflow.Run{Tags: map[string]string{"a": "1"}})
	server.AddRun(fakemlflow.Run{Tags: map[string]string{"a": "1", "b": "1"}})
	store := open(t, server)
	filter := query.Filter{{Entity: query.Tag, Key: "a", Op: query.HasPrefix}}
	runs, err := query.All(store.Search(t.Context(), query.Search{Filter: filter, Raw: "tags.b = '1'"}))
	if err != nil || len(runs) != 1 {
		t.Errorf("%s, %v", ids(runs), err)
	}
	_, err = query.All(store.Search(t.Context(), query.Search{Filter: filter, Raw: "tags.b is one"}))
	wantCode(t, err, query.Usage, "the server does not understand the filter tags.b is one", "Invalid clause")
	// Not what is wrong with the rest.
	server.Fault(fakemlflow.Fault{Path: "runs/search", Status: http.StatusForbidden})
	_, err = query.All(store.Search(t.Context(), query.Search{Raw: "tags.b = '1'"}))
	wantCode(t, err, query.Forbidden)
}

func TestSearchOfWhatIsDeleted(t *testing.T) {
	server := fakemlflow.New(t)
	gone := server.AddExperiment("gone")
	server.AddRun(fakemlflow.Run{})
	kept := server.AddExperiment("kept")
	server.AddRun(fakemlflow.Run{Deleted: true})
	last := server.AddRun(fakemlflow.Run{})
	server.DeleteExperiment(gone)
	store := open(t, server)
	for view, want := range map[query.View]struct {
		runs        int
		experiments []query.Experiment
	}{
		query.Active:      {1, []query.Experiment{{ID: "0", Name: "Default"}, {ID: kept, Name: "kept"}}},
		query.WithDeleted: {3, []query.Experiment{{ID: "0", Name: "Default"}, {ID: gone, Name: "gone", Deleted: true}, {ID: kept, Name: "kept"}}},
	} {
		runs, err := query.All(store.Search(t.Context(), query.Search{View: view}))
		if err != nil || len(runs) != want.runs || runs[0].ID != last.ID {
			t.Errorf("view %d: %s, %v", view, ids(runs), err)
		}
		for _, run := range runs {
			if run.Experiment == "" {
				t.Errorf("view %d: run %s has no experiment", view, run.ID)
			}
		}
		experiments, err := store.Experiments(t.Context(), view)
		if diff := gocmp.Diff(want.experiments, experiments); err != nil || diff != "" {
			t.Errorf("view %d: %v (-want +got):\n%s", view, err, diff)
		}
	}
}
