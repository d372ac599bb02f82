// Command bench prints how long evalctl takes as ratios to other programs that do
// the same job on the same machine in the same minute. It asserts nothing.
//
// The opponents are an empty Go program, curl fetching the very requests that a
// comparison makes, a Python script with MLflow's client, and for a database file of
// many runs the sqlite3 program and Python's sqlite3 module with MLflow's own join.
// Contenders take turns, and medians are compared, so that whatever else the machine does weighs
// on all of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/evalctl/evalctl/test/stack"
)

// The invocations A1 and B1 of test/data.
const (
	base = "c0bd961e50124ab3"
	cand = "ce963eed5b5b91b0"
)

func main() {
	turns := flag.Int("n", 15, "turns of each contender")
	runs := flag.Int("runs", 100_000, "runs in the database file; 0 leaves that out")
	workers := flag.Int("workers", 4, "worker processes of the MLflow server; 4 is its default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, *turns, *workers, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, turns, workers, runs int) (err error) {
	scratch, err := os.MkdirTemp("", "evalctl-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	evalctl, empty, err := build(ctx, scratch)
	if err != nil {
		return err
	}
	python, err := stack.Interpreter(ctx)
	if err != nil {
		return err
	}
	server, err := stack.Start(ctx, stack.Setup{Workers: workers})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()

	compare := func(uri string) []string {
		return []string{evalctl, "compare", base, cand, "-o", "json", "--no-cache", "--tracking-uri", uri}
	}
	requests, err := record(ctx, server.URL, func(proxy string) error {
		return runOnce(ctx, compare(proxy))
	})
	if err != nil {
		return err
	}
	config := filepath.Join(scratch, "curl.config")
	if err := os.WriteFile(config, curlConfig(server.URL, requests), 0o600); err != nil {
		return err
	}
	script := filepath.Join(scratch, "compare.py")
	if err := os.WriteFile(script, comparePy, 0o600); err != nil {
		return err
	}

	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "median of %d\tevalctl\topponent\tratio\t\n", turns)
	for _, match := range []struct {
		name         string
		ours, theirs []string
		theirsByOurs bool // how many times faster we are, else how many times as long we take
	}{
		{name: "version : empty Go program", ours: []string{evalctl, "version"}, theirs: []string{empty}},
		{name: fmt.Sprintf("cold compare : curl --parallel, %d requests", len(requests)), ours: compare(server.URL), theirs: []string{"curl", "--config", config}},
		{name: "Python with MLflow's client : cold compare", ours: compare(server.URL), theirs: []string{python, script, server.URL, base, cand}, theirsByOurs: true},
	} {
		ours, theirs, err := medians(ctx, turns, match.ours, match.theirs)
		if err != nil {
			return err
		}
		ratio := ours.Seconds() / theirs.Seconds()
		if match.theirsByOurs {
			ratio = 1 / ratio
		}
		fmt.Fprintf(out, "%s\t%.1f ms\t%.1f ms\t%.2f\t\n", match.name, 1e3*ours.Seconds(), 1e3*theirs.Seconds(), ratio)
	}
	if runs > 0 {
		if err := database(ctx, out, scratch, evalctl, python, turns, runs); err != nil {
			return err
		}
	}
	return out.Flush()
}

// build compiles evalctl as releases do, and a program that does nothing.
func build(ctx context.Context, scratch string) (evalctl, empty string, err error) {
	source := filepath.Join(scratch, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return "", "", err
	}
	evalctl, empty = filepath.Join(scratch, "evalctl"), filepath.Join(scratch, "empty")
	for target, pkg := range map[string]string{evalctl: "github.com/evalctl/evalctl/cmd/evalctl", empty: source} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", target, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("go build %s: %w\n%s", pkg, err, strings.TrimSpace(string(out)))
		}
	}
	return evalctl, empty, nil
}
