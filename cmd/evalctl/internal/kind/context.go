package kind

import (
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// ContextValue is the value of the kind "context".
type ContextValue struct {
	Contexts []ContextEntry `json:"contexts"`
	Listing
}

// ContextEntry is a named server. It holds no secrets: Headers are names, each with
// where its value is, and Credentials says in words where those are.
type ContextEntry struct {
	Name        string          `json:"name"`
	Scope       string          `json:"scope"` // project, user
	File        string          `json:"file"`
	Current     bool            `json:"current"` // counts where nothing else says where runs live
	URI         string          `json:"uri"`
	Workspace   *string         `json:"workspace"`
	Experiments []string        `json:"experiments"`
	Headers     []ContextHeader `json:"headers"`
	Credentials *string         `json:"credentials"` // nil: what is meant for the host, in netrc
}

// ContextHeader is a header of requests.
type ContextHeader struct {
	Name     string  `json:"name"`
	Variable *string `json:"variable"` // that has the value; nil if the file does
}

// ContextDocument draws named servers.
func ContextDocument(v ContextValue, warnings []nemo.Warning) render.Document {
	names := []string{}
	table := render.Table{Columns: []render.Column{
		{}, {Title: "context"}, {Title: "address", Flexible: true}, {Title: "experiments", Flexible: true}, {Title: "login", Flexible: true}, {Title: "where"},
	}}
	records := render.Records{
		Name:    "contexts",
		Columns: []string{"name", "scope", "file", "current", "uri", "workspace", "experiments", "headers", "credentials"}, Numeric: make([]bool, 9),
	}
	brief := []string{strings.TrimSuffix(v.sentence("context"), ".")}
	for i, c := range v.Contexts {
		names = append(names, c.Name)
		mark, current := "", "false"
		if c.Current {
			mark, current = "*", "true"
		}
		var headers []string
		for _, h := range c.Headers {
			headers = append(headers, h.Name)
		}
		credentials := nemo.Text(c.Credentials)
		table.Rows = append(table.Rows, render.Row{
			plain(mark), strong(c.Name), plain(c.URI), plain(orDash(strings.Join(c.Experiments, ", "))), plain(orDash(credentials)), muted(c.File),
		})
		records.Rows = append(records.Rows, []string{
			c.Name, c.Scope, c.File, current, c.URI, nemo.Text(c.Workspace), strings.Join(c.Experiments, ","), strings.Join(headers, ","), credentials,
		})
		if i < briefList {
			brief = append(brief, strings.TrimSpace(c.Name+" "+c.URI+" "+mark))
		}
	}
	return render.Document{
		Kind: Context, Data: v, Warnings: warnings,
		Items: items(v.Contexts), ItemKind: "context", Summary: v.Listing,
		Screen: listScreen(table, v.sentence("context"), warnings), Brief: brief, Tables: []render.Records{records}, Names: names,
	}
}
