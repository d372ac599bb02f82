package stack_test

import (
	"net/http"
	"testing"

	"github.com/evalctl/evalctl/test/stack"
)

func TestTeamOverPostgreSQLAndS3(t *testing.T) {
	url := stack.TeamMLflow(t, stack.Proxied)
	t.Log(call(t, http.MethodPost, url+"/api/2.0/mlflow/experiments/search", `{"max_results": 100}`))
}
