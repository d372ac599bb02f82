package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// medians lets two programs take turns and returns the median time of each. The
// first turn only warms the machine's caches.
func medians(ctx context.Context, turns int, ours, theirs []string) (our, their time.Duration, err error) {
	times := [2][]time.Duration{}
	for turn := range max(turns, 1) + 1 {
		for i, args := range [][]string{ours, theirs} {
			began := time.Now()
			if err := runOnce(ctx, args); err != nil {
				return 0, 0, err
			}
			if turn > 0 {
				times[i] = append(times[i], time.Since(began))
			}
		}
	}
	return median(times[0]), median(times[1]), nil
}

// median is the middle one, the upper one of an even number; there is at least one.
func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// runOnce runs a program to its end without a user's settings; what it prints is
// thrown away, and its errors are returned.
func runOnce(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MLFLOW_") && !strings.HasPrefix(variable, "EVALCTL_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "MLFLOW_DISABLE_TELEMETRY=true", "DO_NOT_TRACK=true")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return nil
}
