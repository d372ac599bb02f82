package mlruns_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/mlruns"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/stack"
	"github.com/evalctl/evalctl/test/untouched"
)

// TestRegistry holds the store to MLflow's own client on what that wrote, and checks
// that reading changes nothing.
func TestRegistry(t *testing.T) {
	for _, version := range stack.Versions() {
		t.Run(string(version), func(t *testing.T) {
			dir := stack.FileStore(t)
			said := stack.Registry(t, version, "file://"+dir, "")
			before := untouched.Take(t, dir)
			store := opened(t, dir)
			conformance.Registry(t, store, said)
			if warnings := store.Warnings(); len(warnings) > 0 {
				t.Errorf("warnings of a registry that is whole: %v", warnings)
			}
			before.Check(t)
		})
	}
}

// newRegistry is a file store with the registered models m, of three versions, and n,
// of one.
func newRegistry(t *testing.T) site {
	t.Helper()
	s := site{t, t.TempDir()}
	for name, versions := range map[string]int{"m": 3, "n": 1} {
		folder := "models/" + name + "/"
		s.write(folder+"meta.yaml", "aliases: {}\ncreation_timestamp: 1800000000000\ndescription: null\nlast_updated_timestamp: 1800000000001\nname: "+name+"\n")
		s.write(folder+"tags/a/b", "x")
		s.write(folder+"aliases/champion", "2")
		for n := range versions {
			number := strconv.Itoa(n + 1)
			version := folder + "version-" + number + "/"
			s.write(version+"meta.yaml", "creation_timestamp: 1800000000000\ncurrent_stage: None\ndescription: ''\nlast_updated_timestamp: 1800000000001\n"+
				"name: "+name+"\nrun_id: null\nsource: s3://x\nstatus: READY\nversion: "+number+"\n")
			s.write(version+"tags/invocation_id", "71f3f3199ea5e1f0")
		}
	}
	return s
}

// registered lists what a store says: models, and versions of m, the highest first.
func registered(t *testing.T, store *mlruns.Store) string {
	t.Helper()
	models, err := store.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, m := range models {
		words = append(words, m.Name)
	}
	versions, err := store.Versions(t.Context(), "m")
	if query.HasCode(err, query.Corrupt) {
		return strings.Join(append(words, "corrupt"), " ")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		words = append(words, strconv.Itoa(v.Version))
	}
	return strings.Join(words, " ")
}

