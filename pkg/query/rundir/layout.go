package rundir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// Names that the launcher and the core give (nemo-evaluator-launcher 0.2.6).
const (
	artifactsFolder = "artifacts"
	logsFolder      = "logs"

	resultsFile     = "results.yml"
	runConfigFile   = "run_config.yml"
	metadataFile    = "metadata.yaml"
	interruptedFile = ".nemo_evaluator_interrupted"
	secretsFile     = ".secrets.env"
)

// Any of these makes a directory the artifacts of a job. run_config.yml is not
// among them: some releases of the exporter call the configuration of the whole
// invocation so.
var artifactFiles = []string{
	resultsFile, metadataFile, "launcher_unresolved_config.yaml", "eval_factory_metrics.json",
}

// Any of these makes a directory with artifacts or logs a job.
var jobFiles = []string{"run.sh", "run.sub"}

const (
	digits    = "0123456789"
	hexDigits = digits + "abcdefABCDEF"
)

func consistsOf(text, characters string) bool {
	return text != "" && strings.Trim(text, characters) == ""
}

// invocationID reads the launcher's name of an invocation directory,
// <YYYYmmdd>_<HHMMSS>-<id>; ids have 8 digits before launcher 0.1.9 and 16 since.
func invocationID(name string) (id string, ok bool) {
	date, rest, _ := strings.Cut(name, "_")
	clock, id, _ := strings.Cut(rest, "-")
	ok = len(date) == 8 && consistsOf(date, digits) && len(clock) == 6 && consistsOf(clock, digits) &&
		len(id) >= 8 && len(id) <= 32 && consistsOf(id, hexDigits)
	return id, ok
}

func isInvocationName(name string) bool {
	_, ok := invocationID(name)
	return ok
}

// jobName reads the name of a job directory since launcher 0.2.5,
// <task>.<index>; before, it is the task alone. Indices have no leading zeros
// and at most six digits.
func jobName(name string) (task string, index int, ok bool) {
	dot := strings.LastIndex(name, ".")
	if dot < 1 {
		return "", 0, false
	}
	number := name[dot+1:]
	if !consistsOf(number, digits) || len(number) > 6 || len(number) > 1 && number[0] == '0' {
		return "", 0, false
	}
	index, err := strconv.Atoi(number)
	return name[:dot], index, err == nil
}

// maxEntries bounds how much of one directory is taken into memory.
const maxEntries = 100_000

// place is what a path names: exactly one of these.
type place struct {
	dir        string      // a directory of invocations
	invocation *invocation // one invocation
	job        *job        // one job
	bundles    []job       // bundles of nel-next
	records    records     // what a program wrote down of its output
}

// invocation is a directory that holds job directories.
type invocation struct {
	dir string
	id  string // "" if its name has none
}

// invocationAt names the invocation at a directory.
func invocationAt(dir string) invocation {
	found := invocation{dir: dir}
	if id, ok := invocationID(path.Base(dir)); ok {
		found.id = id
	}
	return found
}

// jobAt names the job at a directory. Its name is the task's only where the
// directory is the launcher's own, not a copy under another name.
func jobAt(of invocation, dir, folder string) job {
	found := job{dir: dir, folder: folder, invocation: of.id, index: -1}
	base := path.Base(dir)
	if task, index, ok := jobName(base); ok {
		found.task, found.index = task, index
	} else if of.id != "" {
		found.task = base
	}
	return found
}

// locate finds out what a path names.
func (t tree) locate(name string) (place, error) {
	info, err := fs.Stat(t.fsys, name)
	if err != nil {
		return place{}, runfolder.Failure(err, t.show(name))
	}
	if !info.IsDir() {
		if path.Base(name) == resultsFile && info.Mode().IsRegular() {
			return t.single(path.Dir(name)), nil
		}
		if path.Base(name) == runFile {
			if found, ok, err := t.indexed(path.Dir(name)); err != nil || ok {
				return found, err
			}
		}
		if found, ok, err := t.bundleFile(name); err != nil || ok {
			return found, err
		}
		return place{}, t.noOutput(name, "is neither a results.yml nor a bundle of nel-next")
	}
	if path.Base(name) == artifactsFolder {
		if folder, found, err := t.jobFolder(path.Dir(name)); err != nil || found && folder == artifactsFolder {
			return t.single(name), err
		}
	}
	if folder, found, err := t.jobFolder(name); err != nil {
		return place{}, err
	} else if found {
		found := jobAt(invocationAt(path.Dir(name)), name, folder)
		return place{job: &found}, nil
	}
	return t.several(name)
}

// single is the job whose results lie, or would lie, in a directory.
func (t tree) single(dir string) place {
	root, folder := dir, ""
	if path.Base(dir) == artifactsFolder {
		root, folder = path.Dir(dir), artifactsFolder
	}
	found := jobAt(invocationAt(path.Dir(root)), root, folder)
	return place{job: &found}
}

