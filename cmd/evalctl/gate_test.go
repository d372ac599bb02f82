package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare/gate"
)

// The metrics that the exporter logs are bounds' to judge: the same numbers as in
// results.yml, from the store.
func TestGateOnMetricsOfTheServer(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.yml")
	text := "bounds:\n  'mlflow:arith_pass_at_1_correct': '>=0.85'\n  'mlflow:nosuch': {bound: '<=1', tier: advisory}\n"
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(words(t, "gate ce963eed.0 SERVER"), "--policy", policy, "--jq", ".data.bounds[] | [.task, .value, .result, .basis]")
	got := process{}.answer(t, args...)
	if want := "[\"arith\",0.85,\"pass\",\"point_estimate\"]\n[null,null,\"missing\",null]\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The policy that the documentation shows is one.
func TestPolicyOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/gate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "```yaml\n")
	text, _, ended := strings.Cut(text, "```")
	if !found || !ended {
		t.Fatal("docs/gate.md shows no policy")
	}
	policy, err := gate.Parse("docs/gate.md", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(policy.Benchmarks) != 3 || len(policy.Bounds) != 8 {
		t.Errorf("%d benchmarks, %d bounds", len(policy.Benchmarks), len(policy.Bounds))
	}
}
