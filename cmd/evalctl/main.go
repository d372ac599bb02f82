// Command evalctl finds evaluations that NVIDIA NeMo Evaluator Launcher exported
// to MLflow, by invocation id, and compares them exactly.
//
// This package is the only one that touches flags, the environment, the terminal
// and exit codes. Each verb has a file: flags → stages → document → exit code.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Set by the linker in a release.
var (
	version = "dev"
	commit  = ""
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends what does not heed the first
	status := run(ctx, processApp(), os.Args[1:])
	stop()
	os.Exit(status)
}
