package nemo

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// coreSamples are the normalised records of core 0.2.6 and later, JSON Lines below
// nemo-evaluator-per-sample-outputs/ (class SampleRecord of
// E:api/api_dataclasses.py). A record has an id, sub_query_id for the turns or
// repeats of one question, a score, null for intermediate steps, and score_name.
//
// Which score of results.yml that is no field says: it is the one of that name
// whose value the mean of the records is.
type coreSamples struct{}

const coreFolder = "nemo-evaluator-per-sample-outputs"

func (coreSamples) find(files []string) []string {
	var found []string
	for _, file := range matching(files, "*.jsonl") {
		if strings.HasPrefix(file, coreFolder+"/") || strings.Contains(file, "/"+coreFolder+"/") {
			found = append(found, file)
		}
	}
	return found
}

func (coreSamples) decode(in *sampleReader, to *outcomeSet) error {
	rules := answerRules{joinedBy: "id", rounding: 0.00005}
	byName := map[string]*answers{}
	for _, file := range in.files {
		var scoreName []byte
		err := in.records(file, func(r *record) error {
			var id [16]byte
			var repeat, value scalar
			found := false
			scoreName = scoreName[:0]
			r.object(func(key []byte) bool {
				switch string(key) {
				case "id":
					id, found = to.id(r.canonical()), true
				case "sub_query_id":
					repeat = r.place()
				case "score":
					value = r.measure()
				case "score_name":
					text, _ := r.text()
					scoreName = append(scoreName, text...)
				default:
					return false
				}
				return true
			})
			if r.fault != "" {
				return nil
			}
			if !found {
				return problemf("a record without id")
			}
			nth, err := repeatOf("sub_query_id", repeat)
			if err != nil {
				return err
			}
			collected := byName[string(scoreName)]
			if collected == nil {
				collected = &answers{answerRules: rules}
				byName[string(scoreName)] = collected
			}
			collected.add(id, nth, value)
			return nil
		})
		if err != nil {
			return err
		}
	}
	claims := map[scoreName][]string{}
	for _, word := range slices.Sorted(maps.Keys(byName)) {
		for _, name := range coreScores(word, byName, to) {
			claims[name] = append(claims[name], word)
		}
	}
	for name, words := range claims {
		if len(words) > 1 {
			to.exclude(name, "the records of several names have its value as their mean: %q", words)
			continue
		}
		delete(to.reasons, name)
		to.scores[name] = byName[words[0]]
	}
	return nil
}

// coreScores finds the scores that the records of one score_name make up. A score
// whose own name records have is made up of no others.
func coreScores(word string, byName map[string]*answers, to *outcomeSet) []scoreName {
	collected := byName[word]
	named := to.names(func(name scoreName) bool { return name.score == word || name.metric == word })
	if len(named) == 0 {
		named = to.names(func(scoreName) bool { return true })
	}
	named = slices.DeleteFunc(named, func(name scoreName) bool { return name.score != word && byName[name.score] != nil })
	var sum float64
	for _, block := range collected.blocks {
		for i := range block {
			if !math.IsNaN(block[i].Value) {
				sum += block[i].Value
			}
		}
	}
	var agreeing []scoreName
	for _, name := range named {
		for _, s := range to.results.Scores {
			if (scoreName{s.Name, s.Metric, s.Score}) != name || s.Value == nil || collected.count == 0 {
				continue
			}
			if _, ok := collected.scaleTo(sum/float64(collected.count), s.Value.Float64()); ok {
				agreeing = append(agreeing, name)
				break
			}
		}
	}
	if len(agreeing) == 1 || len(agreeing) > 1 && word != "" {
		return agreeing
	}
	for _, name := range named {
		to.exclude(name, "the records of %s have no mean that is its value and no other's", coreFolder)
	}
	return nil
}
