package mlruns_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/mlruns"
	"github.com/evalctl/evalctl/test/untouched"
)

// contentOf reads one file of a run.
func contentOf(t *testing.T, store *mlruns.Store, run query.Run, name string) (string, error) {
	t.Helper()
	content, err := store.Open(t.Context(), run, name)
	if err != nil {
		return "", err
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if int64(len(data)) != content.Size {
		t.Errorf("%d bytes, %d promised", len(data), content.Size)
	}
	return string(data), err
}

// TestArtifactAddresses has a run whose meta.yaml says in many ways where its files
// are. DIR is the folder that the store is in, TAIL is what ends each such address.
func TestArtifactAddresses(t *testing.T) {
	const tail = "1/RUN/artifacts"
	for name, test := range map[string]struct {
		uri   string
		files map[string]string // beside the store's folder
		own   bool              // the run's own folder has the file
		err   string            // "": it is read; "none": there is no such file
	}{
		"its own folder":          {"file://DIR/mlruns/" + tail, nil, true, ""},
		"moved":                   {"file:///ci/job/mlruns/" + tail, nil, true, ""},
		"moved from Windows":      {"file:///C:/job/mlruns/" + tail, nil, true, ""},
		"a path":                  {"/ci/mlruns/" + tail, nil, true, ""},
		"relative":                {"./mlruns/" + tail, nil, true, ""},
		"none":                    {"", nil, true, ""},
		"a copy of one elsewhere": {"s3://bucket/" + tail, nil, true, ""},
		"another folder":          {"file://DIR/else/" + tail, map[string]string{"else/" + tail: "x"}, false, ""},
		"with spaces":             {"file://DIR/a%20b/" + tail, map[string]string{"a b/" + tail: "x"}, false, ""},
		"a path, quoted":          {"DIR/a%20b/" + tail, map[string]string{"a b/" + tail: "x"}, false, ""},
		"relative, elsewhere":     {"else/" + tail, map[string]string{"else/" + tail: "x"}, false, ""},
		"file: and relative":      {"file:else/" + tail, map[string]string{"else/" + tail: "x"}, false, ""},
		"of this host":            {"file://localhostDIR/else/" + tail, map[string]string{"else/" + tail: "x"}, false, ""},
		"a server's":              {"mlflow-artifacts:/" + tail, map[string]string{"mlartifacts/" + tail: "x"}, false, ""},
		"a server's, with host":   {"mlflow-artifacts://host:5000/" + tail, map[string]string{"mlartifacts/" + tail: "x"}, false, ""},
		"none written":            {"file://DIR/mlruns/" + tail, nil, false, "none"},
		"none written, moved":     {"file:///ci/mlruns/" + tail, nil, false, "none"},
		"moved from a drive":      {`C:\job\mlruns\` + strings.ReplaceAll(tail, "/", `\`), nil, false, "none"},
		"none there":              {"file://DIR/else/" + tail, map[string]string{"else/1/0/artifacts": "x"}, false, "none"},
		"none on a server":        {"mlflow-artifacts:/" + tail, map[string]string{"mlartifacts/1/0/artifacts": "x"}, false, "none"},
		"not mounted":             {"file:///mnt/big/" + tail, nil, false, "are at file:///mnt/big/1/"},
		"mounted, and empty":      {"file://DIR/else/" + tail, map[string]string{"else": "x"}, false, "are at file:///"},
		"another drive":           {"D:/big/" + tail, nil, false, "are at D:/big/1/"},
		"S3":                      {"s3://bucket/" + tail, nil, false, "are at s3://bucket/1/"},
		"a login":                 {"https://me:secret@host/" + tail + "?token=secret", nil, false, "are at https://host/1/"},
		"another host's file":     {"file://host/" + tail, nil, false, "are at file://host/1/"},
		"a server's, not here":    {"mlflow-artifacts:/" + tail, nil, false, "are at mlflow-artifacts:/1/"},
		"a place that is gone":    {"file:///gone/" + "RUN/artifacts", nil, false, "are at file:///gone/"},
		"not a run's":             {"file://DIR/private", map[string]string{"private": "x"}, false, "are at file:///"},
		"another run's":           {"file://DIR/else/0/artifacts", map[string]string{"else/0/artifacts": "x"}, false, "are at file:///"},
		"up and out":              {"mlflow-artifacts:/../private/" + tail, map[string]string{"private/" + tail: "x"}, false, "are at mlflow-artifacts:/"},
		"no address":              {"http://[::1", nil, false, "are at an address that cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			of := func(text string) string {
				return strings.NewReplacer("DIR", filepath.ToSlash(filepath.Dir(s.dir)), "RUN", runID(2)).Replace(text)
			}
			for folder, content := range test.files {
				s.write("../"+of(folder)+"/h.t/artifacts/results.yml", content)
			}
			s.ok(os.MkdirAll(s.path("RUN/artifacts"), 0o755))
			if test.own {
				s.write("RUN/artifacts/h.t/artifacts/results.yml", "x")
			}
			before := untouched.Take(t, filepath.Dir(s.dir))
			store := opened(t, s.dir)
			run := query.Run{ID: runID(2), ExperimentID: "1", ArtifactURI: of(test.uri)}
			got, err := contentOf(t, store, run, "h.t/artifacts/results.yml")
			listed, listErr := store.List(t.Context(), run, "")
			switch test.err {
			case "":
				if err != nil || got != "x" {
					t.Errorf("read %q, %v", got, err)
				}
				if diff := cmp.Diff([]query.File{{Path: "h.t", IsDir: true}}, listed); diff != "" || listErr != nil {
					t.Errorf("listed %v, %v", listed, listErr)
				}
			case "none":
				if !query.HasCode(err, query.NotFound) || listErr != nil || len(listed) > 0 {
					t.Errorf("read: %v; listed %v, %v", err, listed, listErr)
				}
			default:
				for _, err := range []error{err, listErr} {
					if !query.HasCode(err, query.Usage) || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "secret") {
						t.Errorf("%v, want %s", err, test.err)
					}
				}
			}
			before.Check(t)
		})
	}
}

// TestArtifactsDir has the files of runs in a folder of their own.
func TestArtifactsDir(t *testing.T) {
	s := newSite(t)
	elsewhere := t.TempDir()
	for name, text := range map[string]string{"1/" + runID(2) + "/artifacts/a": "usual", "served/" + runID(3) + "/artifacts/a": "served"} {
		s.ok(os.MkdirAll(filepath.Dir(filepath.Join(elsewhere, name)), 0o755))
		s.ok(os.WriteFile(filepath.Join(elsewhere, name), []byte(text), 0o644))
	}
	s.write("RUN/artifacts/a", "own")
	for _, test := range []struct {
		dir, run, uri, want string
		code                query.Code
	}{
		{elsewhere, runID(2), "s3://bucket/x", "usual", ""},
		{elsewhere, runID(3), "mlflow-artifacts:/served/" + runID(3) + "/artifacts", "served", ""},
		{elsewhere, runID(3), "mlflow-artifacts:/../../served/" + runID(3) + "/artifacts", "served", ""},
		{elsewhere, runID(4), "s3://bucket/x", "", query.NotFound},
		{filepath.Dir(elsewhere), runID(2), "s3://bucket/x", "", query.IO}, // one level off
		{filepath.Join(elsewhere, "1"), runID(2), "s3://bucket/x", "", query.IO},
		{filepath.Join(elsewhere, "nothing"), runID(2), "s3://bucket/x", "", query.IO},
		{"", runID(2), "s3://bucket/x", "own", ""},
	} {
		store, err := mlruns.Open(s.dir, mlruns.Options{ArtifactsDir: test.dir})
		s.ok(err)
		got, err := contentOf(t, store, query.Run{ID: test.run, ExperimentID: "1", ArtifactURI: test.uri}, "a")
		if got != test.want || test.code == "" && err != nil || test.code != "" && !query.HasCode(err, test.code) {
			t.Errorf("%+v: %q, %v", test, got, err)
		}
	}
}

// TestArtifactLinks has links among a run's files.
func TestArtifactLinks(t *testing.T) {
	s := newSite(t)
	s.write("RUN/artifacts/h.t/results.yml", "x")
	s.write("../outside/secret", "secret")
	s.link("h.t/results.yml", "RUN/artifacts/inside")
	s.link("../../../../outside/secret", "RUN/artifacts/outside")
	s.link("../meta.yaml", "RUN/artifacts/meta")
	s.link("/etc/hostname", "RUN/artifacts/absolute")
	s.link("..", "RUN/artifacts/up")
	s.link("h.t", "RUN/artifacts/folder")
	s.link("circle", "RUN/artifacts/circle")
	store := opened(t, s.dir)
	run, err := store.Run(t.Context(), runID(2))
	s.ok(err)
	listed, err := store.List(t.Context(), run, "")
	if diff := cmp.Diff([]query.File{{Path: "h.t", IsDir: true}, {Path: "inside", Size: 1}}, listed); diff != "" || err != nil {
		t.Errorf("listed %v: %v", err, diff)
	}
	if got, err := contentOf(t, store, run, "inside"); got != "x" || err != nil {
		t.Errorf("a link inside: %q, %v", got, err)
	}
	for _, name := range []string{"outside", "meta", "absolute", "up/meta.yaml", "circle"} {
		if got, err := contentOf(t, store, run, name); !query.HasCode(err, query.IO) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestArtifactsLeadOut has a run whose folder of artifacts is a link, wherever it may
// lie: one that leads out is never followed.
func TestArtifactsLeadOut(t *testing.T) {
	const server = "mlflow-artifacts:/1/RUN/artifacts"
	for name, test := range map[string]struct {
		link, target string
		uri          string
		copied       string // the folder for all runs, beside the store's
	}{
		"the run's own":           {"mlruns/1/RUN/artifacts", "DIR/private", "", ""},
		"up and out":              {"mlruns/1/RUN/artifacts", "../../../private", "", ""},
		"to nothing":              {"mlruns/1/RUN/artifacts", "nothing", "", ""},
		"to no folder":            {"mlruns/1/RUN/artifacts", "meta.yaml", "", ""},
		"a server's":              {"mlartifacts/1/RUN/artifacts", "DIR/private", server, ""},
		"a server's run":          {"mlartifacts/1/RUN", "DIR/private", server, ""},
		"a server's experiment":   {"mlartifacts/1", "../private", server, ""},
		"at the address":          {"else/1/RUN/artifacts", "DIR/private", "file://DIR/else/1/RUN/artifacts", ""},
		"above that":              {"else/1/RUN", "../../private", "else/1/RUN/artifacts", ""},
		"of a copy":               {"copy/1/RUN/artifacts", "DIR/private", "s3://b/1/RUN/artifacts", "copy"},
		"of a copy of a server's": {"copy/x/RUN/artifacts", "../../../private", "mlflow-artifacts:/x/RUN/artifacts", "copy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			dir := filepath.Dir(s.dir)
			of := func(text string) string { return strings.NewReplacer("DIR", dir, "RUN", runID(2)).Replace(text) }
			s.write("../private/secret", "secret")
			s.write("../private/artifacts/secret", "secret")
			s.write("../private/"+runID(2)+"/artifacts/secret", "secret")
			link := filepath.Join(dir, filepath.FromSlash(of(test.link)))
			s.ok(os.MkdirAll(filepath.Dir(link), 0o755))
			s.ok(os.Symlink(of(test.target), link))
			options := mlruns.Options{}
			if test.copied != "" {
				options.ArtifactsDir = filepath.Join(dir, test.copied)
			}
			store, err := mlruns.Open(s.dir, options)
			s.ok(err)
			run := query.Run{ID: runID(2), ExperimentID: "1", ArtifactURI: of(test.uri)}
			if files, err := store.List(t.Context(), run, ""); !query.HasCode(err, query.IO) {
				t.Errorf("listed %v, %v", files, err)
			}
			if got, err := contentOf(t, store, run, "secret"); !query.HasCode(err, query.IO) {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

// TestArtifactsLinkedInside has a link to another folder of the same store.
func TestArtifactsLinkedInside(t *testing.T) {
	s := newSite(t)
	s.write("shared/of-2/a", "x")
	s.link("../../shared/of-2", "RUN/artifacts")
	if got, err := contentOf(t, opened(t, s.dir), query.Run{ID: runID(2), ExperimentID: "1"}, "a"); got != "x" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// TestDeleted has a deleted run, and an experiment in the trash.
func TestDeleted(t *testing.T) {
	s := newSite(t)
	s.write("RUN/artifacts/a", "x")
	s.edit("RUN/meta.yaml", "lifecycle_stage: active", "lifecycle_stage: deleted")
	store := opened(t, s.dir)
	deleted := query.Search{View: query.WithDeleted}
	if got := ids(t, store, query.Search{}); !cmp.Equal(got, others()) {
		t.Errorf("active runs %s", got)
	}
	if got := ids(t, store, deleted); len(got) != siteRuns {
		t.Errorf("all runs %s", got)
	}
	s.ok(os.MkdirAll(s.path(".trash"), 0o755))
	s.ok(os.Rename(s.path("1"), s.path(".trash/1")))
	if got := ids(t, store, query.Search{}); len(got) != 0 {
		t.Errorf("active runs of a deleted experiment %s", got)
	}
	runs, err := query.All(store.Search(t.Context(), deleted))
	if err != nil || len(runs) != siteRuns || !runs[0].Deleted || runs[0].Experiment != "e1" {
		t.Fatalf("runs of a deleted experiment %v, %v", runs, err)
	}
	run, err := store.Run(t.Context(), runID(2))
	if err != nil || !run.Deleted {
		t.Errorf("run by its id: %+v, %v", run, err)
	}
	if got, err := contentOf(t, store, run, "a"); got != "x" || err != nil {
		t.Errorf("its file: %q, %v", got, err)
	}
	if experiments, err := store.Experiments(t.Context(), query.WithDeleted); err != nil || len(experiments) != 1 || !experiments[0].Deleted {
		t.Errorf("experiments %v, %v", experiments, err)
	}
	s.write("1/meta.yaml", "experiment_id: '1'\nname: new\n") // the same id again
	if experiments, err := store.Experiments(t.Context(), query.WithDeleted); err != nil || len(experiments) != 1 || experiments[0].Name != "new" {
		t.Errorf("experiments %v, %v", experiments, err)
	}
}

func TestIs(t *testing.T) {
	for name, test := range map[string]struct {
		files []string
		want  bool
	}{
		"store":                {[]string{"0/meta.yaml", ".trash/x"}, true},
		"only a deleted one":   {[]string{".trash/123/meta.yaml"}, true},
		"mlruns":               {[]string{".trash/x"}, true}, // the usual name, empty
		"empty":                {[]string{".trash/x"}, false},
		"artifacts":            {[]string{"1/0123/artifacts/x"}, false}, // of a store in a database
		"launcher output":      {[]string{"20261121_031638-c0bd961e50124ab3/a.b.0/artifacts/results.yml"}, false},
		"a folder with a file": {[]string{"meta.yaml"}, false},
		"names":                {[]string{"abc/meta.yaml"}, false},
	} {
		dir := filepath.Join(t.TempDir(), name)
		s := site{t, dir}
		for _, file := range test.files {
			s.write(file, "")
		}
		if got := mlruns.Is(dir); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if mlruns.Is(filepath.Join(t.TempDir(), "nothing")) {
		t.Error("what does not exist is a store")
	}
}
