package stack

import (
	"slices"
	"strings"
	"testing"
)

func TestMissingPythonIsSaid(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, _, err := systemPython(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no Python 3.11 to 3.13 on PATH") {
		t.Errorf("error %v", err)
	}
}

func TestCommandsDoNotSeeSettingsOfTheUser(t *testing.T) {
	t.Setenv("MLFLOW_TRACKING_URI", "http://elsewhere.example")
	t.Setenv("PYTHONPATH", "/elsewhere")
	t.Setenv("PIP_INDEX_URL", "https://index.example")
	env := command(t.Context(), "true").Env
	for _, variable := range env {
		if strings.Contains(variable, "elsewhere") {
			t.Errorf("%s reaches the stack", variable)
		}
	}
	if !slices.Contains(env, "PIP_INDEX_URL=https://index.example") {
		t.Error("pip's index does not reach the stack")
	}
	if !slices.Contains(env, "MLFLOW_DISABLE_TELEMETRY=true") {
		t.Error("telemetry is on")
	}
}

func TestTail(t *testing.T) {
	if got := tail("\n" + strings.Repeat("early\n", 50) + strings.Repeat("late\n", 30)); got != strings.TrimSpace(strings.Repeat("late\n", 30)) {
		t.Errorf("tail is %q", got)
	}
	if got := tail("one\n"); got != "one" {
		t.Errorf("tail is %q", got)
	}
}
