package artifacts_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/test/fakemlflow"
)

// inChunks takes a file's length away: bodies of some kilobytes then come in
// chunks.
var inChunks = fakemlflow.Fault{Header: map[string]string{"Content-Length": ""}}

// padding makes a file longer than what a server sends with a length unasked.
var padding = "\n" + strings.Repeat("# padding\n", 500)

func TestChunkedFilesAreCheckedAgainstOneListing(t *testing.T) {
	run := exported(t, "A1")[0]
	for name := range run.Files {
		if !strings.HasSuffix(name, ".json") {
			run.Files[name] += padding
		}
	}
	run.Files[folderOf(run)+"/"+metricsJSON] += strings.Repeat(" \n", 5000)
	server := serve(t, run)
	server.Fault(at(inChunks, "/mlflow-artifacts/"))
	evaluation := mustLoad(t, open(t, server), a1)[0]
	if diff := cmp.Diff(a1Jobs[:1], texts(evaluation.Jobs)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	files, listings := asked(t, server)
	if len(files) != 3 {
		t.Errorf("asked for %q", files)
	}
	if diff := cmp.Diff([]string{"1:" + folderOf(run)}, listings); diff != "" {
		t.Errorf("listings (-want +got):\n%s", diff)
	}
}

// What a proxy cut short, and ended properly, looks whole.
func TestTransferThatEndsTooEarly(t *testing.T) {
	run := exported(t, "A1")[0]
	name := folderOf(run) + "/" + resultsYML
	run.Files[name] += padding
	shorter := run.Files[name][:len(run.Files[name])-10]
	for title, fault := range map[string]fakemlflow.Fault{
		"chunked":             {Status: http.StatusOK, Body: shorter, Header: inChunks.Header},
		"chunked, broken off": {After: 3000, Cut: true, Header: inChunks.Header},
		"with its length":     {After: 3000, Cut: true},
		"nothing at all":      {After: 0, Cut: true},
	} {
		t.Run(title, func(t *testing.T) {
			fault := at(fault, resultsYML)
			fault.Times = 2
			server := serve(t, run)
			server.Fault(fault)
			evaluation := mustLoad(t, open(t, server), a1)[0]
			if diff := cmp.Diff(a1Jobs[:1], texts(evaluation.Jobs)); diff != "" {
				t.Errorf("jobs after two faults (-want +got):\n%s", diff)
			}
			files, listings := asked(t, server)
			if ends(files, resultsYML) != 3 || len(listings) > 1 {
				t.Errorf("asked for %q, listed %q", files, listings)
			}

			fault.Times = 0
			server = serve(t, run)
			server.Fault(fault)
			_, err := load(t, open(t, server), a1)
			wantCode(t, err, query.Unreachable, resultsYML)
			files, listings = asked(t, server)
			if ends(files, resultsYML) != 3 || len(listings) > 1 {
				t.Errorf("asked for %q, listed %q", files, listings)
			}
		})
	}
}

// The code of an error is that of what went wrong, here and at the server.
func TestTransferThatFails(t *testing.T) {
	broken := errors.New("input/output error")
	for name, tt := range map[string]struct {
		local bool
		err   error
		code  query.Code
	}{
		"a disk":          {true, broken, query.IO},
		"a connection":    {false, broken, query.Unreachable},
		"a store's error": {false, &query.Error{Code: query.Timeout, Message: "took too long"}, query.Timeout},
	} {
		store := &memory{local: tt.local, files: map[string]string{"f": "content"}}
		store.open = func(_ context.Context, _, content string) (query.Content, error) {
			file := whole(content)
			file.ReadCloser = io.NopCloser(brokenReader{strings.NewReader(content), tt.err})
			return file, nil
		}
		_, err := artifacts.NewFetcher(nil, nil, 0).Read(t.Context(), store, finished(), "f")
		wantCode(t, err, tt.code)
		if !strings.Contains(err.Error(), tt.err.Error()) {
			t.Errorf("%s: %v does not say what went wrong", name, err)
		}
	}
}

func TestSizes(t *testing.T) {
	for name, tt := range map[string]struct {
		listed, sent string
		size         int64
		whole        bool
	}{
		"as promised":          {"content", "content", 7, true},
		"empty":                {"", "", 0, true},
		"less than promised":   {"content", "conten", 7, false},
		"more than promised":   {"content", "content!", 7, false},
		"as listed":            {"content", "content", -1, true},
		"empty as listed":      {"", "", -1, true},
		"less than listed":     {"content", "conten", -1, false},
		"more than listed":     {"content", "content!", -1, false},
		"empty against listed": {"content", "", -1, false},
	} {
		t.Run(name, func(t *testing.T) {
			store := &memory{files: map[string]string{"a/f": tt.listed}}
			store.open = func(context.Context, string, string) (query.Content, error) {
				content := chunked(tt.sent)
				content.Size = tt.size
				return content, nil
			}
			blob, err := artifacts.NewFetcher(nil, nil, 0).Read(t.Context(), store, finished(), "a/f")
			if tt.whole {
				if err != nil || string(blob.Content) != tt.sent {
					t.Errorf("read %q, error %v", blob.Content, err)
				}
				return
			}
			wantCode(t, err, query.Unreachable, "a/f")
			if len(store.opened) != 3 || len(store.listed) > 1 {
				t.Errorf("%d tries, %d listings", len(store.opened), len(store.listed))
			}
		})
	}
}

func TestFilesThatAreTooLarge(t *testing.T) {
	runs := exported(t, "A1")
	runs[0].Files[folderOf(runs[0])+"/"+resultsYML] += padding
	runs[1].Files[folderOf(runs[1])+"/"+metricsJSON] += strings.Repeat(" \n", 5000)
	runs[0].Files[folderOf(runs[0])+"/"+metadataYAML] += strings.Repeat("\n", 20_000)
	for name, header := range map[string]map[string]string{"with a length": nil, "chunked": inChunks.Header} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, runs...)
			server.Fault(fakemlflow.Fault{Path: "/mlflow-artifacts/", Header: header})
			store := open(t, server)
			fetcher := artifacts.NewFetcher(nil, nil, 0)
			fetcher.SetMaxFile(6000)
			evaluations, err := fetcher.Load(t.Context(), resolve(t, store, a1))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{a1 + ".0 byob_arith arith unreadable", a1Jobs[1], a1Jobs[2]}
			if diff := cmp.Diff(want, texts(evaluations[0].Jobs)); diff != "" {
				t.Errorf("jobs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([][]string{nil, {"RUNTIME_UNREADABLE"}, nil}, codes(evaluations[0].Jobs)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if problem := evaluations[0].Jobs[0].Problem; !strings.Contains(problem, "more than 6000 bytes") {
				t.Errorf("problem %q", problem)
			}
			run, err := store.Run(t.Context(), strings.Repeat("0", 31)+"1")
			if err != nil {
				t.Fatal(err)
			}
			_, err = fetcher.Read(t.Context(), store, run, folderOf(runs[0])+"/"+resultsYML)
			wantCode(t, err, query.Corrupt, resultsYML, "6000")
		})
	}
}

