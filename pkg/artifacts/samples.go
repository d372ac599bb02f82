package artifacts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// SampleMode is what [Fetcher.Load] does about per-sample files.
type SampleMode int

// Modes. The zero value asks a store for nothing more than results.
const (
	SamplesNever  SampleMode = iota // are not looked for
	SamplesAuto                     // are read where there are any
	SamplesAlways                   // are read; a job with results and without them is an error
)

const samplesAutoHint = "--samples auto compares such tasks by what " + resultsName + " has"

// Bounds on the search for sample files: harnesses put them a few folders below
// results.yml, and some leave a folder for every question beside them.
const (
	maxSampleDepth   = 4
	maxSampleFolders = 200
)

// readSamples fills in a job's samples, or why it has none. Like all files, those
// that a finished run lists and does not give fail the command; damage does not.
func (d *folder) readSamples(ctx context.Context, job *nemo.Job, dir string) error {
	if d.Samples == SamplesNever {
		return nil
	}
	if job.Results == nil {
		job.SamplesReason = "there are no results that they could tell about"
		return nil
	}
	files, whole, err := d.sampleTree(ctx, dir)
	if err != nil {
		return d.withoutSamples(ctx, job, err)
	}
	sets := nemo.FindSamples(names(files))
	if len(sets) == 0 {
		job.SamplesReason = noSampleFiles(job, dir, files, whole)
		return nil
	}
	samples, err := d.decodeSamples(ctx, sets, files, job.Results)
	switch _, ok := errors.AsType[*nemo.SyntaxError](err); {
	case ok && d.Samples == SamplesAlways:
		return &query.Error{
			Code: query.Corrupt, Message: "no per-sample outcomes for " + nemo.Text(job.Run.Task) + " of run " + job.Run.RunID, Err: err,
			Hint: samplesAutoHint,
		}
	case ok:
		job.SamplesReason = err.Error()
	case err != nil:
		return d.withoutSamples(ctx, job, err)
	case len(samples.Outcomes) > 0:
		job.Samples = samples
	case len(samples.Excluded) > 0:
		job.SamplesReason = samples.Excluded[0].Reason
	default:
		job.SamplesReason = "the per-sample files tell of no score of " + resultsName
	}
	return nil
}

// withoutSamples is the error for files that could not be listed or fetched. A run
// that is not finished promises none.
func (d *folder) withoutSamples(ctx context.Context, job *nemo.Job, err error) error {
	if ctx.Err() == nil && !d.finished() {
		job.SamplesReason = err.Error()
		return nil
	}
	if query.HasCode(err, query.NotFound) { // it was listed
		err = undeliverable("per-sample files", err)
	}
	if cause, ok := errors.AsType[*query.Error](err); ok && ctx.Err() == nil {
		said := *cause
		said.Hint = strings.TrimPrefix(said.Hint+"\n--samples never compares without per-sample files", "\n")
		return &said
	}
	return err
}

func names(files []query.File) []string {
	all := make([]string, len(files))
	for i, file := range files {
		all[i] = file.Path
	}
	return all
}

// sampleTree is [folder.searchSamples] with a cache. A listing changes no more
// often than the files, by which the cache knows a finished run.
func (d *folder) sampleTree(ctx context.Context, dir string) (files []query.File, whole bool, err error) {
	key := dir + "\x00" // no file has such a name
	if kept, ok := d.cache.get(d.store, d.run, key); ok && json.Unmarshal(kept, &files) == nil {
		return files, true, nil
	}
	files, whole, err = d.searchSamples(ctx, dir)
	if err != nil || !whole {
		return files, whole, err
	}
	if text, err := json.Marshal(files); err == nil {
		_ = d.cache.put(d.store, d.run, key, text) // costs time, not the answer
	}
	return files, true, nil
}

