package nemo

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// outcomeSet collects answers under the scores of results.yml.
type outcomeSet struct {
	results *Results
	scores  map[scoreName]*answers
	reasons map[scoreName]string // why a score has files and no outcomes
	hashed  []byte
}

type scoreName struct{ name, metric, score string }

func newOutcomeSet(results *Results) *outcomeSet {
	return &outcomeSet{results: results, scores: map[scoreName]*answers{}, reasons: map[scoreName]string{}}
}

// names are the scores of results.yml for which keep is true, each once.
func (o *outcomeSet) names(keep func(scoreName) bool) []scoreName {
	var names []scoreName
	for _, s := range o.results.Scores {
		if name := (scoreName{s.Name, s.Metric, s.Score}); keep(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// answers are what is known of a score; made when first asked for.
func (o *outcomeSet) of(name scoreName, rules answerRules) *answers {
	if o.scores[name] == nil {
		o.scores[name] = &answers{answerRules: rules}
	}
	return o.scores[name]
}

// exclude says why a score that has files has no outcomes.
func (o *outcomeSet) exclude(name scoreName, format string, args ...any) {
	o.reasons[name] = fmt.Sprintf(format, args...)
}

// id is the identity of a question: a hash of the texts that identify it.
func (o *outcomeSet) id(parts ...[]byte) [16]byte {
	o.hashed = o.hashed[:0]
	for _, part := range parts {
		o.hashed = binary.AppendUvarint(o.hashed, uint64(len(part)))
		o.hashed = append(o.hashed, part...)
	}
	sum := sha256.Sum256(o.hashed)
	return [16]byte(sum[:])
}

// answerRules say how the answers of a program are read.
type answerRules struct {
	joinedBy string
	// rounding is how far the reported value may be from the mean: half a unit of
	// the last digit that the harness keeps.
	rounding float64
	scale    float64 // of the reported value, as Outcomes.Scale; 0 if it can be 1 or 100
	// twins: records are told apart by other means than their id, so that equal ids
	// are the same question asked in two places of the data set.
	twins bool
	// lastWins: a later record replaces an earlier one of the same answer.
	lastWins bool
}

// repeatOf returns which repeat of its question an answer is: the first unless its
// record says otherwise.
func repeatOf(key string, value scalar) (int32, error) {
	if value.kind == ofAbsent || value.kind == ofNull {
		return 0, nil
	}
	repeat, ok := value.whole(math.MaxInt32)
	if !ok {
		return 0, cannotBe(key, value)
	}
	return int32(repeat), nil //nolint:gosec // whole has bounded it
}

// cannotBe is damage in a number that says where something stands.
func cannotBe(key string, value scalar) error {
	if value.kind == ofNumber || value.kind == ofNonFinite {
		return problemf("%s %v cannot be", key, value.value)
	}
	return problemf("%s is no number", key)
}

// answers collects the answers of one score in blocks, which are never copied to
// grow. An answer whose value is no finite number is there as NaN: its question is
// to be found.
type answers struct {
	answerRules
	blocks              [][]Answer
	count               int // of finite values
	nonFinite, unscored int
}

const answersInBlock = 4096

// add takes one answer.
func (a *answers) add(id [16]byte, repeat int32, value scalar) {
	switch value.kind {
	case ofNumber:
		a.count++
	case ofNonFinite:
		a.nonFinite++
		value.value = math.NaN()
	case ofAbsent, ofNull, ofOther:
		a.unscored++
		return
	}
	last := len(a.blocks) - 1
	if last < 0 || len(a.blocks[last]) == answersInBlock {
		a.blocks = append(a.blocks, make([]Answer, 0, answersInBlock))
		last++
	}
	a.blocks[last] = append(a.blocks[last], Answer{ID: id, Repeat: repeat, Value: value.value})
}

// addAll takes the answers of another score.
func (a *answers) addAll(other *answers) {
	a.blocks = append(a.blocks, other.blocks...)
	a.count += other.count
	a.nonFinite += other.nonFinite
	a.unscored += other.unscored
}

// sorted returns the answers by id and repeat. Ids are hashes, so their first two
// bytes deal the answers into small piles.
func (a *answers) sorted() ([]Answer, error) {
	all := make([]Answer, a.count+a.nonFinite)
	deal := func(id [16]byte) int { return int(binary.BigEndian.Uint16(id[:])) }
	starts := make([]int32, 1<<16+1)
	for _, block := range a.blocks {
		for i := range block {
			starts[deal(block[i].ID)+1]++
		}
	}
	for i := range starts[1:] {
		starts[i+1] += starts[i]
	}
	next := slices.Clone(starts)
	for _, block := range a.blocks {
		for _, answer := range block {
			pile := deal(answer.ID)
			all[next[pile]] = answer
			next[pile]++
		}
	}
	for i := range starts[1:] {
		slices.SortStableFunc(all[starts[i]:starts[i+1]], compareAnswers)
	}
	return a.settleEqual(all)
}

func compareAnswers(a, b Answer) int {
	return cmp.Or(
		cmp.Compare(binary.BigEndian.Uint64(a.ID[:8]), binary.BigEndian.Uint64(b.ID[:8])),
		cmp.Compare(binary.BigEndian.Uint64(a.ID[8:]), binary.BigEndian.Uint64(b.ID[8:])),
		cmp.Compare(a.Repeat, b.Repeat),
	)
}

// settleEqual deals with records of the same question and repeat, which stand
// together in the order of the file.
func (a *answers) settleEqual(all []Answer) ([]Answer, error) {
	same := func(i, k int) bool { return all[i].ID == all[k].ID && all[i].Repeat == all[k].Repeat }
	double := 0
	for i := 1; i < len(all); i++ {
		if same(i-1, i) {
			double++
		}
	}
	switch {
	case double == 0:
		return all, nil
	case a.lastWins:
		kept := all[:0]
		for i := range all {
			if i+1 == len(all) || !same(i, i+1) {
				kept = append(kept, all[i])
			}
		}
		return kept, nil
	case !a.twins:
		return nil, problemf("%d records repeat the %s of another", double, a.joinedBy)
	}
	for i := 0; i < len(all); {
		first := i
		for i++; i < len(all) && same(first, i); i++ {
		}
		original := all[first].ID
		for k := first + 1; k < i; k++ {
			sum := sha256.Sum256(binary.BigEndian.AppendUint32(original[:], uint32(k-first)))
			all[k].ID = [16]byte(sum[:])
		}
	}
	slices.SortFunc(all, compareAnswers)
	return all, nil
}

// appendTo adds the outcomes of the scores of results.yml that they agree with,
// and why others do not count.
func (o *outcomeSet) appendTo(samples *Samples) {
	for _, name := range o.names(func(scoreName) bool { return true }) {
		if slices.ContainsFunc(samples.Outcomes, func(other Outcomes) bool { return other.of() == name }) {
			continue
		}
		reason := o.reasons[name]
		if collected := o.scores[name]; collected != nil && reason == "" {
			outcomes, err := o.settle(name, collected)
			if err == nil {
				samples.Outcomes = append(samples.Outcomes, outcomes)
				samples.Excluded = slices.DeleteFunc(samples.Excluded, func(e Excluded) bool { return e.of() == name })
				continue
			}
			reason = err.Error()
		}
		if reason != "" && !slices.ContainsFunc(samples.Excluded, func(e Excluded) bool { return e.of() == name }) {
			samples.Excluded = append(samples.Excluded, Excluded{name.name, name.metric, name.score, reason})
		}
	}
}

func (o Outcomes) of() scoreName { return scoreName{o.Name, o.Metric, o.Score} }

func (e Excluded) of() scoreName { return scoreName{e.Name, e.Metric, e.Score} }

// settle sorts the answers of a score and holds their mean against the value that
// results.yml has. Where they disagree the files tell of something else than the
// score: members weighted equally, another run in the same folder, a part.
func (o *outcomeSet) settle(name scoreName, collected *answers) (Outcomes, error) {
	if collected.count+collected.nonFinite == 0 {
		return Outcomes{}, problemf("no answer has a number for it")
	}
	all, err := collected.sorted()
	if err != nil {
		return Outcomes{}, err
	}
	outcomes := Outcomes{
		Name: name.name, Metric: name.metric, Score: name.score, JoinedBy: collected.joinedBy, Unscored: collected.unscored,
	}
	mean, n := meanValue(all)
	if n == 0 {
		return Outcomes{}, problemf("no answer has a finite value")
	}
	for _, s := range o.results.Scores {
		if (scoreName{s.Name, s.Metric, s.Score}) != name {
			continue
		}
		if s.Value == nil {
			return Outcomes{}, problemf("results.yml has no value to hold the answers against")
		}
		if s.Stats.Count != nil {
			if count := s.Stats.Count.Float64(); count != float64(n) && count != float64(questions(all)) {
				return Outcomes{}, problemf("%d answers, results.yml counts %s", n, s.Stats.Count)
			}
		}
		value := s.Value.Float64()
		scale, agrees := collected.scaleTo(mean, value)
		if !agrees || outcomes.Scale != 0 && outcomes.Scale != scale {
			return Outcomes{}, problemf("the mean of %d answers is %.10g, results.yml has %s", n, mean, s.Value)
		}
		outcomes.Scale = scale
	}
	outcomes.Answers, outcomes.Removed = removeNonFinite(all)
	if len(outcomes.Answers) == 0 {
		return Outcomes{}, problemf("every question has an answer without a finite value")
	}
	return outcomes, nil
}

// scaleTo finds what the mean of the answers must be multiplied by to be the value
// reported. The slack beside the rounding is for the order of additions.
func (rules answerRules) scaleTo(mean, value float64) (scale float64, ok bool) {
	scales := []float64{rules.scale}
	if rules.scale == 0 {
		scales = []float64{1, 100}
	}
	for _, scale := range scales {
		if math.Abs(mean*scale-value) <= rules.rounding+1e-9*max(1, math.Abs(value)) {
			return scale, true
		}
	}
	return 0, false
}

// meanValue is the mean of the n finite values, added with Neumaier's compensation.
func meanValue(all []Answer) (mean float64, n int) {
	var sum, lost float64
	for i := range all {
		value := all[i].Value
		if math.IsNaN(value) {
			continue
		}
		next := sum + value
		if math.Abs(sum) >= math.Abs(value) {
			lost += sum - next + value
		} else {
			lost += value - next + sum
		}
		sum = next
		n++
	}
	return (sum + lost) / float64(n), n
}

// questions counts the distinct ids that have a finite value.
func questions(all []Answer) int {
	n, last := 0, -1
	for i := range all {
		if !math.IsNaN(all[i].Value) && (last < 0 || all[i].ID != all[last].ID) {
			n++
			last = i
		}
	}
	return n
}

// removeNonFinite takes out all answers to questions of which one has no finite
// value, in place: what a harness makes of such a question is not known, and the
// mean of its other repeats is no stand-in.
func removeNonFinite(all []Answer) (kept []Answer, removed [][16]byte) {
	kept = all[:0]
	for i := 0; i < len(all); {
		first, finite := i, true
		for ; i < len(all) && all[i].ID == all[first].ID; i++ {
			finite = finite && !math.IsNaN(all[i].Value)
		}
		if !finite {
			removed = append(removed, all[first].ID)
			continue
		}
		kept = append(kept, all[first:i]...)
	}
	return kept, removed
}

func (s *Samples) sort() {
	byName := func(a, b scoreName) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.metric, b.metric), cmp.Compare(a.score, b.score))
	}
	slices.SortFunc(s.Outcomes, func(a, b Outcomes) int { return byName(a.of(), b.of()) })
	slices.SortFunc(s.Excluded, func(a, b Excluded) int { return byName(a.of(), b.of()) })
}

// problemf is damage without a line.
func problemf(format string, args ...any) error {
	return &SyntaxError{Message: fmt.Sprintf(format, args...)}
}

// inFile says which file, and if the error does not know it yet, which line is
// damaged. Errors of reading are left as they are.
func inFile(name string, line int, err error) error {
	damage, ok := errors.AsType[*SyntaxError](err)
	if !ok {
		return err
	}
	if damage.Line == 0 && line > 0 {
		damage = &SyntaxError{Line: line, Message: damage.Message}
	}
	return fmt.Errorf("%s: %w", name, damage)
}

// seen notes which small numbers have been met.
type seen []uint64

// maxSeen bounds what is noted: 8 MiB.
const maxSeen = 64 << 20

// note reports whether n, below maxSeen, is met for the first time.
func (s *seen) note(n int64) (first bool) {
	for int64(len(*s)) <= n/64 {
		*s = append(*s, 0)
	}
	bit := uint64(1) << (n % 64)
	first = (*s)[n/64]&bit == 0
	(*s)[n/64] |= bit
	return first
}