// counter notes how many are under way at once.
type counter struct{ now, most atomic.Int64 }

func (c *counter) pass() {
	now := c.now.Add(1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
	<-time.After(time.Second)
	c.now.Add(-1)
}

// slow counts every request and takes its time.
type slow struct {
	query.Store
	*counter
}

func (s slow) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	s.pass()
	return s.Store.List(ctx, run, dir)
}

func (s slow) Open(ctx context.Context, run query.Run, name string) (query.Content, error) {
	s.pass()
	return s.Store.Open(ctx, run, name)
}

func TestParallelWithinBounds(t *testing.T) {
	for _, parallel := range []int{1, 3, 0} {
		synctest.Test(t, func(t *testing.T) {
			files := map[string]string{}
			for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
				files[name+".t/artifacts/"+resultsYML] = "results: {tasks: {x: {metrics: {m: {scores: {s: {value: 1}}}}}}}"
			}
			store := slow{&memory{files: files}, &counter{}}
			var found query.Found
			for range 5 {
				run := finished()
				run.ID = strings.Repeat("0", len(found.Runs)+1)
				run.Params = map[string]string{"jobs_count": "9"}
				found.Runs = append(found.Runs, run)
			}
			found.Store = store
			evaluations, err := artifacts.NewFetcher(nil, nil, parallel).Load(t.Context(), []query.Resolution{{Found: []query.Found{found}}})
			if err != nil || len(evaluations[0].Jobs) != 9 {
				t.Fatalf("%d jobs, error %v", len(evaluations[0].Jobs), err)
			}
			want := int64(parallel)
			if parallel == 0 {
				want = artifacts.DefaultParallel
			}
			if got := store.most.Load(); got != want {
				t.Errorf("at most %d requests at once, want %d", got, want)
			}
		})
	}
}

