package query_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
)

func TestParsePage(t *testing.T) {
	for text, want := range map[string]query.Source{
		"http://127.0.0.1:5000/#/experiments/1/runs/" + hexA:                          {Server: "http://127.0.0.1:5000"},
		"http://127.0.0.1:5000#/experiments/1/runs/" + hexA:                           {Server: "http://127.0.0.1:5000"},
		"HTTPS://mlflow.corp/ml/#/experiments/1/runs/" + hexA:                         {Server: "https://mlflow.corp/ml"},
		"https://mlflow.corp/a/b/#/experiments/1/runs/" + hexA + "/artifacts/x":       {Server: "https://mlflow.corp/a/b"},
		"https://mlflow.corp/#/experiments/1/runs/" + hexA + "/model-metrics?a=b":     {Server: "https://mlflow.corp"},
		"https://mlflow.corp/#/experiments/1/runs/" + hexA + "?workspace=team%20a":    {Server: "https://mlflow.corp", Workspace: "team a"},
		"https://mlflow.corp/?workspace=team&x=y#/experiments/1/runs/" + hexA:         {Server: "https://mlflow.corp", Workspace: "team"},
		"https://mlflow.corp/#/workspaces/t/experiments/1/runs/" + hexA:               {Server: "https://mlflow.corp", Workspace: "t"},
		"https://mlflow.corp/#/experiments/1/evaluation-runs/" + hexA + "/overview":   {Server: "https://mlflow.corp"},
		"https://mlflow.corp/#/experiments/1/evaluation-runs?selectedRunUuid=" + hexA: {Server: "https://mlflow.corp"},
		"http://[::1]:5000/#/experiments/1/runs/ABCDEFABCDEFABCDEFABCDEFABCDEFAB":     {Server: "http://[::1]:5000"},
		"http://user:pass@host/#/experiments/1/runs/" + hexA:                          {Server: "http://user:pass@host"},
	} {
		selector, err := query.ParseSelector("page=" + text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		want.Text, want.Kind, want.ID = text, query.ByPage, hexA
		if diff := cmp.Diff([]query.Source{want}, selector.Sources); diff != "" || selector.Label != "page" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
