package rundir

import (
	"strings"
	"time"
)

// The local executor marks a job's progress with files in logs: each holds the
// time, the last one also the exit code ("2026-11-21T03:10:22Z 1"), which says no
// more than whether there are results. The Lepton executor writes words instead
// of times.
const (
	stagePending = "stage.pre-start"
	stageRunning = "stage.running"
	stageExit    = "stage.exit"
)

var stageFiles = []string{stagePending, stageRunning, stageExit}

// maxStageBytes bounds a stage file; real ones have one line.
const maxStageBytes = 4 << 10

// stageTime is the time at which a stage was reached; zero if the text does not
// begin with one.
func stageTime(text string) time.Time {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	at, err := time.Parse(time.RFC3339, word)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// exitedWell reports whether stage.exit, "<ISO time> <exit code>", says 0.
func exitedWell(text string) bool {
	fields := strings.Fields(text)
	return len(fields) == 2 && fields[1] == "0"
}