// several is the directory of invocations, the invocation, or the output directory
// of nel-next at a path.
func (t tree) several(name string) (place, error) {
	folders, err := t.folders(name)
	if err != nil {
		return place{}, err
	}
	if slices.ContainsFunc(folders, isInvocationName) {
		return place{dir: name}, nil
	}
	var unreadable error
	for _, folder := range folders {
		_, found, err := t.jobFolder(path.Join(name, folder))
		if found {
			of := invocationAt(name)
			return place{invocation: &of}, nil
		}
		if unreadable == nil {
			unreadable = err
		}
	}
	if unreadable != nil {
		return place{}, unreadable
	}
	if bundles, err := t.bundlesBelow(name, folders); err != nil || bundles != nil {
		return place{bundles: bundles}, err
	}
	if found, ok, err := t.indexed(name); err != nil || ok {
		return found, err
	}
	return place{}, t.noOutput(name, "holds no launcher output")
}

func (t tree) noOutput(name, why string) error {
	return &query.Error{Code: query.NotFound, Message: t.show(name) + " " + why, Hint: layoutHint}
}

// layoutHint says what was looked for where nothing was found.
const layoutHint = "launcher output looks like <YYYYmmdd_HHMMSS>-<invocation id>/<task>.<n>/artifacts/results.yml; " +
	"that of nel-next like <benchmark>/eval-<time>-<benchmark>.json; name the directory above, or any of these"

// jobFolder reports whether a directory is a job's, and where in it the
// artifacts are: "artifacts" as the launcher has it, or "" as its first
// exporters and people who copy have it.
func (t tree) jobFolder(dir string) (folder string, found bool, err error) {
	probe := prober{tree: t, dir: dir}
	artifacts, logs := probe.isDir(artifactsFolder), probe.isDir(logsFolder)
	switch {
	case (artifacts || logs) && probe.anyFile("", jobFiles):
		return artifactsFolder, true, probe.err
	case artifacts && (probe.anyFile(artifactsFolder, artifactFiles) || logs && probe.anyFile(logsFolder, stageFiles)):
		return artifactsFolder, true, probe.err
	}
	found = probe.anyFile("", artifactFiles)
	return "", found, probe.err
}

// prober asks what a directory holds and keeps the first error.
type prober struct {
	tree tree
	dir  string
	err  error
}

func (p *prober) mode(name string) (fs.FileMode, bool) {
	full := path.Join(p.dir, name)
	info, err := fs.Stat(p.tree.fsys, full)
	if err == nil {
		return info.Mode(), true
	}
	if !runfolder.Absent(err) && p.err == nil {
		p.err = runfolder.Failure(err, p.tree.show(full))
	}
	return 0, false
}

func (p *prober) isDir(name string) bool {
	mode, ok := p.mode(name)
	return ok && mode.IsDir()
}

func (p *prober) anyFile(folder string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		mode, ok := p.mode(path.Join(folder, name))
		return ok && mode.IsRegular()
	})
}

// folders lists the directories in a directory, links to directories included,
// sorted by name.
func (t tree) folders(dir string) ([]string, error) {
	names, _, err := t.foldersAndBroken(dir)
	return names, err
}

// foldersAndBroken is folders with the links that cannot be followed, which may
// have led to one.
func (t tree) foldersAndBroken(dir string) (names []string, broken map[string]error, err error) {
	entries, err := t.entries(dir)
	if err != nil {
		return nil, nil, err
	}
	broken = map[string]error{}
	for _, entry := range entries {
		isDir := entry.IsDir()
		if entry.Type()&fs.ModeSymlink != 0 {
			info, err := fs.Stat(t.fsys, path.Join(dir, entry.Name()))
			if isDir = err == nil && info.IsDir(); err != nil {
				broken[entry.Name()] = brokenLink(err)
			}
		}
		if isDir {
			names = append(names, entry.Name())
		}
	}
	return names, broken, nil
}

func brokenLink(err error) error {
	if runfolder.Absent(err) {
		return errors.New("a symbolic link that leads nowhere")
	}
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	return fmt.Errorf("a symbolic link that cannot be followed: %w", err)
}

// entries reads a directory of bounded size, sorted by name.
func (t tree) entries(dir string) ([]fs.DirEntry, error) {
	file, err := t.fsys.Open(dir)
	if err != nil {
		return nil, runfolder.Failure(err, t.show(dir))
	}
	defer file.Close() // read only
	lister, ok := file.(fs.ReadDirFile)
	if !ok {
		return nil, runfolder.Failure(errors.New("not a directory"), t.show(dir))
	}
	var all []fs.DirEntry
	for len(all) <= maxEntries {
		some, err := lister.ReadDir(1000)
		all = append(all, some...)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, runfolder.Failure(err, t.show(dir))
		}
		if err != nil || len(some) == 0 {
			slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
			return all, nil
		}
	}
	return nil, &query.Error{
		Code:    query.IO,
		Message: t.show(dir) + " has more than " + strconv.Itoa(maxEntries) + " entries",
		Hint:    "name one invocation in it",
	}
}
