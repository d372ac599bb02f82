package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
)

// registryContent is what MLflow's client says of a registry: the output of
// test/registry/registry.py.
type registryContent struct {
	Models []struct {
		Name        string            `json:"name"`
		Description string            `json:"description"`
		Tags        map[string]string `json:"tags"`
		Aliases     map[string]int    `json:"aliases"`
		Created     int64             `json:"created"` // ms
		Updated     int64             `json:"updated"`
	} `json:"models"`
	Versions map[string][]struct {
		Version     int               `json:"version"`
		Stage       string            `json:"stage"`
		Status      string            `json:"status"`
		Description string            `json:"description"`
		Tags        map[string]string `json:"tags"`
		Created     int64             `json:"created"`
		Updated     int64             `json:"updated"`
		RunID       string            `json:"run_id"`
		Source      string            `json:"source"`
	} `json:"versions"`
	Prompts []string `json:"prompts"`
}

// Registry checks the contract of [query.Registry] on a store whose registry
// test/registry has filled; said is what that prints.
func Registry(t *testing.T, store query.Store, said string) {
	t.Helper()
	registry, err := query.RegistryOf(store)
	if err != nil {
		t.Fatal(err)
	}
	var content registryContent
	if err := json.Unmarshal([]byte(said), &content); err != nil {
		t.Fatalf("what MLflow's client says: %v", err)
	}
	models, versions := content.decode()
	if len(models) < 30 || len(versions["many"]) <= 1000 || len(content.Prompts) == 0 {
		t.Fatalf("%d models, %d versions, %d prompts prove little", len(models), len(versions["many"]), len(content.Prompts))
	}
	t.Run("Models", func(t *testing.T) {
		got, err := registry.Models(t.Context())
		if diff := gocmp.Diff(models, got); diff != "" || err != nil {
			t.Errorf("%v (-MLflow +store):\n%s", err, diff)
		}
	})
	t.Run("Model", func(t *testing.T) {
		for _, want := range models {
			got, err := registry.Model(t.Context(), want.Name)
			if diff := gocmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%q: %v (-MLflow +store):\n%s", want.Name, err, diff)
			}
		}
	})
	t.Run("Versions", func(t *testing.T) {
		for _, model := range models {
			got, err := registry.Versions(t.Context(), model.Name)
			if diff := gocmp.Diff(versions[model.Name], got); diff != "" || err != nil {
				t.Errorf("%q: %v (-MLflow +store):\n%s", model.Name, err, diff)
			}
		}
	})
	t.Run("NoModel", func(t *testing.T) { noModel(t, registry, content.Prompts) })
	t.Run("Concurrently", func(t *testing.T) {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				got, err := registry.Models(t.Context())
				if err != nil || len(got) != len(models) {
					t.Errorf("%d models, %v", len(got), err)
				}
			})
			group.Go(func() {
				got, err := registry.Versions(t.Context(), "falcon-8b")
				if err != nil || len(got) != len(versions["falcon-8b"]) {
					t.Errorf("%d versions, %v", len(got), err)
				}
			})
		}
		group.Wait()
	})
	t.Run("Cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, all := registry.Models(ctx)
		_, one := registry.Model(ctx, "falcon-8b")
		_, many := registry.Versions(ctx, "many")
		for _, err := range []error{all, one, many} {
			if _, ok := errors.AsType[*query.Error](err); !ok || !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		}
	})
}

// noModel asks for what is no registered model, though it looks like one.
func noModel(t *testing.T, registry query.Registry, prompts []string) {
	t.Helper()
	for _, name := range slices.Concat(prompts, []string{
		"falcon", "falcon-8B", "falcon_8b", "falcon-8b ", "falcon-8b%", "%", "FALCON-8B-NVFP4", "deleted", "before", "meta.yaml", "' OR 1=1 --", "🙂",
	}) {
		if _, err := registry.Model(t.Context(), name); !query.HasCode(err, query.NotFound) {
			t.Errorf("model %q: %v", name, err)
		}
		if versions, err := registry.Versions(t.Context(), name); err != nil || len(versions) > 0 {
			t.Errorf("versions of %q: %d, %v", name, len(versions), err)
		}
	}
	// MLflow knows no such names, and its server may say so.
	for _, name := range []string{"", ".", "..", "/", "../models/falcon-8b", "falcon-8b/", "falcon-8b/version-1", "./falcon-8b", "falcon-8b\x00", "a:b"} {
		if _, err := registry.Model(t.Context(), name); !query.HasCode(err, query.NotFound) && !query.HasCode(err, query.Usage) {
			t.Errorf("model %q: %v", name, err)
		}
	}
}

// decode is the content as a store tells it: lists without elements are empty, not
// nil.
func (c registryContent) decode() (models []query.RegisteredModel, versions map[string][]query.ModelVersion) {
	versions = map[string][]query.ModelVersion{}
	for _, m := range c.Models {
		models = append(models, query.RegisteredModel{
			Name: m.Name, Description: m.Description, CreatedAt: time.UnixMilli(m.Created).UTC(), UpdatedAt: time.UnixMilli(m.Updated).UTC(),
			Aliases: m.Aliases, Tags: m.Tags,
		})
		versions[m.Name] = []query.ModelVersion{}
		for _, v := range c.Versions[m.Name] {
			versions[m.Name] = append(versions[m.Name], query.ModelVersion{
				Version: v.Version, Stage: v.Stage, Status: v.Status, Description: v.Description,
				CreatedAt: time.UnixMilli(v.Created).UTC(), UpdatedAt: time.UnixMilli(v.Updated).UTC(),
				RunID: v.RunID, Source: v.Source, Tags: v.Tags,
			})
		}
	}
	return models, versions
}
