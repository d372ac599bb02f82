package mlruns

import (
	"cmp"
	"context"
	"io/fs"
	"slices"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/filterlang"
	"github.com/evalctl/evalctl/pkg/query/runfolder"
)

// condition is one demand on a run, whatever language it was made in.
type condition struct {
	of    source
	key   string
	holds func(filterlang.Record) bool
	// wants says, of a demand that there be such a key or none, which; its value is
	// not read.
	wants presence
}

// source is what has to be read to decide on a condition.
type source int

// Sources. The name of the folder is the run's id.
const (
	ofName source = iota
	ofMeta
	ofTag
	ofParam
	ofMetric
	ofInputs
)

type presence int

const (
	anyValue presence = iota // a value that holds
	noKey
	someKey
)

// cost orders conditions: what is cheap to decide comes first. described says that
// the meta.yaml of a run is read anyway.
func (c condition) cost(described bool) int {
	switch {
	case c.of == ofName:
		return 0
	case c.of == ofMeta && described:
		return 1
	case c.of == ofTag, c.of == ofParam, c.of == ofMetric:
		return 2
	case c.of == ofMeta:
		return 3
	default:
		return 4
	}
}

// plan is the conditions of a search: all of every one, and all of one of any.
type plan struct {
	every []condition
	any   [][]condition
}

// newPlan orders the conditions of a search.
func newPlan(search query.Search, raw filterlang.Filter, described bool) plan {
	inOrder := func(all []condition) []condition {
		slices.SortStableFunc(all, func(a, b condition) int { return cmp.Compare(a.cost(described), b.cost(described)) })
		return all
	}
	p := plan{every: inOrder(append(conditionsOf(search.Filter), conditionsOfRaw(raw)...))}
	for _, f := range search.Any {
		p.any = append(p.any, inOrder(conditionsOf(f)))
	}
	return p
}

// described is what of the plan the meta.yaml of a run decides.
func (p plan) described() plan {
	return plan{every: slices.DeleteFunc(slices.Clone(p.every), func(c condition) bool {
		return c.of != ofName && (c.of != ofMeta || c.key == filterlang.RunName)
	})}
}

func conditionsOf(f query.Filter) []condition {
	conditions := make([]condition, len(f))
	for i, c := range f {
		conditions[i] = condition{key: c.Key, holds: func(r filterlang.Record) bool { return query.Filter{c}.Match(r.Run) }}
		of := &conditions[i]
		switch c.Entity {
		case query.Tag:
			of.of = ofTag
		case query.Param:
			of.of = ofParam
		case query.Attribute:
			of.of = ofAttribute(c.Key)
		}
		if c.Op == query.Absent && of.of != ofMeta && of.of != ofName {
			of.wants = noKey
		}
	}
	return conditions
}

func conditionsOfRaw(f filterlang.Filter) []condition {
	conditions := make([]condition, len(f))
	for i, c := range f {
		conditions[i] = condition{key: c.Field.Key, holds: filterlang.Filter{c}.Match}
		of := &conditions[i]
		switch c.Field.Entity {
		case filterlang.Tag:
			of.of = ofTag
		case filterlang.Param:
			of.of = ofParam
		case filterlang.Metric:
			of.of = ofMetric
		case filterlang.Dataset:
			of.of = ofInputs
		case filterlang.Attribute:
			of.of = ofAttribute(c.Field.Key)
		}
		switch {
		case of.of != ofTag && of.of != ofParam:
		case c.Op == filterlang.IsNull:
			of.wants = noKey
		case c.Op == filterlang.NotNull:
			of.wants = someKey
		}
	}
	return conditions
}

func ofAttribute(key string) source {
	if key == filterlang.RunID {
		return ofName
	}
	return ofMeta
}

// record is a run that is read as far as it had to be.
type record struct {
	in     *experiment
	folder string // below the root
	meta   *meta  // nil: not read yet

	known  filterlang.Record // what conditions have asked for
	asked  map[field]bool
	listed map[source]map[string]bool // keys, once asked for
}

// field is a tag, a parameter or a metric.
type field struct {
	of  source
	key string
}

// forget drops what conditions have asked for; meta and inputs stay.
func (r *record) forget() {
	r.known, r.asked, r.listed = filterlang.Record{Inputs: r.known.Inputs}, nil, nil
}

