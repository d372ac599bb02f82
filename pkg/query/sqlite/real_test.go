package sqlite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/pkg/query/sqlite"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/stack"
)

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestConformance(t *testing.T) {
	tree := os.DirFS(filepath.Join(stack.Data(t), "launcher-output"))
	for _, version := range []stack.Version{stack.MLflow3, stack.MLflow2} {
		t.Run(string(version), func(t *testing.T) {
			path := filepath.Join(stack.Filled(t, stack.Setup{Version: version}), "mlflow.db")
			if notes := open(t, path).Notes(); len(notes) > 0 {
				t.Error(notes)
			}
			conformance.Run(t, func(t *testing.T) query.Store { return open(t, path) }, conformance.Exported(tree))
		})
	}
}

// TestVersions reads databases of every version since MLflow 2.9 in which the tables
// of runs, experiments or registered models changed, made by MLflow's migrations.
func TestVersions(t *testing.T) {
	source := stack.Filled(t, stack.Setup{})
	filled := filepath.Join(source, "mlflow.db")
	registry := stack.Registry(t, stack.MLflow3, "sqlite:///"+filled, filled)
	versions := []string{
		"acf3f17fdcc7", // 2.9
		"f5a4f2784254", // 2.17: longer tags
		"6953534de441", // 3.0: logged models
		"1b5f0d9ad7c1", // 3.10: workspaces
		"7d34483879f0", // 3.11
	}
	args := append([]string{filepath.Join("testdata", "revisions.py"), filled, source}, versions...)
	if out, err := exec.CommandContext(t.Context(), stack.Python(t), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tree := os.DirFS(filepath.Join(stack.Data(t), "launcher-output"))
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			path := filepath.Join(source, version+".db")
			if notes := open(t, path).Notes(); len(notes) > 0 {
				t.Error(notes)
			}
			conformance.Run(t, func(t *testing.T) query.Store { return open(t, path) }, conformance.Exported(tree))
			conformance.Registry(t, open(t, path), registry)
		})
	}
}

// TestSameAsItsServer compares every run with what the server of the same database
// says of it, while that has the file open, for a run of
// every shape.
func TestSameAsItsServer(t *testing.T) {
	server := stack.Serve(t, stack.Setup{Content: stack.Shapes})
	remote, err := rest.New(rest.Options{URI: server.URL, UserAgent: "evalctl/test"})
	if err != nil {
		t.Fatal(err)
	}
	local := open(t, filepath.Join(server.Dir, "mlflow.db"))
	for _, view := range []query.View{query.Active, query.WithDeleted} {
		want, err := query.All(remote.Search(t.Context(), query.Search{View: view}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := query.All(local.Search(t.Context(), query.Search{View: view}))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("runs (-server +file):\n%s", diff)
		}
		experiments, err := remote.Experiments(t.Context(), view)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := local.Experiments(t.Context(), view)
		if diff := cmp.Diff(experiments, ours); diff != "" || err != nil {
			t.Errorf("experiments: %v (-server +file):\n%s", err, diff)
		}
	}
}

func TestArtifactsElsewhere(t *testing.T) {
	source := stack.Filled(t, stack.Setup{})
	moved := filepath.Join(t.TempDir(), "files")
	if err := os.Rename(filepath.Join(source, "mlartifacts"), moved); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(source, "mlflow.db")
	store := open(t, path)
	runs, err := query.All(store.Search(t.Context(), query.Search{Limit: 1, Filter: query.Filter{{Entity: query.Tag, Key: query.TagHarness, Op: query.Equal, Value: "bfcl"}}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.List(t.Context(), runs[0], ""); !query.HasCode(err, query.Usage) || !strings.Contains(err.Error(), "mlflow-artifacts:/") {
		t.Errorf("files that are not here: %v", err)
	}
	store, err = sqlite.Open(t.Context(), sqlite.Options{Path: path, ArtifactsDir: moved})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if files, err := store.List(t.Context(), runs[0], ""); err != nil || len(files) == 0 {
		t.Errorf("files in another folder: %v, %v", files, err)
	}
	for _, uri := range []string{"s3://bucket/" + runs[0].ExperimentID + "/" + runs[0].ID + "/artifacts", "dbfs:/x", ""} {
		run := runs[0]
		run.ArtifactURI = uri
		if files, err := store.List(t.Context(), run, ""); err != nil || len(files) == 0 {
			t.Errorf("files of %q in another folder: %v, %v", uri, files, err)
		}
		if _, err := open(t, path).List(t.Context(), run, ""); !query.HasCode(err, query.Usage) {
			t.Errorf("files of %q: %v", uri, err)
		}
	}
	// What MLflow's client writes without a server.
	root := filepath.Join(moved, runs[0].ExperimentID, runs[0].ID, "artifacts")
	relative, err := filepath.Rel(source, root)
	if err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{root, "file://" + root, "file:" + root, relative} {
		run := runs[0]
		run.ArtifactURI = uri
		if files, err := open(t, path).List(t.Context(), run, ""); err != nil || len(files) == 0 {
			t.Errorf("files of %q: %v, %v", uri, files, err)
		}
	}
	for _, uri := range []string{"/no/such/tree/1/", "file:///no/such/tree/1/", "/no/such/"} {
		run := runs[0]
		run.ArtifactURI = uri + run.ID + "/artifacts"
		if _, err := open(t, path).List(t.Context(), run, ""); !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "there is no /no/such") {
			t.Errorf("files of %q: %v", uri, err)
		}
	}
	run := runs[0]
	run.ID, run.ArtifactURI = "0123456789abcdef0123456789abcdef", filepath.Join(moved, run.ExperimentID, "0123456789abcdef0123456789abcdef", "artifacts")
	if files, err := open(t, path).List(t.Context(), run, ""); err != nil || len(files) != 0 {
		t.Errorf("a run without files: %v, %v", files, err)
	}
	for _, uri := range []string{`C:\mlruns\1\` + run.ID + `\artifacts`, "D:/x/1/" + run.ID + "/artifacts", "https://me:secret@host/" + run.ID + "/artifacts?token=secret"} {
		run := run
		run.ArtifactURI = uri
		if files, err := open(t, path).List(t.Context(), run, ""); !query.HasCode(err, query.Usage) || strings.Contains(err.Error(), "secret") {
			t.Errorf("files of %q: %v, %v", uri, files, err)
		}
	}
	off, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, ArtifactsDir: filepath.Dir(moved)})
	if err != nil {
		t.Fatal(err)
	}
	defer off.Close()
	if files, err := off.List(t.Context(), runs[0], ""); !query.HasCode(err, query.IO) || !strings.Contains(err.Error(), "there is no "+filepath.Dir(moved)) {
		t.Errorf("files in a folder one level off: %v, %v", files, err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "outside")); err != nil {
		t.Fatal(err)
	}
	if content, err := store.Open(t.Context(), runs[0], "outside"); err == nil {
		content.Close()
		t.Error("a link led out of the run")
	}
}
