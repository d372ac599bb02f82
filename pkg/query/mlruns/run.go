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
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// value reads a tag or a parameter: its file holds nothing else. An empty one is a
// value, but not of the tag that runs are found by: its writer was interrupted.
func (s *Store) value(ctx context.Context, name string) (value string, found bool, err error) {
	if err := query.Stopped(ctx); err != nil {
		return "", false, err
	}
	if isIdentity(name) {
		found, err = s.readWhole(ctx, name, maxValue, func(data []byte) error {
			if value = string(data); value == "" {
				return errEmpty
			}
			return nil
		})
	} else {
		var data []byte
		data, found, err = s.read(name, maxValue)
		value = string(data)
	}
	if err == nil && found && !utf8.ValidString(value) {
		err = &damage{name, errNotUTF8}
	}
	return value, found && err == nil, err
}

// isIdentity reports whether a name is that of the tag that runs are found by.
func isIdentity(name string) bool {
	return strings.HasSuffix(name, "/"+tagsFolder+"/"+query.TagInvocation)
}

// lost is the damage behind a name that could not be read as what it should be: a link
// to nothing, or a form that is not the one; nil if there is nothing of that name.
func (s *Store) lost(name string, isForm func(fs.FileInfo) error) error {
	info, err := s.root.Stat(name)
	switch {
	case err == nil:
		err = isForm(info)
	case runfolder.Absent(err):
		if _, err = s.root.Lstat(name); err != nil {
			return nil
		}
		err = runfolder.ErrBroken
	}
	if err != nil {
		return unreadable(name, err)
	}
	return nil
}

// lostFolder is [Store.lost] for a folder.
func (s *Store) lostFolder(name string) error {
	return s.lost(name, func(info fs.FileInfo) error {
		if !info.IsDir() {
			return runfolder.ErrNotFolder
		}
		return nil
	})
}

// lostValue is [Store.lost] for a file. A folder of that name has keys that begin so,
// and MLflow makes none that begin with the tag that runs are found by.
func (s *Store) lostValue(name string) error {
	return s.lost(name, func(info fs.FileInfo) error {
		if info.IsDir() && isIdentity(name) {
			return runfolder.ErrIsFolder
		}
		return nil
	})
}

// metric reads the history of a metric, for its [latest] value.
func (s *Store) metric(ctx context.Context, name string) (value float64, found bool, err error) {
	if err := query.Stopped(ctx); err != nil {
		return 0, false, err
	}
	found, err = s.readWhole(ctx, name, maxValue, func(data []byte) (err error) {
		if !utf8.Valid(data) {
			return errNotUTF8
		}
		value, err = latest(string(data))
		return err
	})
	return value, found, err
}

var errNotUTF8 = errors.New("not UTF-8")

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
		found, err := runfolder.Entries(s.root, name)
		if runfolder.Absent(err) {
			if err := s.lostFolder(name); err != nil {
				return err
			}
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
		value, found, err := s.metric(ctx, join(base, key))
		if err == nil && !found {
			err = s.notThere(join(base, key))
		}
		run.Metrics[key] = value
		return err
	})
	if err != nil {
		return query.Run{}, err
	}
	if _, found := run.Tags[query.TagInvocation]; !found {
		if err := s.lostValue(join(folder, tagsFolder, query.TagInvocation)); err != nil {
			return query.Run{}, err
		}
	}
	if run.Name == "" {
		run.Name = run.Tags[tagName]
	}
	run.Folder = query.FolderOf(run.Tags)
	run.Model = query.ModelOf(run.Tags, run.Params)
	return run, nil
}

// present reads a value that a listing has shown.
func (s *Store) present(ctx context.Context, name string) (string, error) {
	value, found, err := s.value(ctx, name)
	if err == nil && !found {
		err = s.notThere(name)
	}
	return value, err
}

// notThere is the damage of what a listing has shown.
func (s *Store) notThere(name string) error {
	if err := s.lostValue(name); err != nil {
		return err
	}
	return damaged(name, "listed, and not there")
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
	// Each line is appended with its end: a number without one looks whole and is not.
	if !strings.HasSuffix(text, "\n") {
		return 0, errCutShort
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		words := strings.Split(strings.TrimSpace(line), " ")
		if len(words) != 2 && len(words) != 3 && len(words) != 5 {
			return 0, errors.New("line " + strconv.Itoa(i+1) + " has " + strconv.Itoa(len(words)) + " words, not 2, 3 or 5")
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
