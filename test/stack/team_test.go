package stack_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

func TestTeamServersHoldTheSameRunsElsewhere(t *testing.T) {
	prefixes := map[stack.Access]string{stack.Proxied: "mlflow-artifacts:/", stack.Direct: "s3://mlflow/"}
	runs := map[stack.Access][]string{}
	for access, prefix := range prefixes {
		var found struct {
			Runs []struct {
				Info struct {
					ID  string `json:"run_id"`
					URI string `json:"artifact_uri"`
				} `json:"info"`
			} `json:"runs"`
		}
		url := stack.TeamMLflow(t, access)
		decode(t, call(t, http.MethodPost, url+"/api/2.0/mlflow/runs/search", `{"experiment_ids": ["1", "2", "3", "4", "5", "6", "7"], "max_results": 1000}`), &found)
		for _, run := range found.Runs {
			runs[access] = append(runs[access], run.Info.ID)
			if !strings.HasPrefix(run.Info.URI, prefix) && run.Info.URI != "file:///dev/null/nowhere/"+run.Info.ID+"/artifacts" {
				t.Errorf("%s: the files of a run are at %s", access, run.Info.URI)
			}
		}
	}
	if len(runs[stack.Proxied]) != 32 {
		t.Errorf("%d runs", len(runs[stack.Proxied]))
	}
	if diff := cmp.Diff(runs[stack.Proxied], runs[stack.Direct]); diff != "" {
		t.Errorf("runs (-proxied +direct):\n%s", diff)
	}
}

func TestKilledProcessLeavesNoServices(t *testing.T) {
	scratch := t.TempDir()
	if err := os.Chmod(filepath.Dir(scratch), 0o711); err != nil { // PostgreSQL is nobody where we are root
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), runServer+"=team", "TMPDIR="+scratch)
	child.Stderr = os.Stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "team\n" {
		t.Fatalf("the services did not start: %q, %v", line, err)
	}
	pids, err := filepath.Glob(filepath.Join(scratch, "evalctl-team-*", "postgres", "postmaster.pid"))
	if err != nil || len(pids) != 1 {
		t.Fatalf("clusters that run: %v, %v", pids, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // its status is that of a killed process
	// PostgreSQL writes into its folder until it has ended.
	eventually(t, "the services are gone with what they held", func() bool {
		rest, err := os.ReadDir(scratch)
		return err == nil && len(rest) == 0
	})
}
