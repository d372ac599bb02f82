package query

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// isAddress reports whether text is a web address.
func isAddress(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// parsePage reads the address of a run's page in MLflow's user interface. What
// follows the id is a tab of the page. MLflow 3 also shows runs at evaluation-runs,
// and puts the workspace into the query, before the fragment or in it, or, at
// first, in front of the route.
//
//	https://host[/prefix]/#/experiments/1/runs/<32 digits>[/artifacts][?workspace=W]
//	https://host[/prefix]/#/experiments/1/evaluation-runs/<32 digits>
//	https://host[/prefix]/#/experiments/1/evaluation-runs?selectedRunUuid=<32 digits>
func parsePage(source Source) (Source, error) {
	wrong := notSelector(fmt.Sprintf("%q is not the address of a run's page: it has no /runs/ and 32 digits", source.Text))
	if source.Demo {
		return Source{}, wrong
	}
	address, fragment, _ := strings.Cut(source.Text, "#")
	server, err := url.Parse(address)
	if err != nil || server.Hostname() == "" {
		return Source{}, wrong
	}
	route, query, _ := strings.Cut(fragment, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return Source{}, wrong
	}
	parts := strings.Split(strings.Trim(route, "/"), "/")
	id := values.Get("selectedRunUuid")
	if i := slices.IndexFunc(parts, func(part string) bool { return part == "runs" || part == "evaluation-runs" }); i >= 0 && i+1 < len(parts) {
		id = parts[i+1]
	}
	if len(id) != runID || !consistsOf(id, hexDigits) {
		return Source{}, wrong
	}
	source.Kind, source.ID = ByPage, strings.ToLower(id)
	source.Workspace = values.Get("workspace")
	if len(parts) > 1 && parts[0] == "workspaces" && source.Workspace == "" {
		if source.Workspace, err = url.PathUnescape(parts[1]); err != nil {
			return Source{}, wrong
		}
	}
	if source.Workspace == "" {
		source.Workspace = server.Query().Get("workspace")
	}
	server.RawQuery = ""
	server.Path, server.RawPath = strings.TrimRight(server.Path, "/"), strings.TrimRight(server.RawPath, "/")
	source.Server = server.String()
	return source, nil
}
