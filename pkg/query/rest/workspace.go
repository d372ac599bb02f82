package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// workspaceHeader names a workspace (mlflow/utils/workspace_utils.py).
const workspaceHeader = "X-MLFLOW-WORKSPACE"

// workspace reads one workspace of the server. As MLflow's client does, it asks
// first whether the server has any: one without answers 500 to the header, one
// from before 3.10 ignores it and would show everything.
type workspace struct {
	next http.RoundTripper
	who  *identify
	name string

	mu      sync.Mutex
	checked bool
	refused error
}

func (t *workspace) RoundTrip(req *http.Request) (*http.Response, error) {
	if !t.who.trusts(req.URL) {
		return t.next.RoundTrip(req)
	}
	if err := t.check(req.Context()); err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set(workspaceHeader, t.name)
	return t.next.RoundTrip(req)
}

// check asks until there is an answer that says yes or no. Where none comes, the
// request itself will meet the same trouble and say so.
func (t *workspace) check(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.checked {
		return t.refused
	}
	status, info := askServerInfo(ctx, t.next, t.who)
	e := &query.Error{
		Code: query.Usage,
		Hint: "unset MLFLOW_WORKSPACE, or ask who runs the server to start it with --enable-workspaces (MLflow 3.10 and later)",
	}
	switch {
	case status == http.StatusOK && !info.Workspaces:
		e.Message = fmt.Sprintf("the server at %s has workspaces switched off, and the workspace %q was asked for", t.who.base, t.name)
		t.refused = e
	case status == http.StatusNotFound:
		e.Message = fmt.Sprintf("the server at %s knows no workspaces, and the workspace %q was asked for", t.who.base, t.name)
		t.refused = e
	case status != http.StatusOK:
		return nil
	}
	t.checked = true
	return t.refused
}

// serverInfo is what MLflow 3.10 and later says about itself.
type serverInfo struct {
	Workspaces bool `json:"workspaces_enabled"`
}

// infoTimeout is the time that MLflow's client gives the same question.
const infoTimeout = 3 * time.Second

// askServerInfo returns the status of the answer, 0 if there was none that can be
// read.
func askServerInfo(ctx context.Context, wire http.RoundTripper, who *identify) (int, serverInfo) {
	ctx, cancel := context.WithTimeout(ctx, infoTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, who.base.String()+"/api/3.0/mlflow/server-info", nil)
	if err != nil {
		return 0, serverInfo{}
	}
	resp, err := (&redirect{wire}).RoundTrip(req)
	if err != nil {
		return 0, serverInfo{}
	}
	defer resp.Body.Close()
	var info serverInfo
	if resp.StatusCode == http.StatusOK && json.Unmarshal(peek(resp), &info) != nil {
		return 0, serverInfo{}
	}
	return resp.StatusCode, info
}
