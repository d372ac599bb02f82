package mlruns

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/evalctl/evalctl/pkg/query"
)

// record is a run that is read as far as it had to be.
type record struct {
	in     *experiment
	folder string // below the root
	meta   *meta  // nil: not read yet

	known  query.Run // what conditions have asked for
	asked  map[field]bool
	listed map[string]map[string]bool // the keys in tags and params, once asked for
}

// forget drops what conditions have asked for; meta stays.
func (r *record) forget() { r.known, r.asked, r.listed = query.Run{}, nil, nil }

// field is a tag or a parameter.
type field struct{ folder, key string }

// folderOf is where the values of an entity are.
func folderOf(entity query.Entity) string {
	if entity == query.Param {
		return paramsFolder
	}
	return tagsFolder
}

// meets reports whether a run meets a condition, reading what that takes. gone says
// that there is no run.
func (s *Store) meets(ctx context.Context, r *record, c query.Condition) (ok, gone bool, err error) {
	if r.asked == nil {
		r.asked = map[field]bool{}
		r.known = query.Run{ID: idOf(r.folder), Tags: map[string]string{}, Params: map[string]string{}}
	}
	switch {
	case c.Entity == query.Attribute && c.Key == "run_id":
	case c.Entity == query.Attribute:
		if gone, err = s.describe(ctx, r); err != nil || gone {
			return false, gone, err
		}
		if c.Key == "run_name" {
			err = s.name(r)
		}
	case c.Op == query.Absent:
		// Names are compared as they are listed: some file systems do not tell
		// upper and lower case apart.
		present, err := s.has(r, field{folderOf(c.Entity), c.Key})
		return !present, false, err
	default:
		err = s.ask(r, field{folderOf(c.Entity), c.Key})
	}
	return err == nil && query.Filter{c}.Match(r.known), false, err
}

// describe reads the run's meta.yaml; gone says that there is none.
func (s *Store) describe(ctx context.Context, r *record) (gone bool, err error) {
	if r.meta == nil {
		if r.meta, err = s.runMeta(ctx, r.in.ID, r.folder); err != nil {
			return false, err
		}
	}
	if r.meta == nil {
		return true, s.strayed(r.folder)
	}
	r.known.Status, r.known.StartTime, r.known.EndTime = r.meta.status, r.meta.start, r.meta.end
	return false, nil
}

// strayed is the error for a folder without meta.yaml that is a run's. Others are
// none: artifacts may lie there.
func (s *Store) strayed(folder string) error {
	for _, name := range [...]string{tagsFolder, paramsFolder, metricsFolder} {
		info, err := s.root.Stat(join(folder, name))
		if err == nil && info.IsDir() {
			return damaged(join(folder, metaFile), "missing")
		}
	}
	return nil
}

// name fills in the run's name, which older files have in a tag only.
func (s *Store) name(r *record) error {
	if r.known.Name = r.meta.name; r.known.Name != "" {
		return nil
	}
	err := s.ask(r, field{tagsFolder, tagName})
	r.known.Name = r.known.Tags[tagName]
	return err
}

// tagName is the tag with the run's name.
const tagName = "mlflow.runName"

// ask reads one tag or parameter.
func (s *Store) ask(r *record, f field) error {
	if r.asked[f] || !fs.ValidPath(f.key) || f.key == "." {
		return nil
	}
	r.asked[f] = true
	value, found, err := s.value(join(r.folder, f.folder, f.key))
	if found && f.folder == tagsFolder {
		r.known.Tags[f.key] = value
	} else if found {
		r.known.Params[f.key] = value
	}
	return err
}

// value reads a tag or a parameter: its file holds nothing else.
func (s *Store) value(name string) (string, bool, error) {
	data, found, err := s.read(name, maxValue)
	if err == nil && found && !utf8.Valid(data) {
		err = damaged(name, "not UTF-8")
	}
	return string(data), found && err == nil, err
}

// has reports whether a run has a tag or parameter, whatever it says.
func (s *Store) has(r *record, f field) (bool, error) {
	keys, listed := r.listed[f.folder]
	if !listed {
		keys = map[string]bool{}
		err := s.walk(join(r.folder, f.folder), func(key string) error { keys[key] = true; return nil })
		if err != nil {
			return false, err
		}
		if r.listed == nil {
			r.listed = map[string]map[string]bool{}
		}
		r.listed[f.folder] = keys
	}
	return keys[f.key], nil
}

// longestKey bounds a key in bytes, and so how deep folders are; MLflow allows 250
// characters.
const longestKey = 4 << 10

