package kind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/render"
)

// ModelsValue is the value of the kind "models".
type ModelsValue struct {
	Models []ModelVersion `json:"models"` // by name, then the highest version first
	Listing
}

// ModelVersion is one version of a registered model, or a registered model that has
// none.
type ModelVersion struct {
	Name      string            `json:"name"`
	Version   *int              `json:"version"` // null: the model has none
	Aliases   []string          `json:"aliases"`
	Stage     *string           `json:"stage"`  // null: none
	Status    *string           `json:"status"` // READY, PENDING_REGISTRATION, FAILED_REGISTRATION
	CreatedAt *nemo.Time        `json:"created_at"`
	UpdatedAt *nemo.Time        `json:"updated_at"`
	RunID     *string           `json:"run_id"` // of the run that logged the model, not of an evaluation
	Tags      map[string]string `json:"tags"`   // of the version
	// LinkedBy says how its evaluations are known: invocation_id, the tag of the
	// version; model, the tag of runs with the model's name; null: it has none.
	LinkedBy    *string  `json:"linked_by"`
	Evaluations []string `json:"evaluations"` // ids
	NotFound    []string `json:"not_found"`   // what the version's tag names and no run has
}

// selector is what names the version on a command line; "" where there is none.
func (v ModelVersion) selector() string {
	if v.Version == nil {
		return ""
	}
	return "models:/" + strings.ReplaceAll(v.Name, ",", `\,`) + "/" + strconv.Itoa(*v.Version)
}

// ModelsDocument draws a list of versions of registered models.
func ModelsDocument(v ModelsValue, warnings []nemo.Warning) render.Document {
	names := []string{}
	for _, m := range v.Models {
		if selector := m.selector(); selector != "" {
			names = append(names, selector)
		}
	}
	return render.Document{
		Kind: Models, Data: v, Warnings: warnings,
		Items: items(v.Models), ItemKind: "model", Summary: v.Listing,
		Screen: modelsScreen(v, warnings, false), Wide: modelsScreen(v, warnings, true),
		Brief: modelsBrief(v), Tables: []render.Records{modelRecords(v)}, Names: names,
	}
}

func modelsScreen(v ModelsValue, warnings []nemo.Warning, wide bool) []render.Block {
	// MLflow advises against stages, and few have any.
	stages := wide || slices.ContainsFunc(v.Models, func(m ModelVersion) bool { return m.Stage != nil })
	table := render.Table{Columns: []render.Column{{Title: "model", Flexible: true}, {Title: "version", Align: render.Right}, {Title: "aliases"}}}
	if stages {
		table.Columns = append(table.Columns, render.Column{Title: "stage"})
	}
	table.Columns = append(table.Columns, render.Column{Title: "evaluations", Flexible: true}, render.Column{Title: "created"})
	if wide {
		table.Columns = append(table.Columns, render.Column{Title: "linked by"}, render.Column{Title: "status"}, render.Column{Title: "run"})
	}
	for _, m := range v.Models {
		evaluations := plain(orDash(m.evaluations()))
		if len(m.NotFound) > 0 {
			evaluations.Tone = render.Caution
		}
		cells := render.Row{strong(m.Name), plain(orDash(m.number())), plain(orDash(strings.Join(m.Aliases, ", ")))}
		if stages {
			cells = append(cells, plain(orDash(nemo.Text(m.Stage))))
		}
		cells = append(cells, evaluations, muted(minute(m.CreatedAt)))
		if wide {
			cells = append(cells, plain(orDash(nemo.Text(m.LinkedBy))), plain(orDash(nemo.Text(m.Status))), muted(orDash(nemo.Text(m.RunID))))
		}
		table.Rows = append(table.Rows, cells)
	}
	return listScreen(table, v.sentenceOf("first", "model version"), warnings)
}

func (v ModelVersion) number() string {
	if v.Version == nil {
		return ""
	}
	return strconv.Itoa(*v.Version)
}

// evaluations is the ids, with a word to those that no run has.
func (v ModelVersion) evaluations() string {
	ids := slices.Clone(v.Evaluations)
	for _, id := range v.NotFound {
		ids = append(ids, id+" (not found)")
	}
	return strings.Join(ids, ", ")
}

func modelsBrief(v ModelsValue) []string {
	lines := []string{strings.TrimSuffix(v.sentenceOf("first", "model version"), ".")}
	for i, m := range v.Models {
		if i == briefList {
			break
		}
		said := orDash(m.evaluations())
		if nemo.Text(m.LinkedBy) == query.TagModel {
			said += " (of the model of that name)"
		}
		if len(m.Aliases) > 0 {
			said += " (@" + strings.Join(m.Aliases, ", @") + ")"
		}
		name := m.selector()
		if name == "" {
			name = m.Name
		}
		lines = append(lines, fmt.Sprintf("%s: %s", name, said))
	}
	return lines
}

func modelRecords(v ModelsValue) render.Records {
	records := render.Records{
		Name: "models",
		Columns: []string{
			"name", "version", "aliases", "stage", "status", "created_at", "updated_at", "run_id", "linked_by", "evaluations", "not_found",
		},
		Numeric: []bool{1: true, 10: false},
	}
	for _, m := range v.Models {
		records.Rows = append(records.Rows, []string{
			m.Name, m.number(), strings.Join(m.Aliases, " "), nemo.Text(m.Stage), nemo.Text(m.Status),
			instant(m.CreatedAt), instant(m.UpdatedAt), nemo.Text(m.RunID), nemo.Text(m.LinkedBy),
			strings.Join(m.Evaluations, " "), strings.Join(m.NotFound, " "),
		})
	}
	return records
}
