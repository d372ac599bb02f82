package rundir

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// Codes of warnings.
const (
	codeElsewhere = "OUTPUT_ELSEWHERE"
	codeRecords   = "RECORDS_UNREADABLE"
	codeRuns      = "RUNS_UNREADABLE"
)

// asideLog collects what was left out. Searching twice finds the same twice.
type asideLog struct {
	mu         sync.Mutex
	elsewhere  map[string]string // where output is that is not here, by job or run
	unreadable map[string]string // why a record is left out, by its place
	jobs       map[string]string // what cannot be read of a job that is left out, by its directory
}

func (l *asideLog) noteElsewhere(id, where string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.elsewhere == nil {
		l.elsewhere = map[string]string{}
	}
	l.elsewhere[id] = where
}

func (l *asideLog) noteUnreadable(place string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unreadable == nil {
		l.unreadable = map[string]string{}
	}
	l.unreadable[place] = err.Error()
}

// noteJob records that a job is left out, as its directory cannot be read.
func (l *asideLog) noteJob(dir string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.jobs == nil {
		l.jobs = map[string]string{}
	}
	l.jobs[dir] = dir + ": " + err.Error()
	if found, ok := errors.AsType[*query.Error](err); ok {
		l.jobs[dir] = found.Error() // names the file
	}
}

// Warnings say which jobs cannot be read, which output is recorded and not on this
// machine, and which records cannot be read, as far as searches came across them.
func (s *Store) Warnings() []nemo.Warning {
	s.aside.mu.Lock()
	defer s.aside.mu.Unlock()
	var warnings []nemo.Warning
	if n := len(s.aside.jobs); n > 0 {
		dirs, some := sample(s.aside.jobs, "%[2]s")
		verb := "are"
		if n == 1 {
			verb = "is"
		}
		warnings = append(warnings, nemo.Warning{
			Code: codeRuns, Keys: dirs,
			Message: fmt.Sprintf("%s cannot be read and %s left out: %s", counted(n, "job directory"), verb, some),
		})
	}
	if n := len(s.aside.elsewhere); n > 0 {
		ids, some := sample(s.aside.elsewhere, "%s (%s)")
		warnings = append(warnings, nemo.Warning{
			Code: codeElsewhere, RunIDs: ids,
			Message: fmt.Sprintf("the output of %s is not on this machine: %s; copy it and name the directory, or ask the server that it was exported to",
				counted(n, "recorded job"), some),
		})
	}
	if n := len(s.aside.unreadable); n > 0 {
		places, some := sample(s.aside.unreadable, "%s: %s")
		warnings = append(warnings, nemo.Warning{
			Code: codeRecords, Keys: places,
			Message: fmt.Sprintf("%s left out, as they cannot be read: %s", counted(n, "record"), some),
		})
	}
	return warnings
}

// sample is all keys, and the first few with their values.
func sample(log map[string]string, format string) (keys []string, some string) {
	const most = 3
	for key := range log {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var parts []string
	for i, key := range keys {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(keys)-most))
			break
		}
		parts = append(parts, fmt.Sprintf(format, key, log[key]))
	}
	return keys, strings.Join(parts, ", ")
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, found := strings.CutSuffix(noun, "y"); found {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
