package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Invocation is one launch in test/data.
type Invocation struct {
	Name     string // as in the table of test/data/README.md, such as "A1"
	ID       string
	Model    string
	Dir      string // the launcher's directory for it, absolute
	Exported bool   // has at least one job with results, so that the server knows it
}

// Data returns the absolute path of test/data.
func Data(tb testing.TB) string {
	tb.Helper()
	dir, err := folder()
	if err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// Invocations returns every invocation in test/data, sorted by name.
func Invocations(tb testing.TB) []Invocation {
	tb.Helper()
	data := Data(tb)
	text, err := os.ReadFile(filepath.Join(data, "truths.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var truths struct {
		Invocations map[string]struct {
			ID        string `json:"invocation_id"`
			Directory string `json:"directory"`
			Model     string `json:"model"`
			Jobs      map[string]struct {
				Results bool `json:"results"`
			} `json:"jobs"`
		} `json:"invocations"`
	}
	if err := json.Unmarshal(text, &truths); err != nil {
		tb.Fatalf("truths.json: %v", err)
	}
	var all []Invocation
	for name, truth := range truths.Invocations {
		invocation := Invocation{
			Name:  name,
			ID:    truth.ID,
			Model: truth.Model,
			Dir:   filepath.Join(data, "launcher-output", truth.Directory),
		}
		for _, job := range truth.Jobs {
			invocation.Exported = invocation.Exported || job.Results
		}
		all = append(all, invocation)
	}
	slices.SortFunc(all, func(a, b Invocation) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// folder is the test folder of this checkout. It is found through the source
// file's path, so that tests may change their working directory.
func folder() (string, error) {
	_, source, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(source) {
		return "", errors.New("the path of test/data is unknown: tests cannot be built with -trimpath")
	}
	dir := filepath.Dir(filepath.Dir(source))
	if _, err := os.Stat(filepath.Join(dir, "data", "truths.json")); err != nil {
		return "", fmt.Errorf("the tests were built from another checkout: %w", err)
	}
	return dir, nil
}
