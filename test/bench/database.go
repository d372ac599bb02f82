package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/test/stack"
)

//go:embed database.py
var databasePy []byte

// join finds the runs of an invocation as MLflow's store does.
const join = `SELECT r.* FROM runs r
JOIN (SELECT run_uuid FROM tags WHERE key = 'invocation_id' AND value = '%s') t ON t.run_uuid = r.run_uuid
WHERE r.lifecycle_stage = 'active' AND r.experiment_id IN (SELECT experiment_id FROM experiments WHERE lifecycle_stage = 'active')
ORDER BY r.start_time DESC, r.run_uuid`

// database measures what reads a database file of so many runs.
func database(ctx context.Context, out io.Writer, scratch, evalctl, python string, turns, runs int) error {
	server, err := stack.Start(ctx, stack.Setup{}) // for a database with MLflow's schema
	if err != nil {
		return err
	}
	path := filepath.Join(scratch, "mlflow.db")
	data, err := os.ReadFile(filepath.Join(server.Dir, "mlflow.db"))
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if closed := server.Close(); err == nil {
		err = closed
	}
	script := filepath.Join(scratch, "database.py")
	if err == nil {
		err = os.WriteFile(script, databasePy, 0o600)
	}
	if err != nil {
		return err
	}
	made, err := exec.CommandContext(ctx, python, script, "make", path, strconv.Itoa(runs)).Output()
	if err != nil {
		return fmt.Errorf("make a database of %d runs: %w", runs, err)
	}
	id := strings.TrimSpace(string(made))
	ours := []string{evalctl, "runs", id, "-o", "name", "--tracking-uri", "sqlite:///" + path}
	for _, opponent := range []struct {
		name string
		args []string
	}{
		{"the sqlite3 program", []string{"sqlite3", path, fmt.Sprintf(join, id)}},
		{"Python's sqlite3", []string{python, "-S", script, "ask", path, id}},
	} {
		if _, err := exec.LookPath(opponent.args[0]); err != nil {
			fmt.Fprintf(out, "resolve an id : %s\t\tnot here\t\t\n", opponent.name)
			continue
		}
		our, their, err := medians(ctx, turns, ours, opponent.args)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "resolve an id of %d runs : %s\t%.1f ms\t%.1f ms\t%.2f\t\n", runs, opponent.name,
			1e3*our.Seconds(), 1e3*their.Seconds(), our.Seconds()/their.Seconds())
	}
	for _, verb := range [][]string{{"runs", "--limit", "20"}, {"invocations", "--limit", "20"}} {
		args := append([]string{evalctl}, append(verb, "--tracking-uri", "sqlite:///"+path)...)
		our, _, err := medians(ctx, turns, args, []string{"true"})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s of %d runs\t%.1f ms\t\t\t\n", strings.Join(verb, " "), runs, 1e3*our.Seconds())
	}
	for _, args := range [][]string{ours, {evalctl, "runs", "--limit", "20", "--tracking-uri", "sqlite:///" + path}} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, said.String())
		}
		fmt.Fprintf(out, "memory of %s %s\t%.0f MB\t\t\t\n", args[1], args[2], peakMegabytes(cmd.ProcessState))
	}
	return nil
}