// walk calls visit for each key below a folder: a slash in a key is a folder.
// Links to folders are not followed, as MLflow does not either.
func (s *Store) walk(folder string, visit func(key string) error) error {
	pending, seen := []string{""}, 0
	for len(pending) > 0 {
		prefix := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		name := join(folder, prefix)
		found, err := entries(s.root, name)
		if absent(err) {
			continue
		}
		if err != nil {
			return unreadable(name, err)
		}
		if seen += len(found); seen > maxEntries || len(prefix) > longestKey {
			return unreadable(name, errTooLarge)
		}
		for _, entry := range found {
			key := join(prefix, entry.Name())
			isFolder := entry.IsDir()
			if entry.Type()&fs.ModeSymlink != 0 {
				info, err := s.root.Stat(join(folder, key))
				if err == nil && info.IsDir() {
					continue
				}
			}
			if isFolder {
				pending = append(pending, key)
			} else if err := visit(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// load reads all of a run.
func (s *Store) load(ctx context.Context, in *experiment, folder string, m *meta) (query.Run, error) {
	run := query.Run{
		ID: m.id, Name: m.name, ExperimentID: in.ID, Experiment: in.Name, Status: m.status,
		StartTime: m.start, EndTime: m.end, ArtifactURI: m.artifactURI, Deleted: m.deleted || in.Deleted,
		Tags: map[string]string{}, Params: map[string]string{}, Metrics: map[string]float64{},
	}
	for _, of := range []struct {
		folder string
		values map[string]string
	}{{tagsFolder, run.Tags}, {paramsFolder, run.Params}} {
		base := join(folder, of.folder)
		err := s.walk(base, func(key string) (err error) {
			of.values[key], err = s.present(ctx, join(base, key))
			return err
		})
		if err != nil {
			return query.Run{}, err
		}
	}
	base := join(folder, metricsFolder)
	err := s.walk(base, func(key string) error {
		text, err := s.present(ctx, join(base, key))
		if err == nil {
			run.Metrics[key], err = latest(text)
		}
		if err != nil {
			return asDamage(join(base, key), err)
		}
		return nil
	})
	if err != nil {
		return query.Run{}, err
	}
	if run.Name == "" {
		run.Name = run.Tags[tagName]
	}
	run.Folder = query.FolderOf(run.Tags)
	run.Model = query.ModelOf(run.Tags, run.Params)
	return run, nil
}

// asDamage gives an error its path, if it has none.
func asDamage(name string, err error) error {
	if _, ok := errors.AsType[*damage](err); ok {
		return err
	}
	if _, ok := errors.AsType[*query.Error](err); ok {
		return err
	}
	return &damage{name, err}
}

// present reads a value that a listing has shown.
func (s *Store) present(ctx context.Context, name string) (string, error) {
	if err := stopped(ctx); err != nil {
		return "", err
	}
	value, found, err := s.value(name)
	if err == nil && !found {
		err = damaged(name, "listed, and not there")
	}
	return value, err
}

// latest is the value of a metric that MLflow reports: the largest by step, time
// and value. A line is "<ms> <value>", "<ms> <value> <step>", or five words, of
// which MLflow reads no step.
func latest(text string) (float64, error) {
	if text == "" {
		return 0, errEmpty
	}
	var value float64
	var step, at int64
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		words := strings.Split(strings.TrimSpace(line), " ")
		if len(words) != 2 && len(words) != 3 && len(words) != 5 {
			return 0, errors.New("line " + strconv.Itoa(i+1) + " has " + strconv.Itoa(len(words)) + " words, not 2, 3 or 5")
		}
		// A writer that was interrupted leaves a number that looks whole.
		if len(words) == 2 && i == len(lines)-1 && !strings.HasSuffix(text, "\n") {
			return 0, errCutShort
		}
		ms, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil {
			return 0, errors.New("line " + strconv.Itoa(i+1) + " begins with " + quoted(words[0]) + ", not a time in milliseconds")
		}
		v, err := number(words[1])
		if err != nil {
			return 0, errors.New("line " + strconv.Itoa(i+1) + " has the value " + quoted(words[1]) + ", not a number")
		}
		var n int64
		if len(words) == 3 {
			if n, err = strconv.ParseInt(words[2], 10, 64); err != nil {
				return 0, errors.New("line " + strconv.Itoa(i+1) + " has the step " + quoted(words[2]) + ", not a number")
			}
		}
		if i == 0 || n > step || n == step && (ms > at || ms == at && v > value) {
			value, step, at = v, n, ms
		}
	}
	return value, nil
}

// number reads a float as Python writes it: 1e-07, nan, inf, -inf.
func number(text string) (float64, error) {
	if strings.ContainsAny(text, "xXpP_") {
		return math.NaN(), strconv.ErrSyntax
	}
	v, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil // Python reads an infinity
	}
	return v, err
}
