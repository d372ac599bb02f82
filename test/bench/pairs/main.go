// Command pairs prints how evalctl and pandas compare the same two evaluations
// question by question, from the same files in the same minute: time, processor
// time and memory. It asserts nothing.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/evalctl/evalctl/test/samples"
	"github.com/evalctl/evalctl/test/stack"
)

//go:embed pairs.py
var script []byte

func main() {
	questions := flag.Int("n", 1_000_000, "questions of each side; a million are 3 GB of files")
	turns := flag.Int("turns", 1, "turns of each contender; the best counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, *questions, *turns); err != nil {
		fmt.Fprintln(os.Stderr, "pairs:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, questions, turns int) (err error) {
	scratch, err := os.MkdirTemp("", "evalctl-pairs-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	python, err := stack.Interpreter(ctx)
	if err != nil {
		return err
	}
	evalctl := filepath.Join(scratch, "evalctl")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", evalctl, "github.com/evalctl/evalctl/cmd/evalctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	program := filepath.Join(scratch, "pairs.py")
	if err := os.WriteFile(program, script, 0o600); err != nil {
		return err
	}
	var sides []string
	for i, side := range []samples.Side{
		{Invocation: "aaaaaaaaaaaaaaaa", Model: "acme/one", Questions: questions, Skill: 0.71, Seed: 1},
		{Invocation: "bbbbbbbbbbbbbbbb", Model: "acme/two", Questions: questions, Skill: 0.7, Seed: 2},
	} {
		path, _, err := samples.Write(filepath.Join(scratch, fmt.Sprint(i)), samples.LMEval, side)
		if err != nil {
			return err
		}
		sides = append(sides, path)
	}

	ours := []string{
		evalctl, "compare", sides[0], sides[1], "--no-cache", "--samples", "always", "--jq",
		`.data.rows[0].inference.paired | [.both, .base_only, .cand_only, .neither] | @tsv`,
	}
	theirs := []string{python, program, sides[0], sides[1]}
	mine, table, err := best(ctx, turns, ours)
	if err != nil {
		return err
	}
	peer, other, err := best(ctx, turns, theirs)
	if err != nil {
		return err
	}
	if table != other {
		return fmt.Errorf("evalctl counts %q, pandas %q", table, other)
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "%d pairs\tevalctl\tpandas\tratio\t\n", questions)
	fmt.Fprintf(out, "time, s\t%.1f\t%.1f\t%.1f\t\n", mine.elapsed.Seconds(), peer.elapsed.Seconds(), peer.elapsed.Seconds()/mine.elapsed.Seconds())
	fmt.Fprintf(out, "processor time, s\t%.1f\t%.1f\t%.1f\t\n", mine.processor.Seconds(), peer.processor.Seconds(), peer.processor.Seconds()/mine.processor.Seconds())
	fmt.Fprintf(out, "peak memory, MB\t%d\t%d\t%.1f\t\n", mine.memory>>20, peer.memory>>20, float64(peer.memory)/float64(max(mine.memory, 1)))
	return out.Flush()
}

// cost is what a program took.
type cost struct {
	elapsed, processor time.Duration
	memory             int64 // peak resident set in bytes; 0 where the system does not tell
}

// best runs a program several times and returns the least elapsed time, with the
// rest of that turn, and what it printed.
func best(ctx context.Context, turns int, args []string) (least cost, printed string, err error) {
	for turn := range max(turns, 1) {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stderr = os.Stderr
		var out strings.Builder
		cmd.Stdout = io.Writer(&out)
		began := time.Now()
		if err := cmd.Run(); err != nil {
			return cost{}, "", fmt.Errorf("%s: %w", args[0], err)
		}
		now := cost{time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak(cmd.ProcessState)}
		if turn == 0 || now.elapsed < least.elapsed {
			least = now
		}
		printed = strings.Trim(strings.TrimSpace(out.String()), `"`)
		printed = strings.ReplaceAll(printed, `\t`, "\t")
	}
	return least, printed, nil
}
