package artifacts_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/pkg/query/rundir"
	"github.com/evalctl/evalctl/test/fakemlflow"
	"github.com/evalctl/evalctl/test/stack"
)

// Names of files.
const (
	resultsYML   = "results.yml"
	metricsJSON  = "eval_factory_metrics.json"
	metadataYAML = "metadata.yaml"
	runConfigYML = "run_config.yml"
)

// invocation is one of test/data.
func invocation(t *testing.T, name string) stack.Invocation {
	t.Helper()
	all := stack.Invocations(t)
	i := slices.IndexFunc(all, func(i stack.Invocation) bool { return i.Name == name })
	if i < 0 {
		t.Fatalf("no invocation %s", name)
	}
	return all[i]
}

// exported are the runs that the launcher's exporter makes of an invocation by
// default: its finished jobs, by index, with the required files.
func exported(t *testing.T, name string) []fakemlflow.Run {
	t.Helper()
	dir := invocation(t, name).Dir
	store, err := rundir.OpenPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := query.All(store.Search(t.Context(), query.Search{}))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(jobs, func(a, b query.Run) int { return strings.Compare(a.JobID(), b.JobID()) })
	var runs []fakemlflow.Run
	for _, job := range jobs {
		if job.Status != query.StatusFinished {
			continue
		}
		run := fakemlflow.Run{Name: job.Name, Tags: maps.Clone(job.Tags), Files: map[string]string{
			"config.yaml": "evaluation: {tasks: [{name: " + job.Tags[query.TagTask] + "}]}\n",
		}}
		for _, file := range []string{resultsYML, metricsJSON, metadataYAML, runConfigYML} {
			content, err := fs.ReadFile(os.DirFS("/"), strings.TrimPrefix(filepath.ToSlash(job.ArtifactURI), "/")+"/artifacts/"+file)
			if err != nil {
				t.Fatal(err)
			}
			run.Files[folderOf(run)+"/"+file] = string(content)
		}
		runs = append(runs, run)
	}
	return runs
}

// folderOf is where the exporter puts a job's files.
func folderOf(run fakemlflow.Run) string {
	return run.Tags[query.TagHarness] + "." + run.Tags[query.TagTask] + "/artifacts"
}

// edit replaces text in one of a run's files, which must hold it.
func edit(t *testing.T, run *fakemlflow.Run, file, old, replacement string) {
	t.Helper()
	name := folderOf(*run) + "/" + file
	if !strings.Contains(run.Files[name], old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	run.Files[name] = strings.Replace(run.Files[name], old, replacement, 1)
}

// serve puts runs on a server.
func serve(t *testing.T, runs ...fakemlflow.Run) *fakemlflow.Server {
	t.Helper()
	server := fakemlflow.New(t)
	server.AddExperiment("e")
	for _, run := range runs {
		server.AddRun(run)
	}
	return server
}

// open makes a store of a server, with waits too short to notice.
func open(t *testing.T, server *fakemlflow.Server) query.Store {
	t.Helper()
	transport := &http.Transport{DialContext: server.Dial}
	t.Cleanup(transport.CloseIdleConnections)
	store, err := rest.New(rest.Options{URI: server.URL, Backoff: time.Microsecond, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// only opens one store for ids, and paths as directories.
type only struct{ query.Store }

func (o only) Default(context.Context) (query.Store, error) { return o.Store, nil }
func (o only) Demo(context.Context) (query.Store, error)    { return o.Store, nil }
func (o only) Path(_ context.Context, path string) (query.Store, error) {
	return rundir.OpenPath(path)
}

func (o only) Server(context.Context, string, string) (query.Store, error) {
	return o.Store, nil
}

// resolve finds the runs behind selectors.
func resolve(t *testing.T, store query.Store, words ...string) []query.Resolution {
	t.Helper()
	selectors := make([]query.Selector, len(words))
	for i, word := range words {
		var err error
		if selectors[i], err = query.ParseSelector(word); err != nil {
			t.Fatal(err)
		}
	}
	found, err := query.Resolve(t.Context(), only{store}, selectors)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// wantCode fails unless err is a [*query.Error] with this code, whose text has
// all the parts.
func wantCode(t *testing.T, err error, code query.Code, parts ...string) {
	t.Helper()
	e, ok := errors.AsType[*query.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("error %v (%T), want code %q", err, err, code)
	}
	for _, part := range parts {
		if !strings.Contains(e.Error(), part) {
			t.Errorf("error %q does not say %q", e, part)
		}
	}
}

// asked are the files and folders that a server was asked for, as "<last digit of
// the run's id>:<path>", sorted.
func asked(t *testing.T, server *fakemlflow.Server) (files, listings []string) {
	t.Helper()
	for _, request := range server.Requests() {
		values, err := url.ParseQuery(request.Query)
		if err != nil {
			t.Fatal(err)
		}
		run := values.Get("run_id")
		switch {
		case strings.HasSuffix(request.Path, "/artifacts/list"):
			listings = append(listings, run[len(run)-1:]+":"+values.Get("path"))
		case strings.Contains(request.Path, "/mlflow-artifacts/artifacts/"):
			root, file, _ := strings.Cut(request.Path, "/artifacts/1/")
			run, file, _ = strings.Cut(file, "/artifacts/")
			if root == "" || run == "" {
				t.Fatalf("what is %s?", request.Path)
			}
			if file, err = url.PathUnescape(file); err != nil {
				t.Fatal(err)
			}
			files = append(files, run[len(run)-1:]+":"+file)
		case strings.HasSuffix(request.Path, "/get-artifact"):
			files = append(files, run[len(run)-1:]+":"+values.Get("path"))
		}
	}
	slices.Sort(files)
	slices.Sort(listings)
	return files, listings
}

// ends counts the names in a list of [asked] that end in a base name.
func ends(list []string, base string) int {
	n := 0
	for _, name := range list {
		if path.Base(name) == base {
			n++
		}
	}
	return n
}

// texts is one line a job: what it is and what it scored.
func texts(jobs []nemo.Job) []string {
	var lines []string
	for _, job := range jobs {
		line := strings.Join([]string{nemo.Text(job.Run.JobID), nemo.Text(job.Run.Harness), nemo.Text(job.Run.Task), job.Reason}, " ")
		if job.Results != nil {
			line += job.Results.Scores[0].Value.String()
		}
		lines = append(lines, line)
	}
	return lines
}