// TestDamagedModel checks that a registered model that cannot be read is left out with
// a warning that names it, that others are there, and that asking for it by its name is
// an error.
func TestDamagedModel(t *testing.T) {
	edit := func(old, new string) func(site) { return func(s site) { s.edit("models/m/meta.yaml", old, new) } }
	for name, test := range map[string]struct {
		do   func(site)
		said string
	}{
		"meta missing":          {func(s site) { s.remove("models/m/meta.yaml") }, "models/m/meta.yaml: missing, and there are versions"},
		"meta empty":            {func(s site) { s.write("models/m/meta.yaml", "") }, "models/m/meta.yaml: empty"},
		"meta cut short":        {edit("name: m\n", "name: m"), "models/m/meta.yaml: cut short"},
		"meta no YAML":          {edit("aliases: {}", "aliases: {"), "models/m/meta.yaml: no YAML"},
		"no name":               {edit("name: m\n", ""), "models/m/meta.yaml: it has no name"},
		"a name that is a list": {edit("name: m\n", "name: [m]\n"), "models/m/meta.yaml: name is no single value"},
		"another's":             {edit("name: m\n", "name: n\n"), `models/m/meta.yaml: is that of the registered model "n"`},
		"a name that leads out": {edit("name: m\n", "name: ../n\n"), `models/m/meta.yaml: is that of the registered model "../n"`},
		"a time of words":       {edit("creation_timestamp: 1800000000000", "creation_timestamp: now"), "models/m/meta.yaml: creation_timestamp is"},
		"tag no UTF-8":          {func(s site) { s.write("models/m/tags/a/b", "\xff") }, "models/m/tags/a/b: not UTF-8"},
		"tag a link out":        {func(s site) { s.link("/etc/hostname", "models/m/tags/x") }, "models/m/tags/x: a symbolic link leads out of the store"},
		"tag a circle":          {func(s site) { s.link("x", "models/m/tags/x") }, "models/m/tags/x: too many levels"},
		"alias empty":           {func(s site) { s.write("models/m/aliases/champion", "") }, "models/m/aliases/champion: empty"},
		"alias a word":          {func(s site) { s.write("models/m/aliases/champion", "two") }, `models/m/aliases/champion: "two" is no version`},
		"alias a fraction":      {func(s site) { s.write("models/m/aliases/champion", "2.0") }, `models/m/aliases/champion: "2.0" is no version`},
		"alias with a sign":     {func(s site) { s.write("models/m/aliases/champion", "+2") }, `models/m/aliases/champion: "+2" is no version`},
		"alias of version 0":    {func(s site) { s.write("models/m/aliases/champion", "0") }, `models/m/aliases/champion: "0" is no version`},
		"alias a link out":      {func(s site) { s.link("/etc/hostname", "models/m/aliases/x") }, "models/m/aliases/x: a symbolic link leads out of the store"},
		"alias a link to none":  {func(s site) { s.link("none", "models/m/aliases/x") }, "models/m/aliases/x: a symbolic link to nothing"},
		"folder a link out":     {func(s site) { s.remove("models/m"); s.link(s.t.TempDir(), "models/m") }, "models/m/meta.yaml: a symbolic link leads out of the store"},
		"folder another's":      {func(s site) { s.remove("models/m"); s.link("n", "models/m") }, `models/m/meta.yaml: is that of the registered model "n"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newRegistry(t)
			test.do(s)
			before := untouched.Take(t, s.dir)
			store := opened(t, s.dir)
			if got := registered(t, store); got != "n corrupt" {
				t.Errorf("there are %s", got)
			}
			warnings := store.Warnings()
			if len(warnings) != 1 || warnings[0].Code != "MODELS_UNREADABLE" || !slices.Equal(warnings[0].Keys, []string{"m"}) ||
				!strings.HasPrefix(warnings[0].Message, "1 registered model of "+s.dir+" cannot be read and is left out: models/m/") || !strings.Contains(warnings[0].Message, test.said) {
				t.Errorf("warnings %+v", warnings)
			}
			_, err := store.Model(t.Context(), "m")
			if !query.HasCode(err, query.Corrupt) || !strings.Contains(err.Error(), s.dir) || !strings.Contains(err.Error(), test.said) {
				t.Errorf("by its name: %v", err)
			}
			if model, err := store.Model(t.Context(), "n"); err != nil || model.Tags["a/b"] != "x" || model.Aliases["champion"] != 2 {
				t.Errorf("another by its name: %+v, %v", model, err)
			}
			before.Check(t)
		})
	}
}

// TestDamagedVersion does the same for a version.
func TestDamagedVersion(t *testing.T) {
	edit := func(old, new string) func(site) {
		return func(s site) { s.edit("models/m/version-3/meta.yaml", old, new) }
	}
	for name, test := range map[string]struct {
		do   func(site)
		said string
	}{
		"meta missing":    {func(s site) { s.remove("models/m/version-3/meta.yaml") }, "models/m/version-3/meta.yaml: missing"},
		"all missing":     {func(s site) { s.remove("models/m/version-3"); s.ok(os.Mkdir(s.path("models/m/version-3"), 0o755)) }, "version-3/meta.yaml: missing"},
		"meta empty":      {func(s site) { s.write("models/m/version-3/meta.yaml", "") }, "version-3/meta.yaml: empty"},
		"meta cut short":  {edit("version: 3\n", "version: 3"), "version-3/meta.yaml: cut short"},
		"no version":      {edit("version: 3\n", ""), "version-3/meta.yaml: version: empty"},
		"version a word":  {edit("version: 3\n", "version: three\n"), `version-3/meta.yaml: version: "three" is no version`},
		"another version": {edit("version: 3\n", "version: 4\n"), `version-3/meta.yaml: is that of the version "4"`},
		"another model's": {edit("name: m\n", "name: n\n"), `version-3/meta.yaml: names the registered model "n"`},
		"stage unknown":   {edit("current_stage: None", "current_stage: Gone"), `version-3/meta.yaml: current_stage is "Gone"`},
		"no stage":        {edit("current_stage: None", "current_stage: null"), `version-3/meta.yaml: current_stage is ""`},
		"a time of words": {edit("last_updated_timestamp: 1800000000001", "last_updated_timestamp: [1]"), "last_updated_timestamp is no single value"},
		"tag no UTF-8":    {func(s site) { s.write("models/m/version-3/tags/invocation_id", "\xff") }, "version-3/tags/invocation_id: not UTF-8"},
		"tag a link out":  {func(s site) { s.link("/etc/hostname", "models/m/version-3/tags/x") }, "version-3/tags/x: a symbolic link leads out"},
		"a link to another": {
			func(s site) { s.remove("models/m/version-3"); s.link("version-2", "models/m/version-3") }, `version-3/meta.yaml: is that of the version "2"`,
		},
		"a link out": {
			func(s site) { s.remove("models/m/version-3"); s.link(s.t.TempDir(), "models/m/version-3") }, "version-3/meta.yaml: a symbolic link leads out",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newRegistry(t)
			test.do(s)
			before := untouched.Take(t, s.dir)
			store := opened(t, s.dir)
			if got := registered(t, store); got != "m n 2 1" {
				t.Errorf("there are %s", got)
			}
			warnings := store.Warnings()
			if len(warnings) != 1 || warnings[0].Code != "MODEL_VERSIONS_UNREADABLE" || !slices.Equal(warnings[0].Keys, []string{"m/3"}) ||
				!strings.HasPrefix(warnings[0].Message, "1 model version of ") || !strings.Contains(warnings[0].Message, test.said) {
				t.Errorf("warnings %+v", warnings)
			}
			before.Check(t)
		})
	}
}

// TestRegistryWritten has registries that look odd and are whole.
func TestRegistryWritten(t *testing.T) {
	const whole = "m n 3 2 1"
	for name, test := range map[string]struct {
		do   func(site)
		want string
	}{
		"none":  {func(s site) { s.remove("models") }, ""},
		"empty": {func(s site) { s.remove("models/m"); s.remove("models/n") }, ""},
		"folders of other": {func(s site) {
			s.write("models/.git/HEAD", "")
			s.write("models/plots/a.png", "")
			s.write("models/README", "")
		}, whole},
		"files of other": {func(s site) { s.write("models/m/version-9", ""); s.write("models/m/versions/1/meta.yaml", "") }, whole},
		"a copy of a version": {
			func(s site) { s.write("models/m/version-1.bak/meta.yaml", s.read("models/m/version-1/meta.yaml")) }, whole + " !m/1.bak",
		},
		"a number with zeros": {
			func(s site) { s.write("models/m/version-03/meta.yaml", s.read("models/m/version-3/meta.yaml")) }, whole + " !m/03",
		},
		"deleted": {func(s site) {
			s.edit("models/m/version-3/meta.yaml", "current_stage: None", "current_stage: Deleted_Internal")
		}, "m n 2 1"},
		"a version's prompt":   {func(s site) { s.write("models/m/version-3/tags/mlflow.prompt.is_prompt", "true") }, "m n 2 1"},
		"a prompt":             {func(s site) { s.write("models/n/tags/mlflow.prompt.is_prompt", "true") }, "m 3 2 1"},
		"no prompt":            {func(s site) { s.write("models/n/tags/mlflow.prompt.is_prompt", "True") }, whole},
		"an alias with an end": {func(s site) { s.write("models/m/aliases/champion", "2\n") }, whole},
		"no tags, no aliases": {func(s site) {
			s.remove("models/m/tags")
			s.remove("models/m/aliases")
			s.remove("models/m/version-3/tags")
		}, whole},
		"more than is read": {func(s site) { s.edit("models/m/meta.yaml", "aliases: {}", "aliases:\n  gone: '9'\nlatest: [1]") }, whole},
		"links inside": {
			func(s site) {
				s.ok(os.Rename(s.path("models"), s.path("kept")))
				s.link("kept", "models")
				s.ok(os.Rename(s.path("kept/m/version-3"), s.path("three")))
				s.link("../../three", "kept/m/version-3")
			}, whole,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newRegistry(t)
			test.do(s)
			store := opened(t, s.dir)
			got := registered(t, store)
			for _, w := range store.Warnings() {
				got += " !" + strings.Join(w.Keys, " !")
			}
			if got != test.want {
				t.Errorf("there are %s, want %s", got, test.want)
			}
		})
	}
}

// A folder that leads out of the store, or cannot be listed, is no registry without
// models.
func TestRegistryUnreadable(t *testing.T) {
	s := newRegistry(t)
	outside := filepath.Join(t.TempDir(), "models")
	s.ok(os.Rename(s.path("models"), outside))
	s.link(outside, "models")
	store := opened(t, s.dir)
	if models, err := store.Models(t.Context()); !query.HasCode(err, query.IO) || !strings.HasSuffix(err.Error(), "models: a symbolic link leads out of the store") {
		t.Errorf("models %v, %v", models, err)
	}
	if model, err := store.Model(t.Context(), "m"); !query.HasCode(err, query.Corrupt) {
		t.Errorf("model %v, %v", model, err)
	}
	if versions, err := store.Versions(t.Context(), "m"); !query.HasCode(err, query.Corrupt) {
		t.Errorf("versions %v, %v", versions, err)
	}
}

// Names cannot lead out of the registry, whatever lies beside it.
func TestNamesStayInTheRegistry(t *testing.T) {
	s := newRegistry(t)
	for folder, name := range map[string]string{"": "..", "models/": ".", "../": "../..", "models/m/x/": "m/x"} {
		s.write(folder+"meta.yaml", strings.Replace(s.read("models/n/meta.yaml"), "name: n", "name: "+name, 1))
		s.write(folder+"version-1/meta.yaml", strings.Replace(s.read("models/n/version-1/meta.yaml"), "name: n", "name: "+name, 1))
	}
	store := opened(t, s.dir)
	for _, name := range []string{"", ".", "..", "../models/n", "../..", "m/x", "m/../n", "/n", "n/", "n\x00", strings.Repeat("n", 300), strings.Repeat("n/", 3000)} {
		if model, err := store.Model(t.Context(), name); !query.HasCode(err, query.NotFound) {
			t.Errorf("%q: %v, %v", name, model, err)
		}
		if versions, err := store.Versions(t.Context(), name); err != nil || len(versions) > 0 {
			t.Errorf("versions of %q: %v, %v", name, versions, err)
		}
	}
}

// TestAliasBeingWritten reads an alias that is empty when it is first looked at, as
// MLflow's are for a moment.
func TestAliasBeingWritten(t *testing.T) {
	s := newRegistry(t)
	s.write("models/m/aliases/champion", "")
	synctest.Test(t, func(t *testing.T) {
		time.AfterFunc(75*time.Millisecond, func() {
			if err := os.WriteFile(s.path("models/m/aliases/champion"), []byte("3"), 0o644); err != nil {
				t.Error(err)
			}
		})
		store := opened(t, s.dir)
		model, err := store.Model(t.Context(), "m")
		if diff := cmp.Diff(map[string]int{"champion": 3}, model.Aliases); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	})
}
