package rundir

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// bundleExt ends the names of nel-next's bundles,
// <output dir>/<safe benchmark>/eval-<YYYYmmddTHHMMSSZ>-<safe benchmark>.json.
const bundleExt = ".json"

// bundleAt is the job of a bundle.
func bundleAt(dir, name string) job { return job{dir: dir, index: -1, bundle: name} }

// benchmarkOf is the benchmark in a bundle's name; ok is false if it is not the
// name of one.
func benchmarkOf(name string) (benchmark string, ok bool) {
	stem, isJSON := strings.CutSuffix(name, bundleExt)
	_, rest, _ := strings.Cut(stem, "-")
	_, benchmark, found := strings.Cut(rest, "-")
	return benchmark, isJSON && found && nemo.IsBundleID(name)
}

// bundlesIn lists the bundles of a directory, of each benchmark the newest: its
// time is in its name, and results.jsonl beside it is of that one.
func (t tree) bundlesIn(dir string) ([]job, error) {
	entries, err := t.entries(dir)
	if err != nil {
		return nil, err
	}
	newest := map[string]string{}
	for _, entry := range entries {
		benchmark, ok := benchmarkOf(entry.Name())
		if ok && (entry.Type().IsRegular() || entry.Type()&fs.ModeSymlink != 0) { // whoever reads a link says where it leads
			newest[benchmark] = entry.Name() // entries are sorted
		}
	}
	var jobs []job
	for _, benchmark := range slices.Sorted(maps.Keys(newest)) {
		jobs = append(jobs, bundleAt(dir, newest[benchmark]))
	}
	return jobs, nil
}

// bundlesBelow lists the bundles of a directory and of those in it: one
// benchmark's, or all those of an output directory.
func (t tree) bundlesBelow(dir string, folders []string) ([]job, error) {
	dirs := []string{dir}
	for _, folder := range folders {
		dirs = append(dirs, path.Join(dir, folder))
	}
	var all []job
	for _, d := range dirs {
		jobs, err := t.bundlesIn(d)
		if err != nil {
			return nil, err
		}
		all = append(all, jobs...)
	}
	return all, nil
}

// bundleFile is the place of one file, whatever its name, if it is a bundle.
func (t tree) bundleFile(name string) (place, bool, error) {
	if path.Ext(name) != bundleExt {
		return place{}, false, nil
	}
	single := bundleAt(path.Dir(name), path.Base(name))
	bundle, err := t.readBundle(single)
	return place{bundles: []job{single}}, bundle != nil, err
}

// readBundle decodes a job's bundle; nil if it is damaged: whoever needs its scores
// reads the file again and says what is wrong.
func (t tree) readBundle(j job) (*nemo.Bundle, error) {
	data, ok, err := t.read(j.dir, j.bundle, nemo.MaxFileBytes)
	if err != nil || !ok {
		return nil, err
	}
	bundle, err := nemo.ParseBundle(data)
	if err != nil {
		return nil, nil
	}
	return bundle, nil
}

// settleBundle reads what a bundle says about its run.
func (t tree) settleBundle(j job) (job, error) {
	bundle, err := t.readBundle(j)
	if err != nil {
		return j, err
	}
	if bundle == nil {
		bundle = &nemo.Bundle{}
	}
	j.nelNext = &query.Run{
		Status:      query.StatusFinished, // it is written at the end
		StartTime:   bundle.Timestamp,
		ArtifactURI: t.show(j.dir),
		Bundle:      j.bundle,
		Model:       bundle.Model,
		Tags:        map[string]string{},
	}
	benchmark, _ := benchmarkOf(j.bundle)
	for tag, value := range map[string]string{
		query.TagJob:       firstOf(bundle.RunID, strings.TrimSuffix(j.bundle, bundleExt)),
		query.TagBenchmark: firstOf(bundle.Benchmark, benchmark),
		"config_hash":      bundle.ConfigHash,
		"sdk_version":      bundle.SDKVersion,
	} {
		if value != "" {
			j.nelNext.Tags[tag] = value
		}
	}
	j.started = bundle.Timestamp
	return j, nil
}

// bundleRun is the run that nel-next's exporter would make of a settled bundle.
func (t tree) bundleRun(j job) query.Run {
	run := *j.nelNext
	run.ID = t.runID(j)
	run.Name = runName(run.JobID(), "")
	return run
}
