package stack_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/test/stack"
)

// runServer makes the test binary a program that starts a server, prints its URL
// and stays.
const runServer = "EVALCTL_STACK_RUN_SERVER"

func TestMain(m *testing.M) {
	switch os.Getenv(runServer) {
	case "":
		os.Exit(m.Run())
	case "team":
		if _, err := stack.StartTeam(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println("team")
		select {}
	}
	server, err := stack.Start(context.Background(), stack.Setup{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(server.URL)
	select {}
}

func TestServerIsTheRealOneAndFilled(t *testing.T) {
	for _, version := range stack.Versions() {
		t.Run(string(version), func(t *testing.T) { checkFilled(t, stack.Plain(t, version), string(version)) })
	}
}

func checkFilled(t *testing.T, url, version string) {
	t.Helper()
	if got := call(t, http.MethodGet, url+"/version", ""); got != version {
		t.Errorf("MLflow is version %q, want %q", got, version)
	}

	var experiments struct {
		Experiments []struct {
			ID   string `json:"experiment_id"`
			Name string `json:"name"`
		} `json:"experiments"`
	}
	decode(t, call(t, http.MethodPost, url+"/api/2.0/mlflow/experiments/search", `{"max_results": 100}`), &experiments)
	names, ids := map[string]string{}, []string{}
	for _, e := range experiments.Experiments {
		names[e.ID] = e.Name
		ids = append(ids, e.ID)
	}

	var found struct {
		Runs []struct {
			Info struct {
				Experiment string `json:"experiment_id"`
				Status     string `json:"status"`
			} `json:"info"`
		} `json:"runs"`
	}
	body, err := json.Marshal(map[string]any{"experiment_ids": ids, "max_results": 1000})
	if err != nil {
		t.Fatal(err)
	}
	decode(t, call(t, http.MethodPost, url+"/api/2.0/mlflow/runs/search", string(body)), &found)
	got := map[string]int{}
	for _, run := range found.Runs {
		got[names[run.Info.Experiment]+" "+run.Info.Status]++
	}
	want := map[string]int{
		"acme/falcon-8b FINISHED":          19,
		"acme/release-candidates FINISHED": 3,
		"nightly/condor FINISHED":          2,
		"sweeps FINISHED":                  3,
		"smoke FINISHED":                   3,
		"nemo-evaluator-launcher FINISHED": 1,
		"broken-store FAILED":              1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}

func TestServerIsSharedWhereverTheTestRuns(t *testing.T) {
	url := stack.MLflow(t)
	t.Chdir(t.TempDir())
	if got := stack.MLflow(t); got != url {
		t.Errorf("second call gives %s, the first gave %s", got, url)
	}
	if _, err := os.Stat(filepath.Join(stack.Data(t), "truths.json")); err != nil {
		t.Error(err)
	}
}

func TestKilledProcessLeavesNoServer(t *testing.T) {
	scratch := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), runServer+"=1", "TMPDIR="+scratch)
	child.Stderr = os.Stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	url := strings.TrimSpace(line)
	if url == stack.MLflow(t) {
		t.Fatalf("two processes share the server %s", url)
	}
	call(t, http.MethodGet, url+"/health", "")
	if stores, _ := filepath.Glob(filepath.Join(scratch, "evalctl-mlflow-*", "mlflow.db")); len(stores) != 1 {
		t.Fatalf("private copies of the store: %v, want one", stores)
	}

	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // its status is that of a killed process
	eventually(t, "the server is down and its store is gone", func() bool {
		rest, err := os.ReadDir(scratch)
		return err == nil && len(rest) == 0 && !answers(t, url+"/health")
	})
}

func TestInvocationsAreThoseOfTheTable(t *testing.T) {
	var names, unexported []string
	for _, invocation := range stack.Invocations(t) {
		names = append(names, invocation.Name)
		if !invocation.Exported {
			unexported = append(unexported, invocation.Name)
		}
		if !strings.HasSuffix(invocation.Dir, "-"+invocation.ID) {
			t.Errorf("%s: directory %s is not that of %s", invocation.Name, invocation.Dir, invocation.ID)
		}
		if _, err := os.Stat(invocation.Dir); err != nil {
			t.Error(err)
		}
	}
	want := []string{"A1", "A2", "A3", "B1", "B2", "B3", "CACHED", "LIMIT", "LISTED", "NOSTART", "STOPPED", "THINK", "TWICE"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"NOSTART", "STOPPED"}, unexported); diff != "" {
		t.Errorf("unknown to the server (-want +got):\n%s", diff)
	}
}

// call makes a request that must be answered with 200 and returns the body.
func call(t *testing.T, method, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s\n%s", method, url, response.Status, text)
	}
	return string(text)
}

func decode(t *testing.T, text string, value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func answers(t *testing.T, url string) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

// eventually waits for a condition that another process brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(5 * time.Minute) // a busy machine is slow, not wrong
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("after five minutes it is still not so that %s", what)
		}
	}
}

// What sets the versions apart for connections: there is nothing to test about the
// host check of one that has none.
func TestMLflow2KnowsNoAllowedHosts(t *testing.T) {
	server, err := stack.Start(t.Context(), stack.Setup{Version: stack.MLflow2, Options: []string{"--allowed-hosts", "127.0.0.1:*"}})
	if err == nil {
		t.Fatal(errors.Join(errors.New("it starts"), server.Close()))
	}
	if !strings.Contains(err.Error(), "No such option") || !strings.Contains(err.Error(), "--allowed-hosts") {
		t.Error(err)
	}
}
