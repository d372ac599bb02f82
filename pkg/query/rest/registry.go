package rest

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

const (
	modelsAPage   = 200  // servers before 3.0 ask the database for each model's versions
	versionsAPage = 1000 // a version is small
)

var _ query.Registry = (*Store)(nil)

// The answers of the model registry: mlflow/protos/model_registry.proto.

type modelsPage struct {
	Models []registeredModel `json:"registered_models"`
	Token  string            `json:"next_page_token"`
}

type modelAnswer struct {
	Model registeredModel `json:"registered_model"`
}

type registeredModel struct {
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Created     integer `json:"creation_timestamp"`
	Updated     integer `json:"last_updated_timestamp"`
	Tags        []pair  `json:"tags"`
	Aliases     []struct {
		Alias   string  `json:"alias"`
		Version integer `json:"version"`
	} `json:"aliases"`
}

type versionsPage struct {
	Versions []modelVersion `json:"model_versions"`
	Token    string         `json:"next_page_token"`
}

type modelVersion struct {
	Name        string  `json:"name"`
	Version     integer `json:"version"`
	Stage       string  `json:"current_stage"`
	Status      string  `json:"status"`
	Description string  `json:"description"`
	Created     integer `json:"creation_timestamp"`
	Updated     integer `json:"last_updated_timestamp"`
	RunID       string  `json:"run_id"`
	Source      string  `json:"source"`
	Tags        []pair  `json:"tags"`
}

// Models lists the registered models, by name.
func (s *Store) Models(ctx context.Context) ([]query.RegisteredModel, error) {
	byName := make(map[string]query.RegisteredModel)
	values := url.Values{"max_results": {strconv.Itoa(modelsAPage)}, "order_by": {"name ASC"}}
	tokens := make(map[string]bool)
	for {
		var page modelsPage
		if err := s.get(ctx, "registered-models/search", values, &page); err != nil {
			return nil, err
		}
		for _, m := range page.Models {
			if model := m.decode(); !isPrompt(model) {
				byName[model.Name] = model
			}
		}
		if !turn(values, tokens, page.Token, len(page.Models)) {
			break
		}
	}
	models := make([]query.RegisteredModel, 0, len(byName))
	for _, model := range byName {
		models = append(models, model)
	}
	slices.SortFunc(models, func(a, b query.RegisteredModel) int { return strings.Compare(a.Name, b.Name) })
	return models, nil
}

// Model returns the registered model of this name.
func (s *Store) Model(ctx context.Context, name string) (query.RegisteredModel, error) {
	var answer modelAnswer
	err := s.get(ctx, "registered-models/get", url.Values{"name": {name}}, &answer)
	if err != nil {
		return query.RegisteredModel{}, err
	}
	model := answer.Model.decode()
	if model.Name != name || isPrompt(model) { // some databases do not know upper and lower case
		return query.RegisteredModel{}, &query.Error{Code: query.NotFound, Message: "no registered model " + clip(name) + " on " + s.URI()}
	}
	return model, nil
}

// Versions lists the versions of a registered model, the highest first.
func (s *Store) Versions(ctx context.Context, name string) ([]query.ModelVersion, error) {
	named := query.Condition{Entity: query.Attribute, Key: "name", Op: query.Equal, Value: name}
	values := url.Values{
		// This language has no word for attributes.
		"filter":      {strings.TrimPrefix(named.String(), string(query.Attribute)+".")},
		"max_results": {strconv.Itoa(versionsAPage)},
		"order_by":    {"version_number DESC"},
	}
	byNumber := make(map[int]query.ModelVersion)
	tokens := make(map[string]bool)
	for {
		var page versionsPage
		if err := s.get(ctx, "model-versions/search", values, &page); err != nil {
			return nil, err
		}
		for _, v := range page.Versions {
			if v.Name != name {
				continue
			}
			if v.Version < 1 {
				return nil, s.corrupt(fmt.Errorf("the registered model %s has a version %d", clip(name), v.Version))
			}
			byNumber[int(v.Version)] = v.decode()
		}
		if !turn(values, tokens, page.Token, len(page.Versions)) {
			break
		}
	}
	versions := make([]query.ModelVersion, 0, len(byNumber))
	for _, version := range byNumber {
		versions = append(versions, version)
	}
	slices.SortFunc(versions, func(a, b query.ModelVersion) int { return cmp.Compare(b.Version, a.Version) })
	return versions, nil
}

// turn asks for the next page; false if there is none: a server may go on with
// empty pages, or with one token for ever.
func turn(values url.Values, tokens map[string]bool, token string, got int) bool {
	if got == 0 || token == "" || tokens[token] {
		return false
	}
	tokens[token] = true
	values.Set("page_token", token)
	return true
}

func isPrompt(model query.RegisteredModel) bool { return model.Tags[query.TagPrompt] == "true" }

func (m registeredModel) decode() query.RegisteredModel {
	model := query.RegisteredModel{
		Name: m.Name, Description: m.Description,
		CreatedAt: milliseconds(m.Created), UpdatedAt: milliseconds(m.Updated),
		Aliases: make(map[string]int, len(m.Aliases)), Tags: mapped(m.Tags),
	}
	for _, a := range m.Aliases {
		model.Aliases[a.Alias] = int(a.Version)
	}
	return model
}

func (v modelVersion) decode() query.ModelVersion {
	return query.ModelVersion{
		Version: int(v.Version), Stage: v.Stage, Status: v.Status, Description: v.Description,
		CreatedAt: milliseconds(v.Created), UpdatedAt: milliseconds(v.Updated),
		RunID: v.RunID, Source: v.Source, Tags: mapped(v.Tags),
	}
}
