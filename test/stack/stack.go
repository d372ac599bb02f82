// Package stack gives tests the real thing: an MLflow server, filled by the
// launcher's own exporter with the evaluations in test/data.
//
// It needs python3 with venv and, the first time, a package index. The Python
// environment and the filled store are made once a machine and kept in the user's
// cache folder, or where EVALCTL_TEST_CACHE says; see CONTRIBUTING.md. Every test
// process has a server of its own on a private copy, so tests may write to it.
// Works on Linux and macOS.
package stack

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// One server of a kind a test process is the point, hence state in package
// variables: a server takes seconds to start, and tests that only read do not
// disturb each other.
var (
	python = sync.OnceValues(func() (string, error) { return Interpreter(context.Background()) })
	// statistics is apart from python: it shares no package with what is tested.
	statistics = sync.OnceValues(func() (string, error) {
		return environment(context.Background(), "oracle/requirements.txt")
	})
	server    = shared(Setup{})
	oldServer = shared(Setup{Version: MLflow2})
)

func shared(setup Setup) func() (*Server, error) {
	return sync.OnceValues(func() (*Server, error) { return Start(context.Background(), setup) })
}

// MLflow returns the base URL, without a trailing slash, of a running MLflow
// server that holds test/data. It lives until the test process ends, however it
// ends, and is shared by all tests of the process.
func MLflow(tb testing.TB) string {
	tb.Helper()
	return Plain(tb, MLflow3)
}

// Plain is [MLflow] for any version of it.
func Plain(tb testing.TB, version Version) string {
	tb.Helper()
	start := server
	if version == MLflow2 {
		start = oldServer
	}
	s, err := start()
	if err != nil {
		tb.Fatalf("the MLflow server that this test needs: %v", err)
	}
	return s.URL
}

// Serve starts a server for one test, which it does not outlive.
func Serve(tb testing.TB, setup Setup) *Server {
	tb.Helper()
	s, err := Start(context.Background(), setup)
	if err != nil {
		tb.Fatalf("the MLflow server that this test needs: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("stop MLflow: %v", err)
		}
	})
	return s
}

// Python returns the path of a Python interpreter that has MLflow, the launcher
// and PyYAML.
func Python(tb testing.TB) string {
	tb.Helper()
	path, err := python()
	if err != nil {
		tb.Fatalf("the Python environment that this test needs: %v", err)
	}
	return path
}

// Statistics returns the path of a Python interpreter that has scipy, statsmodels,
// mpmath and PyYAML.
func Statistics(tb testing.TB) string {
	tb.Helper()
	path, err := statistics()
	if err != nil {
		tb.Fatalf("the Python environment that this test needs: %v", err)
	}
	return path
}

// Filled returns a folder with what a server of this setup has in its store,
// mlflow.db and mlartifacts, and no server. It is a copy that goes away with the
// test.
func Filled(tb testing.TB, setup Setup) string {
	tb.Helper()
	interpreter, err := environment(tb.Context(), cmp.Or(setup.Version, MLflow3).requirements())
	if err != nil {
		tb.Fatalf("the Python environment that this test needs: %v", err)
	}
	filled, err := template(tb.Context(), interpreter, setup.Content)
	if err != nil {
		tb.Fatalf("the filled store that this test needs: %v", err)
	}
	dir := filepath.Join(tb.TempDir(), "mlflow")
	if err := os.CopyFS(dir, os.DirFS(filled)); err != nil {
		tb.Fatal(err)
	}
	return dir
}
