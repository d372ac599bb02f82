package mlruns

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// damage is why a run, an experiment, or a model or version of the registry cannot
// be read.
type damage struct {
	path string // below the root
	err  error  // without the path
}

func (d *damage) Error() string { return d.path + ": " + d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

// damaged is a damage that is seen in what a file says.
func damaged(path, format string, args ...any) error {
	return &damage{path, fmt.Errorf(format, args...)}
}

// unreadable is a damage that the file system reports.
func unreadable(path string, err error) error { return &damage{path, runfolder.Reason(err)} }

// Codes of warnings.
const (
	codeRuns        = "RUNS_UNREADABLE"
	codeExperiments = "EXPERIMENTS_UNREADABLE"
	codeModels      = "MODELS_UNREADABLE"
	codeVersions    = "MODEL_VERSIONS_UNREADABLE"
)

// damageLog collects what was left out. Searching twice finds the same twice.
type damageLog struct {
	mu          sync.Mutex
	runs        map[string]*damage // by the folder of the run
	experiments map[string]*damage // by the folder of the experiment
	models      map[string]*damage // by the name of the registered model
	versions    map[string]*damage // by NAME/VERSION
}

// takeRun records that a run is left out. An error that is no damage comes back.
func (l *damageLog) takeRun(folder string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return take(&l.runs, folder, err)
}

// takeExperiment is takeRun for an experiment.
func (l *damageLog) takeExperiment(folder string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return take(&l.experiments, folder, err)
}

// takeModel is takeRun for a registered model.
func (l *damageLog) takeModel(name string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return take(&l.models, name, err)
}

// takeVersion is takeRun for a version of a registered model.
func (l *damageLog) takeVersion(version string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return take(&l.versions, version, err)
}

func take(log *map[string]*damage, folder string, err error) error {
	found, ok := errors.AsType[*damage](err)
	if !ok {
		return err
	}
	if runfolder.Exhausted(err) {
		return &query.Error{Code: query.IO, Message: "cannot read " + found.path, Err: found.err}
	}
	if *log == nil {
		*log = map[string]*damage{}
	}
	(*log)[folder] = found
	return nil
}

func (l *damageLog) warnings(dir string) []nemo.Warning {
	l.mu.Lock()
	defer l.mu.Unlock()
	var warnings []nemo.Warning
	named := func(code, noun string, log map[string]*damage) {
		if len(log) > 0 {
			warnings = append(warnings, nemo.Warning{Code: code, Message: said(log, noun, dir), Keys: slices.Sorted(maps.Keys(log))})
		}
	}
	named(codeExperiments, "experiment", l.experiments)
	if len(l.runs) > 0 {
		w := nemo.Warning{Code: codeRuns, Message: said(l.runs, "run", dir)}
		for folder := range l.runs {
			w.RunIDs = append(w.RunIDs, folder[strings.LastIndex(folder, "/")+1:])
		}
		slices.Sort(w.RunIDs)
		w.RunIDs = slices.Compact(w.RunIDs)
		warnings = append(warnings, w)
	}
	named(codeModels, "registered model", l.models)
	named(codeVersions, "model version", l.versions)
	return warnings
}

// said names the first few.
func said(log map[string]*damage, noun, dir string) string {
	const most = 3
	verb := " cannot be read and is left out: "
	if len(log) > 1 {
		noun, verb = noun+"s", " cannot be read and are left out: "
	}
	var parts []string
	for _, folder := range slices.Sorted(maps.Keys(log)) {
		if len(parts) == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(log)-most))
			break
		}
		parts = append(parts, log[folder].Error())
	}
	return fmt.Sprintf("%d %s of %s", len(log), noun, dir) + verb + strings.Join(parts, "; ")
}

// asDamageOf is errors.AsType for a damage.
func asDamageOf(err error) (*damage, bool) { return errors.AsType[*damage](err) }
