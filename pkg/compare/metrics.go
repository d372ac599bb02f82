package compare

import (
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
)

// reasonAmbiguousKey is why a score of results.yml and an MLflow key are not
// joined: another score has, or may have, the same key.
const reasonAmbiguousKey = "metric_key_ambiguous"

// throughKeys gives the scores of a side that has only MLflow metrics the names
// that the other side's results.yml has for them, where a key stands for one score
// and only that; then they are joined like any others. Its headline is that of the
// file, whose names are whole.
func (p pair) throughKeys() pair {
	switch {
	case p.base == nil || p.cand == nil || p.base.onlyMetrics() == p.cand.onlyMetrics():
	case p.base.onlyMetrics():
		p.base, p.ambiguous = p.base.named(p.cand)
	default:
		p.cand, p.ambiguous = p.cand.named(p.base)
	}
	return p
}

func (t *task) onlyMetrics() bool {
	return !slices.ContainsFunc(t.cells, func(c cell) bool { return !c.fromMetrics })
}

// named returns a copy of a task whose scores are known by MLflow keys, with the
// names that file has for them, and the keys of cells that are ambiguous.
func (t *task) named(file *task) (*task, map[string]bool) {
	scores := make([]nemo.Score, len(file.cells))
	for i, c := range file.cells {
		scores[i] = nemo.Score{Section: c.section, Name: c.name, Metric: c.metric, Score: c.score, Pointer: c.sources[0].Key}
	}
	keys := make([]string, len(t.cells))
	for i, c := range t.cells {
		keys[i] = c.metric
	}
	keysOf, scoresOf := nemo.MatchKeys(scores, keys)
	renamed := *t
	renamed.cells = slices.Clone(t.cells)
	ambiguous := map[string]bool{}
	for i, c := range file.cells {
		isHeadline := i == file.primary
		if len(keysOf[i]) == 1 && len(scoresOf[keysOf[i][0]]) == 1 {
			k := keysOf[i][0]
			to := &renamed.cells[k]
			to.section, to.name, to.metric, to.score = c.section, c.name, c.metric, c.score
			to.reading, to.scale, to.direction = c.reading, c.scale, c.direction
			if isHeadline {
				renamed.primary = k
			}
			continue
		}
		for _, k := range keysOf[i] {
			ambiguous[c.key()], ambiguous[t.cells[k].key()] = true, true
			if isHeadline {
				renamed.primary = -1
			}
		}
	}
	return &renamed, ambiguous
}
