package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/sqlite"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/stack"
	"github.com/evalctl/evalctl/test/untouched"
)

// TestRegistry holds the store to MLflow's own client on what that wrote.
func TestRegistry(t *testing.T) {
	for _, version := range stack.Versions() {
		t.Run(string(version), func(t *testing.T) {
			path := filepath.Join(stack.Filled(t, stack.Setup{Version: version}), "mlflow.db")
			said := stack.Registry(t, version, "sqlite:///"+path, path)
			before := untouched.Take(t, filepath.Dir(path))
			conformance.Registry(t, open(t, path), said)
			everything(t, path)
			before.Check(t)
		})
	}
}

// small is a copy of a database, with two registered models of two versions and one.
func small(t *testing.T, base string, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mlflow.db")
	copyFile(t, base, path)
	rewrite(t, path, append([]string{
		"INSERT INTO registered_models (name, creation_time, description) VALUES ('m', 1800000000000, 'one'), ('n', NULL, NULL)",
		"INSERT INTO model_versions (name, version, creation_time, current_stage, status) VALUES ('m', 1, 1800000000001, 'None', 'READY'), ('m', 2, NULL, 'Staging', 'READY'), ('n', 1, 1, 'None', 'READY')",
		"INSERT INTO registered_model_aliases (name, alias, version) VALUES ('m', 'a', 1)",
		"INSERT INTO registered_model_tags (name, key, value) VALUES ('m', 'k', 'v'), ('n', 'k', NULL)",
		"INSERT INTO model_version_tags (name, version, key, value) VALUES ('m', 1, 'k', 'v1'), ('n', 1, 'k', 'other')",
	}, statements...)...)
	return path
}

// asked is what a store says of its registry: an error's code and text, or names,
// aliases and versions of the model m.
func asked(t *testing.T, store *sqlite.Store) string {
	t.Helper()
	said := func(err error) string {
		found, ok := errors.AsType[*query.Error](err)
		if !ok || found.Hint == "" && found.Code != query.Corrupt {
			t.Errorf("error %v, of another type or without hint", err)
			return ""
		}
		return string(found.Code) + ": " + found.Error()
	}
	models, err := store.Models(t.Context())
	if err != nil {
		return said(err)
	}
	var words []string
	for _, m := range models {
		words = append(words, m.Name+" "+m.Tags["k"]+strings.Join(m.AliasesOf(1), " "))
	}
	versions, err := store.Versions(t.Context(), "m")
	if err != nil {
		return said(err)
	}
	for _, v := range versions {
		words = append(words, v.Stage+" "+v.Tags["k"])
	}
	return strings.Join(words, ", ")
}

// What differs between databases, and what can be wrong in one.
func TestRegistryTables(t *testing.T) {
	const whole = "m va, n , Staging , None v1"
	base := filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db")
	for name, test := range map[string]struct {
		statements []string
		want       string
	}{
		"whole":        {nil, whole},
		"before 2.3":   {[]string{"DROP TABLE registered_model_aliases"}, "m v, n , Staging , None v1"},
		"no registry":  {[]string{"DROP TABLE model_version_tags"}, "usage: DB has no model registry that can be read: it lacks the table model_version_tags"},
		"other tables": {[]string{"ALTER TABLE model_versions RENAME COLUMN run_id TO run"}, "usage: DB has no model registry that can be read: it lacks the column model_versions.run_id"},
		"a prompt": {
			[]string{"INSERT INTO registered_model_tags (name, key, value) VALUES ('n', 'mlflow.prompt.is_prompt', 'true')"}, "m va, Staging , None v1",
		},
		"no prompt": {
			[]string{"INSERT INTO registered_model_tags (name, key, value) VALUES ('n', 'mlflow.prompt.is_prompt', 'True')"}, whole,
		},
		"a prompt's versions": {
			[]string{"INSERT INTO model_version_tags (name, version, key, value) VALUES ('m', 1, 'mlflow.prompt.is_prompt', 'true')"}, "m va, n ",
		},
		"a time of another type": {
			[]string{"UPDATE registered_models SET creation_time = 'now' WHERE name = 'm'"},
			`corrupt: DB: a row of the registered model "m" in the table registered_models cannot be read: sql: Scan error on column index 2, ` +
				`name "creation_time": converting driver.Value type string ("now") to a int64: invalid syntax`,
		},
		"a version 0": {
			[]string{"INSERT INTO model_versions (name, version) VALUES ('m', 0)"},
			`corrupt: DB: a row of the registered model "m" in the table model_versions cannot be read: its version is 0`,
		},
		"two workspaces": {
			[]string{
				"INSERT INTO registered_models (name, workspace) VALUES ('m', 'team')",
				"INSERT INTO registered_model_tags (name, workspace, key, value) VALUES ('m', 'team', 'mlflow.prompt.is_prompt', 'true')",
				"INSERT INTO registered_models (name, workspace) VALUES ('o', 'team')",
			}, "m va, n , o , Staging , None v1",
		},
		"one name in two workspaces": {
			[]string{"INSERT INTO registered_models (name, workspace) VALUES ('m', 'team')"},
			`ambiguous: DB has a registered model "m" in more than one workspace`,
		},
		"one name's versions in two workspaces": {
			[]string{"INSERT INTO model_versions (name, version, workspace) VALUES ('m', 7, 'team')"},
			`ambiguous: DB has a registered model "m" in more than one workspace`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := small(t, base, test.statements...)
			if got := strings.ReplaceAll(asked(t, open(t, path)), path, "DB"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// Of a workspace no other's models, tags, aliases and versions are seen.
func TestRegistryWorkspace(t *testing.T) {
	path := small(t, filepath.Join(stack.Filled(t, stack.Setup{}), "mlflow.db"),
		"INSERT INTO registered_models (name, workspace, description) VALUES ('m', 'team', 'theirs')",
		"INSERT INTO registered_model_tags (name, workspace, key, value) VALUES ('m', 'team', 'k', 'theirs')",
		"INSERT INTO registered_model_aliases (name, workspace, alias, version) VALUES ('m', 'team', 'theirs', 1)",
		"INSERT INTO model_versions (name, version, workspace, current_stage) VALUES ('m', 1, 'team', 'Archived')",
		"INSERT INTO model_version_tags (name, version, workspace, key, value) VALUES ('m', 1, 'team', 'k', 'theirs')",
		"INSERT INTO registered_models (name, workspace) VALUES ('p', 'team')",
		"INSERT INTO registered_model_tags (name, workspace, key, value) VALUES ('n', 'team', 'mlflow.prompt.is_prompt', 'true')",
	)
	got := map[string]string{}
	for _, workspace := range []string{"default", "team", "nowhere"} {
		store, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Workspace: workspace})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		got[workspace] = asked(t, store)
		if _, err := store.Model(t.Context(), "p"); query.HasCode(err, query.NotFound) == (workspace == "team") {
			t.Errorf("p in %s: %v", workspace, err)
		}
	}
	want := map[string]string{"default": "m va, n , Staging , None v1", "team": "m theirstheirs, p , Archived theirs", "nowhere": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := open(t, path).Model(t.Context(), "m"); !query.HasCode(err, query.Ambiguous) {
		t.Errorf("m in all workspaces: %v", err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, path).Model(t.Context(), "p"); err != nil {
		t.Errorf("a file that may only be read: %v", err)
	}
}
