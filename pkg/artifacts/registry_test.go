package artifacts_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/query"
)

// registrar is a server of one registered model.
type registrar struct{ shelf }

func (r *registrar) model() query.RegisteredModel {
	return query.RegisteredModel{Name: "falcon", Aliases: map[string]int{"champion": 2}, Tags: map[string]string{"api_key": "hunter2"}}
}

func (r *registrar) Models(context.Context) ([]query.RegisteredModel, error) {
	return []query.RegisteredModel{r.model()}, nil
}

func (r *registrar) Model(_ context.Context, name string) (query.RegisteredModel, error) {
	if name != "falcon" {
		return query.RegisteredModel{}, &query.Error{Code: query.NotFound, Message: "none"}
	}
	return r.model(), nil
}

func (r *registrar) Versions(context.Context, string) ([]query.ModelVersion, error) {
	return []query.ModelVersion{{
		Version: 2, Tags: map[string]string{"invocation_id": "c0bd961e"},
		Source: "s3://alice:geheim@h/1?sig=geheim", Description: "curl -H 'Authorization: Bearer geheim'",
	}}, nil
}

// A registry is asked through the cache as without it, and offline answers what it
// was asked before, without secrets.
func TestRegistryOffline(t *testing.T) {
	server := &registrar{}
	cache := artifacts.OpenCache(t.TempDir())
	lacks := func(err error) {
		t.Helper()
		if !query.HasCode(err, query.Offline) {
			t.Errorf("error %v, want one of code Offline", err)
		}
	}
	registry := func(store query.Store) query.Registry {
		t.Helper()
		registry, err := query.RegistryOf(store)
		if err != nil {
			t.Fatal(err)
		}
		return registry
	}
	offline := func() query.Registry { return registry(cache.Offline().Store(server, "")) }
	_, err := offline().Models(t.Context())
	lacks(err)
	_, err = offline().Versions(t.Context(), "falcon")
	lacks(err)

	recorded := registry(cache.Record(server, ""))
	if _, err := recorded.Model(t.Context(), "hawk"); !query.HasCode(err, query.NotFound) {
		t.Errorf("an unknown model: %v", err)
	}
	for _, ask := range []func(query.Registry) (any, error){
		func(r query.Registry) (any, error) { return r.Models(t.Context()) },
		func(r query.Registry) (any, error) { return r.Model(t.Context(), "falcon") },
		func(r query.Registry) (any, error) { return r.Versions(t.Context(), "falcon") },
	} {
		want, err := ask(recorded)
		if err != nil {
			t.Fatal(err)
		}
		switch model := want.(type) {
		case query.RegisteredModel:
			model.Tags["api_key"] = "<redacted>"
		case []query.RegisteredModel:
			model[0].Tags["api_key"] = "<redacted>"
		case []query.ModelVersion:
			model[0].Source, model[0].Description = "s3://h/1", "curl -H 'Authorization: Bearer <redacted>'"
		}
		got, err := ask(offline())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("offline: %v (-want +got):\n%s", err, diff)
		}
	}
	_, err = offline().Model(t.Context(), "hawk")
	lacks(err)
}

// A store without a registry has none behind the cache either.
func TestNoRegistryBehindTheCache(t *testing.T) {
	store := artifacts.OpenCache(t.TempDir()).Record(&shelf{}, "")
	registry, err := query.RegistryOf(store)
	if err == nil {
		_, err = registry.Models(t.Context())
	}
	if !query.HasCode(err, query.Usage) {
		t.Errorf("error %v, want one of code Usage", err)
	}
}
