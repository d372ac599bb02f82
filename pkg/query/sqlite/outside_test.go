package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/sqlite"
	"github.com/evalctl/evalctl/test/stack"
)

// TestArtifactsOutside has runs whose record, or whose folder, leads to what is no
// run's: none of it is listed or read.
func TestArtifactsOutside(t *testing.T) {
	dir := stack.Filled(t, stack.Setup{})
	path := filepath.Join(dir, "mlflow.db")
	run := firstRun(t, open(t, path))
	plant := func(name string) {
		t.Helper()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		t.Helper()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	private := filepath.Join(dir, "private")
	tail := run.ID + "/artifacts"
	plant("private/secret")
	plant("private/artifacts/secret")
	plant("private/" + tail + "/secret")
	plant("mlartifacts/private/secret")
	plant("mlartifacts/0/artifacts/secret") // another run's
	link(private, "mlartifacts/linked/"+tail)
	link("../private", "mlartifacts/away")
	link("../../../private", "else/1/"+tail)
	link(private, "above/1/"+run.ID)
	link(private, "copy/"+run.ExperimentID+"/"+tail)
	link("../../../private", "mlruns/"+run.ExperimentID+"/"+tail)

	check := func(what string, store *sqlite.Store, run query.Run) {
		t.Helper()
		files, err := store.List(t.Context(), run, "")
		if err == nil || len(files) > 0 {
			t.Errorf("%s: listed %v, %v", what, files, err)
		}
		if content, err := store.Open(t.Context(), run, "secret"); err == nil {
			content.Close()
			t.Errorf("%s: opened", what)
		}
	}
	store := open(t, path)
	for _, uri := range []string{
		"file://" + private, private, "private", "./private", "file:private", "../" + filepath.Base(dir) + "/private", "/", "file:///", ".", "..",
		"mlflow-artifacts:/private", "mlflow-artifacts:/", "mlflow-artifacts:/0/artifacts", "mlflow-artifacts:/../private",
		private + "/" + tail + "/..", private + "/" + tail + "/../../artifacts", "mlflow-artifacts:/linked/" + tail, "mlflow-artifacts:/away/" + tail,
		"mlflow-artifacts:/x/%2e%2e/away/" + tail, "else/1/" + tail, "file://" + dir + "/else/1/" + tail, "above/1/" + tail,
		"C:/mlruns/" + run.ExperimentID + "/" + tail,
	} {
		of := run
		of.ArtifactURI = uri
		check(uri, store, of)
	}
	for _, id := range []string{".", "..", "private", "../private", "a/b", "", "\x00"} {
		of := run
		of.ID, of.ArtifactURI = id, "file://"+dir+"/"+id+"/artifacts"
		check("run "+id, store, of)
		of = run
		of.ExperimentID = id
		of.ArtifactURI = strings.TrimSuffix("file://"+private+"/"+id, "/")
		check("experiment "+id, store, of)
	}
	copied, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, ArtifactsDir: filepath.Join(dir, "copy")})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	check("a copy", copied, run)
	for _, id := range []string{"..", "../private", "../copy/.."} {
		of := run
		of.ExperimentID = id
		check("a copy, experiment "+id, copied, of)
	}
}

func firstRun(t *testing.T, store *sqlite.Store) query.Run {
	t.Helper()
	runs, err := query.All(store.Search(t.Context(), query.Search{Limit: 1}))
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	return runs[0]
}
