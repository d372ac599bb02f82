package rundir

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// records are what a program wrote down of where its output is: the launcher in its
// job database, nel-next in an index of runs.
type records interface {
	// jobs finds the jobs that may be asked for and are on this machine; it notes
	// the others.
	jobs(ctx context.Context, t tree, search query.Search, aside *asideLog) ([]job, error)
}

// openRecords is a store of records that are at a path.
func openRecords(file, scheme string, of func(name string) records) (*Store, error) {
	real, err := filepath.Abs(file)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return nil, failure(err, file)
	}
	volume := filepath.VolumeName(real) + string(filepath.Separator)
	t := tree{fsys: os.DirFS(volume), prefix: filepath.ToSlash(volume)}
	name := filepath.ToSlash(strings.TrimPrefix(real, volume))
	return &Store{tree: t, uri: scheme + ":" + filepath.ToSlash(real), opened: place{records: of(name)}}, nil
}

// name is a path of this machine as the tree has it; false if it is not absolute or
// on another volume.
func (t tree) name(file string) (string, bool) {
	if !filepath.IsAbs(file) {
		return "", false
	}
	name, ok := strings.CutPrefix(filepath.ToSlash(filepath.Clean(file)), t.prefix)
	return name, ok && name != ""
}

// maxRecords bounds what is read of one file of records.
const maxRecords = 1 << 30

// readRecords reads a file of records whole.
func (t tree) readRecords(name string) ([]byte, error) {
	file, err := t.fsys.Open(name)
	if err != nil {
		return nil, failure(err, t.show(name))
	}
	defer file.Close() // read only
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxRecords {
		return nil, failure(fmt.Errorf("not a regular file of at most %d bytes", maxRecords), t.show(name))
	}
	data, err := io.ReadAll(io.LimitReader(file, maxRecords))
	if err != nil {
		return nil, failure(err, t.show(name))
	}
	return data, nil
}

// Codes of warnings.
const (
	codeElsewhere = "OUTPUT_ELSEWHERE"
	codeRecords   = "RECORDS_UNREADABLE"
)

// asideLog collects what was left out. Searching twice finds the same twice.
type asideLog struct {
	mu         sync.Mutex
	elsewhere  map[string]string // where output is that is not here, by job or run
	unreadable map[string]string // why a record is left out, by its place
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

// Warnings say which output is recorded and not on this machine, and which records
// cannot be read, as far as searches came across them. Only stores of records have
// any.
func (s *Store) Warnings() []nemo.Warning {
	s.aside.mu.Lock()
	defer s.aside.mu.Unlock()
	var warnings []nemo.Warning
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
	return fmt.Sprintf("%d %ss", n, noun)
}