// Whoever interrupts does not wait for a server.
func TestInterruptedMidway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := fakemlflow.NewInMemory(t)
		server.AddExperiment("e")
		for _, run := range exported(t, "A1") {
			server.AddRun(run)
		}
		server.Fault(fakemlflow.Fault{Path: "story/artifacts/" + resultsYML, Stall: true, After: 100})
		server.Fault(fakemlflow.Fault{Path: "arith/artifacts/" + resultsYML, Stall: true})
		found := resolve(t, open(t, server), a1)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		begin := time.Now()
		_, err := artifacts.NewFetcher(nil, nil, 0).Load(ctx, found)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// tally is a progress that is remembered.
type tally struct {
	mu   sync.Mutex
	want int
	got  map[string]int64
}

func (p *tally) Want(files int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.want += files
}

func (p *tally) Got(path string, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.got == nil {
		p.got = map[string]int64{}
	}
	p.got[path] += bytes
}

// Progress ends where it said it would, also with files that are not there and
// with a warm cache.
func TestProgressComesToItsEnd(t *testing.T) {
	runs := exported(t, "A1")
	delete(runs[1].Files, folderOf(runs[1])+"/"+metricsJSON)
	server := serve(t, runs...)
	store, cache := open(t, server), artifacts.OpenCache(t.TempDir())
	for range 2 {
		progress := &tally{}
		if _, err := artifacts.NewFetcher(cache, progress, 0).Load(t.Context(), resolve(t, store, a1)); err != nil {
			t.Fatal(err)
		}
		if progress.want != 7 || len(progress.got) != 7 {
			t.Errorf("wanted %d, got %d", progress.want, len(progress.got))
		}
		name := folderOf(runs[0]) + "/" + resultsYML
		if got := progress.got[name]; got != int64(len(runs[0].Files[name])) {
			t.Errorf("got %d bytes of %s", got, name)
		}
	}
}

// Whoever asks for a file by its name learns whether it is not there or does not
// come.
func TestRead(t *testing.T) {
	run := exported(t, "A1")[0]
	name := folderOf(run) + "/" + resultsYML
	for title, tt := range map[string]struct {
		fault fakemlflow.Fault
		name  string
		code  query.Code
	}{
		"missing":           {fakemlflow.Fault{Path: "/none"}, "a/none", query.NotFound},
		"missing, 500":      {at(internal, "/a/none"), "a/none", query.NotFound},
		"listed, 500":       {at(internal, name), name, query.Unreachable},
		"listed, 404":       {at(notFound, name), name, query.Unreachable},
		"forbidden":         {fakemlflow.Fault{Path: name, Status: http.StatusForbidden}, name, query.Forbidden},
		"a folder":          {fakemlflow.Fault{Path: "/none"}, folderOf(run), query.NotFound},
		"missing, no lists": {at(fakemlflow.Fault{Drop: true}, "/artifacts/list"), "a/none", query.Unreachable},
	} {
		t.Run(title, func(t *testing.T) {
			server := serve(t, run)
			server.Fault(tt.fault)
			store := open(t, server)
			found := resolve(t, store, a1)[0].Found[0]
			_, err := artifacts.NewFetcher(nil, nil, 0).Read(t.Context(), store, found.Runs[0], tt.name)
			wantCode(t, err, tt.code)
		})
	}
}

func TestTreeThatDoesNotEnd(t *testing.T) {
	store := endless{&memory{}}
	_, err := artifacts.NewFetcher(nil, nil, 0).Tree(t.Context(), store, finished())
	wantCode(t, err, query.Corrupt, "do not end")
	if got := len(store.listed); got > 50 {
		t.Errorf("it took %d listings to see that", got)
	}
}

// endless has a folder in each folder.
type endless struct{ *memory }

func (e endless) List(_ context.Context, _ query.Run, dir string) ([]query.File, error) {
	e.listed = append(e.listed, dir)
	return []query.File{{Path: strings.TrimPrefix(dir+"/d", "/"), IsDir: true}}, nil
}

func TestTree(t *testing.T) {
	run := exported(t, "A1")[0]
	server := serve(t, run)
	store := open(t, server)
	found := resolve(t, store, a1)[0].Found[0]
	files, err := artifacts.NewFetcher(nil, nil, 0).Tree(t.Context(), store, found.Runs[0])
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Path)
		if content := run.Files[file.Path]; !file.IsDir && file.Size != int64(len(content)) {
			t.Errorf("%s has %d bytes, want %d", file.Path, file.Size, len(content))
		}
	}
	dir := folderOf(run)
	want := []string{
		"byob_arith.byob_arith.arith", dir, dir + "/" + metricsJSON, dir + "/" + metadataYAML,
		dir + "/" + resultsYML, dir + "/" + runConfigYML, "config.yaml",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}
