package rest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/stack"
)

func realStore(t *testing.T) *rest.Store {
	t.Helper()
	store, err := rest.New(rest.Options{URI: stack.MLflow(t), UserAgent: "evalctl/test"})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// invocationNamed is one of test/data.
func invocationNamed(t *testing.T, name string) stack.Invocation {
	t.Helper()
	all := stack.Invocations(t)
	i := slices.IndexFunc(all, func(i stack.Invocation) bool { return i.Name == name })
	if i < 0 {
		t.Fatalf("no invocation %s", name)
	}
	return all[i]
}

func TestConformance(t *testing.T) {
	tree := os.DirFS(filepath.Join(stack.Data(t), "launcher-output"))
	for _, version := range stack.Versions() {
		t.Run(string(version), func(t *testing.T) {
			url := stack.Plain(t, version)
			options := conformance.Exported(tree)
			options.Unsure = version == stack.MLflow2
			conformance.Run(t, func(t *testing.T) query.Store {
				store, err := rest.New(rest.Options{URI: url, UserAgent: "evalctl/test"})
				if err != nil {
					t.Fatal(err)
				}
				return store
			}, options)
		})
	}
}

// TestRegistryAsMLflow holds the store to MLflow's own client, of servers of either
// version, whose registry that client has filled.
func TestRegistryAsMLflow(t *testing.T) {
	for _, version := range stack.Versions() {
		t.Run(string(version), func(t *testing.T) {
			server := stack.Serve(t, stack.Setup{Version: version})
			store, err := rest.New(rest.Options{URI: server.URL, UserAgent: "evalctl/test"})
			if err != nil {
				t.Fatal(err)
			}
			conformance.Registry(t, store, stack.Registry(t, version, server.URL, filepath.Join(server.Dir, "mlflow.db")))
		})
	}
}

func TestRealSearch(t *testing.T) {
	store := realStore(t)
	all, err := query.All(store.Search(t.Context(), query.Search{}))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 32 {
		t.Errorf("%d runs, want 32", len(all))
	}
	ordered := slices.IsSortedFunc(all, func(a, b query.Run) int {
		if c := b.StartTime.Compare(a.StartTime); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	if !ordered {
		t.Error("not the newest first")
	}

	a1 := invocationNamed(t, "A1")
	runs, err := query.All(store.Search(t.Context(), invocation(a1.ID)))
	if err != nil {
		t.Fatal(err)
	}
	jobs := map[string]int{}
	for _, r := range runs {
		jobs[r.Experiment+" "+r.JobID()]++
		if r.Model != a1.Model || r.Status != query.StatusFinished || r.EndTime.Before(r.StartTime) {
			t.Errorf("run %+v", r)
		}
		one, err := store.Run(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, one); diff != "" {
			t.Errorf("found and got (-found +got):\n%s", diff)
		}
	}
	want := map[string]int{}
	for _, experiment := range []string{"acme/falcon-8b", "acme/release-candidates"} {
		for _, job := range []string{".0", ".1", ".2"} {
			want[experiment+" "+a1.ID+job] = 1
		}
	}
	if diff := cmp.Diff(want, jobs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}

	prefix := query.Filter{
		{Entity: query.Tag, Key: query.TagInvocation, Op: query.HasPrefix, Value: a1.ID[:5]},
		{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFinished},
	}
	runs, err = query.All(store.Search(t.Context(), query.Search{Filter: prefix, Limit: 4}))
	if err != nil || len(runs) != 4 {
		t.Errorf("%d runs by prefix and %v, want 4", len(runs), err)
	}
}

// TestRealFiles reads every file that the exporter put on the server for one
// invocation, by both routes, and compares it with the original.
func TestRealFiles(t *testing.T) {
	store := realStore(t)
	think := invocationNamed(t, "THINK")
	runs, err := query.All(store.Search(t.Context(), invocation(think.ID)))
	if err != nil || len(runs) != 2 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	compared := 0
	for _, run := range runs {
		job := filepath.Join(think.Dir, run.Tags[query.TagTask]+"."+run.JobID()[len(think.ID)+1:])
		files, err := store.List(t.Context(), run, run.Folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.IsDir {
				continue
			}
			original, err := os.ReadFile(filepath.Join(job, "artifacts", filepath.Base(f.Path)))
			if err != nil {
				continue // the loader leaves some originals out or changes them
			}
			compared++
			byRun := run
			byRun.ArtifactURI = "/some/path"
			for _, r := range []query.Run{run, byRun} {
				got, err := store.Open(t.Context(), r, f.Path)
				if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(got)
				got.Close()
				if err != nil || !bytes.Equal(data, original) || got.Size != f.Size || got.Size != int64(len(data)) {
					t.Errorf("%s: %v, %d bytes, promised %d, listed %d, original %d", f.Path, err, len(data), got.Size, f.Size, len(original))
				}
			}
		}
		if !slices.ContainsFunc(files, func(f query.File) bool { return f.Path == run.Folder+"/results.yml" }) {
			t.Errorf("no results.yml where it should be: %v", files)
		}
	}
	if compared < 4 {
		t.Errorf("only %d files compared", compared)
	}
}

func TestRealRefusals(t *testing.T) {
	store := realStore(t)
	ctx := t.Context()
	_, err := store.Run(ctx, strings.Repeat("f", 32))
	wantCode(t, err, query.NotFound, strings.Repeat("f", 32))

	runs, err := query.All(store.Search(ctx, query.Search{Limit: 1, Filter: query.Filter{{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFinished}}}))
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	run := runs[0]
	byRun := run
	byRun.ArtifactURI = "/some/path"
	for _, r := range []query.Run{run, byRun} {
		for _, path := range []string{"nothing.yml", run.Folder, "a/b#c"} {
			_, err := store.Open(ctx, r, path)
			wantCode(t, err, query.NotFound, path)
		}
	}
	for _, dir := range []string{"nothing", "config.yaml"} {
		files, err := store.List(ctx, run, dir)
		if err != nil || len(files) != 0 {
			t.Errorf("files of %s: %v, %v", dir, files, err)
		}
	}

	// The run whose artifacts could not be written.
	runs, err = query.All(store.Search(ctx, query.Search{Filter: query.Filter{{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFailed}}}))
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	_, err = store.Open(ctx, runs[0], "results.yml")
	wantCode(t, err, query.NotFound)
	files, err := store.List(ctx, runs[0], "")
	if err != nil || len(files) != 0 {
		t.Errorf("files of a failed run: %v, %v", files, err)
	}

	quoted := query.Filter{{Entity: query.Tag, Key: "a`b\"c", Op: query.Equal, Value: "x"}}
	_, err = query.All(store.Search(ctx, query.Search{Filter: quoted}))
	wantCode(t, err, query.Usage)
}

func TestRealHostCheck(t *testing.T) {
	address := strings.TrimPrefix(stack.MLflow(t), "http://")
	transport := rest.NewTransport(time.Minute, func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	})
	defer transport.CloseIdleConnections()
	store, err := rest.New(rest.Options{URI: "http://mlflow.corp:5000", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Experiments(t.Context(), query.Active)
	wantCode(t, err, query.Forbidden, "mlflow.corp:5000", "--allowed-hosts")
}

// BenchmarkFiles reads 80 small files in turn from a server with two workers,
// with connections that acknowledge at once and with plain ones.
func BenchmarkFiles(b *testing.B) {
	server, err := stack.Start(b.Context(), stack.Setup{Workers: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"quick": rest.QuickDial,
		"plain": new(net.Dialer).DialContext,
	} {
		b.Run(name, func(b *testing.B) {
			transport := rest.NewTransport(time.Minute, dial)
			defer transport.CloseIdleConnections()
			store, err := rest.New(rest.Options{URI: server.URL, Transport: transport})
			if err != nil {
				b.Fatal(err)
			}
			runs, err := query.All(store.Search(b.Context(), query.Search{Filter: query.Filter{{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFinished}}}))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				for i := range 80 {
					if err := read(b.Context(), store, runs[i%len(runs)]); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func read(ctx context.Context, store *rest.Store, run query.Run) error {
	file, err := store.Open(ctx, run, run.Folder+"/results.yml")
	if err != nil {
		return fmt.Errorf("run %s: %w", run.ID, err)
	}
	defer file.Close()
	_, err = io.Copy(io.Discard, file)
	return err
}