// searchSamples lists the files below a job's folder, nearest first, as far as
// sample files may be; whole is false if there are more folders than are searched.
func (d *folder) searchSamples(ctx context.Context, dir string) (files []query.File, whole bool, err error) {
	level, folders := []string{dir}, 0
	for depth := 0; len(level) > 0; depth++ {
		if depth > maxSampleDepth || folders+len(level) > maxSampleFolders {
			return files, false, nil
		}
		folders += len(level)
		listings := make([][]query.File, len(level))
		group, groupCtx := errgroup.WithContext(ctx)
		for i, dir := range level {
			group.Go(func() (err error) {
				listings[i], err = d.list(groupCtx, dir)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, false, err
		}
		level = nil
		for _, file := range slices.Concat(listings...) {
			if !file.IsDir {
				files = append(files, file)
			} else if holdsNoSamples(file.Path) {
				continue
			} else {
				level = append(level, file.Path)
			}
		}
	}
	return files, true, nil
}

// holdsNoSamples knows the folders that the core and the launcher make themselves.
func holdsNoSamples(dir string) bool {
	name := strings.ToLower(path.Base(dir))
	return name == "run_times" || name == "logs" || strings.Contains(name, "cache")
}

// requiredFiles are what the launcher exports with only_required (nemo-formats §5).
var requiredFiles = []string{resultsName, runtimeName, runConfigName, metadataName, "omni-info.json"}

// noSampleFiles says, for a person, why a job has none.
func noSampleFiles(job *nemo.Job, dir string, files []query.File, whole bool) string {
	more := func(file query.File) bool {
		return path.Dir(file.Path) != path.Clean(dir) || !slices.Contains(requiredFiles, path.Base(file.Path))
	}
	switch {
	case !whole:
		return fmt.Sprintf("no per-sample files in the first %d folders of the run, which has more", maxSampleFolders)
	case dir != "" && !slices.ContainsFunc(files, more):
		return "the required files only were exported (only_required=true)"
	case nemo.Text(job.Run.Harness) == "simple_evals":
		return "simple_evals writes no per-sample files"
	}
	return "the run has no per-sample files of a known kind"
}

// decodeSamples fetches sample files, all of a job at a time, and decodes them as
// streams, as many jobs at a time as there are processors.
func (d *folder) decodeSamples(ctx context.Context, sets []nemo.SampleSet, files []query.File, results *nemo.Results) (*nemo.Samples, error) {
	listed := map[string]query.File{}
	for _, file := range files {
		listed[file.Path] = file
	}
	var wanted []string
	for _, set := range sets {
		wanted = append(wanted, set.Files...)
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	copies, err := d.copies(ctx, wanted, listed)
	defer func() {
		for _, copied := range copies {
			copied.discard()
		}
	}()
	if err != nil {
		return nil, err
	}
	select {
	case d.decoders <- struct{}{}:
		defer func() { <-d.decoders }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	sums := map[string]hash.Hash{}
	samples, err := nemo.DecodeSamples(sets, results, func(name string) (io.ReadCloser, error) {
		if copied := copies[name]; copied != nil {
			file, err := copied.open()
			return stream{ctx, file, file}, err
		}
		body, err := d.store.Open(ctx, d.run, name)
		if err != nil {
			return nil, err
		}
		sums[name] = sha256.New()
		return stream{ctx, io.TeeReader(body, sums[name]), body}, nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range wanted {
		file := nemo.File{Path: name}
		if copied := copies[name]; copied != nil {
			file.SHA256 = copied.sha256
		} else if sum := sums[name]; sum != nil {
			file.SHA256 = checksum(sum)
		} else {
			continue // not opened: no score needs it
		}
		samples.Files = append(samples.Files, file)
	}
	return samples, nil
}

// stream ends with ctx.
type stream struct {
	ctx context.Context //nolint:containedctx // a reader has no other way to end
	io.Reader
	io.Closer
}

func (s stream) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(p)
}

// copies fetches files of a remote store to disk; of a local one there are none.
func (d *folder) copies(ctx context.Context, wanted []string, listed map[string]query.File) (map[string]*diskCopy, error) {
	if !d.store.Remote() {
		return nil, nil
	}
	all := make([]*diskCopy, len(wanted))
	group, groupCtx := errgroup.WithContext(ctx)
	if d.progress != nil {
		d.progress.Want(len(wanted))
	}
	for i, name := range wanted {
		group.Go(func() (err error) {
			if all[i], err = d.copyToDisk(groupCtx, listed[name]); err == nil && d.progress != nil {
				d.progress.Got(name, all[i].size)
			}
			return err
		})
	}
	err := group.Wait()
	copies := map[string]*diskCopy{}
	for i, name := range wanted {
		if all[i] != nil {
			copies[name] = all[i]
		}
	}
	return copies, err
}

// requireSamples is the error for jobs with results and without samples.
func requireSamples(evaluations []nemo.Evaluation) error {
	const shown = 5
	var without []string
	code := query.NotFound
	for _, evaluation := range evaluations {
		for _, job := range evaluation.Jobs {
			if job.Results == nil || job.Samples != nil {
				continue
			}
			line := fmt.Sprintf("%s of run %s: %s", nemo.Text(job.Run.Task), job.Run.RunID, job.SamplesReason)
			if !slices.Contains(without, line) {
				without = append(without, line)
			}
		}
	}
	if len(without) == 0 {
		return nil
	}
	message := without[0]
	if len(without) > 1 {
		message = fmt.Sprintf("%d tasks have no per-sample outcomes: %s", len(without), strings.Join(without[:min(shown, len(without))], "; "))
	} else {
		message = "no per-sample outcomes for " + message
	}
	if more := len(without) - shown; more > 0 {
		message += fmt.Sprintf("; and %d more", more)
	}
	return &query.Error{Code: code, Message: message, Hint: samplesAutoHint}
}
