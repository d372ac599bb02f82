package main

import (
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
)

// A server that a baseline or a page names is in the workspace of the user's context
// for it, offline too, where nothing connects to it.
func TestWorkspaceOfAnotherServer(t *testing.T) {
	config, work := t.TempDir(), t.TempDir()
	for _, c := range []settings.Context{
		{Place: settings.Place{Scope: settings.User, File: filepath.Join(config, filepath.FromSlash(settings.UserFile))}, Name: "a", URI: "https://mine", Workspace: "evals"},
		{Place: settings.Place{Scope: settings.Project, File: filepath.Join(work, settings.ProjectFile)}, Name: "b", URI: "https://theirs", Workspace: "no"},
	} {
		if err := settings.Edit(t.Context(), c.Place, func(d *settings.Document) error { return d.SetContext(c) }); err != nil {
			t.Fatal(err)
		}
	}
	a := &app{
		getenv:    func(name string) string { return map[string]string{"MLFLOW_WORKSPACE": "here"}[name] },
		configDir: func() (string, error) { return config, nil }, workDir: func() (string, error) { return work, nil },
	}
	s := a.stores(&globalFlags{trackingURI: "https://tracking"})
	for uri, want := range map[string]string{"https://tracking/": "here", "https://mine/": "evals", "https://theirs": "", "https://other": ""} {
		if got := s.workspace(uri); got != want {
			t.Errorf("%s: workspace %q, want %q", uri, got, want)
		}
	}
}
