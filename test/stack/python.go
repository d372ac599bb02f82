package stack

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The launcher 0.2.6 wants Python 3.10 to 3.13, scipy 1.17 wants 3.11 or newer.
const (
	oldestPython = 11
	newestPython = 13
)

// Interpreter returns the Python interpreter of an environment with everything
// that requirements.txt names, and makes the environment if this machine has none.
func Interpreter(ctx context.Context) (string, error) {
	return environment(ctx, "requirements.txt")
}

// environment makes, once a machine, a virtual environment with what a file in the
// test folder names.
func environment(ctx context.Context, file string) (string, error) {
	tests, err := folder()
	if err != nil {
		return "", err
	}
	requirements := filepath.Join(tests, filepath.FromSlash(file))
	pins, err := os.ReadFile(requirements)
	if err != nil {
		return "", err
	}
	base, version, err := systemPython(ctx)
	if err != nil {
		return "", err
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}

	dir := filepath.Join(cache, "python-"+digest(pins, []byte(version)))
	interpreter := filepath.Join(dir, "bin", "python")
	err = once(dir, func(dir string) error {
		if err := run(ctx, base, "-m", "venv", dir); err != nil {
			return fmt.Errorf("make a virtual environment (on Debian and Ubuntu this takes the package python3-venv): %w", err)
		}
		if err := run(ctx, interpreter, "-m", "pip", "install", "--quiet", "-r", requirements); err != nil {
			return fmt.Errorf("install test/%s: %w", file, err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return interpreter, nil
}

// systemPython finds an interpreter that the packages can live with. Its version names the interpreter's home too: an environment breaks when that moves.
func systemPython(ctx context.Context) (path, version string, err error) {
	names := []string{"python3"}
	for minor := newestPython; minor >= oldestPython; minor-- {
		names = append(names, fmt.Sprintf("python3.%d", minor))
	}
	probe := fmt.Sprintf("import sys; print(sys.base_prefix, sys.version); "+
		"sys.exit(not (3, %d) <= sys.version_info[:2] <= (3, %d))", oldestPython, newestPython)
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if out, err := command(ctx, path, "-c", probe).Output(); err == nil {
			return path, string(out), nil
		}
	}
	return "", "", fmt.Errorf("no Python 3.%d to 3.%d on PATH: install one, with its venv module",
		oldestPython, newestPython)
}

// command runs a program of the stack, without the settings of whoever runs the
// tests: a tracking URI or a module path of theirs would reach into ours.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "MLFLOW_") && !strings.HasPrefix(variable, "PYTHON") && !strings.HasPrefix(variable, "AWS_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	// The job runner of MLflow's server starts six more processes, for features that
	// no test uses.
	cmd.Env = append(cmd.Env, "MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false", "DO_NOT_TRACK=true", "PYTHONNOUSERSITE=1")
	return cmd
}

// run waits for a program and puts the end of what it said into the error.
func run(ctx context.Context, name string, args ...string) error {
	out, err := command(ctx, name, args...).CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(tail(string(out))))
	}
	return nil
}

// tail is the last lines of a program's output.
func tail(text string) string {
	const lines = 30
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// digest names a cached folder by what went into it.
func digest(parts ...[]byte) string {
	hash := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(hash, "%d\n", len(part))
		hash.Write(part)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))[:16]
}