// decide reports whether a run meets the plan.
func (s *Store) decide(ctx context.Context, r *record, p plan) (bool, error) {
	if r.asked == nil {
		r.asked = map[field]bool{}
		r.known.Run = query.Run{ID: idOf(r.folder), Tags: map[string]string{}, Params: map[string]string{}, Metrics: map[string]float64{}}
	}
	ok, err := s.meetsAll(ctx, r, p.every)
	if err != nil || !ok || len(p.any) == 0 {
		return ok, err
	}
	for _, f := range p.any {
		if ok, err := s.meetsAll(ctx, r, f); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func (s *Store) meetsAll(ctx context.Context, r *record, conditions []condition) (bool, error) {
	for _, c := range conditions {
		if ok, err := s.meets(ctx, r, c); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// meets reports whether a run meets a condition, reading what that takes. What is
// no run meets none.
func (s *Store) meets(ctx context.Context, r *record, c condition) (bool, error) {
	switch {
	case c.wants != anyValue:
		// Names are compared as they are listed: some file systems do not tell
		// upper and lower case apart.
		present, err := s.has(r, field{c.of, c.key})
		return err == nil && present == (c.wants == someKey), err
	case c.of == ofMeta:
		if there, err := s.describe(ctx, r); err != nil || !there {
			return false, err
		}
		if c.key == filterlang.RunName {
			if err := s.name(ctx, r); err != nil {
				return false, err
			}
		}
	case c.of == ofInputs:
		if err := s.askInputs(ctx, r); err != nil {
			return false, err
		}
	case c.of != ofName:
		if err := s.ask(ctx, r, field{c.of, c.key}); err != nil {
			return false, err
		}
	}
	return c.holds(r.known), nil
}

// describe reads the run's meta.yaml, and reports whether there is one.
func (s *Store) describe(ctx context.Context, r *record) (bool, error) {
	if r.meta == nil {
		var err error
		if r.meta, err = s.runMeta(ctx, r.in.ID, r.folder); err != nil {
			return false, err
		}
	}
	if r.meta == nil {
		return false, s.strayed(r.folder)
	}
	r.known.Status, r.known.StartTime, r.known.EndTime = r.meta.status, r.meta.start, r.meta.end
	r.known.ArtifactURI, r.known.UserID = r.meta.artifactURI, r.meta.user
	return true, nil
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
	return s.lost(join(folder, metaFile), func(info fs.FileInfo) error {
		if info.IsDir() {
			return runfolder.ErrIsFolder
		}
		return nil // written meanwhile
	})
}

// name fills in the run's name, which older files have in a tag only.
func (s *Store) name(ctx context.Context, r *record) error {
	if r.known.Name = r.meta.name; r.known.Name != "" {
		return nil
	}
	err := s.ask(ctx, r, field{ofTag, tagName})
	r.known.Name = r.known.Tags[tagName]
	return err
}

// tagName is the tag with the run's name.
const tagName = "mlflow.runName"

// folderOf is where the values of a source are.
func folderOf(of source) string {
	switch of {
	case ofParam:
		return paramsFolder
	case ofMetric:
		return metricsFolder
	case ofTag, ofName, ofMeta, ofInputs:
	}
	return tagsFolder
}

// ask reads one tag, parameter or metric.
func (s *Store) ask(ctx context.Context, r *record, f field) error {
	if r.asked[f] || !fs.ValidPath(f.key) || f.key == "." {
		return nil
	}
	r.asked[f] = true
	name := join(r.folder, folderOf(f.of), f.key)
	if f.of == ofMetric {
		value, found, err := s.metric(ctx, name)
		switch {
		case err != nil:
			return err
		case !found:
			return s.without(r, f)
		}
		r.known.Metrics[f.key] = value
		return nil
	}
	value, found, err := s.value(ctx, name)
	switch {
	case err != nil:
		return err
	case !found:
		return s.without(r, f)
	}
	if f.of == ofParam {
		r.known.Params[f.key] = value
	} else {
		r.known.Tags[f.key] = value
	}
	return nil
}

// without is the damage behind a tag, parameter or metric that a run does not have;
// mostly there is none.
func (s *Store) without(r *record, f field) error {
	folder := join(r.folder, folderOf(f.of))
	if err := s.lostFolder(folder); err != nil {
		return err
	}
	return s.lostValue(join(folder, f.key))
}

// has reports whether a run has a tag or parameter, whatever it says.
func (s *Store) has(r *record, f field) (bool, error) {
	keys, listed := r.listed[f.of]
	if !listed {
		keys = map[string]bool{}
		err := s.walk(join(r.folder, folderOf(f.of)), func(key string) error { keys[key] = true; return nil })
		if err != nil {
			return false, err
		}
		if r.listed == nil {
			r.listed = map[source]map[string]bool{}
		}
		r.listed[f.of] = keys
	}
	return keys[f.key], nil
}

// askInputs reads the datasets that the run was given.
func (s *Store) askInputs(ctx context.Context, r *record) error {
	f := field{of: ofInputs}
	if r.asked[f] {
		return nil
	}
	r.asked[f] = true
	var err error
	r.known.Inputs, err = s.inputs(ctx, r.in, r.folder)
	return err
}
