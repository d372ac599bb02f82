// Package spelling finds the words that somebody may have meant.
package spelling

import (
	"cmp"
	"slices"
	"strings"
)

// most is how many words are suggested at most.
const most = 3

// Near returns those of the known words that are nearest to a word, at most three,
// the nearest first: within a third of its length in single edits, or containing
// it.
func Near(word string, known []string) []string {
	type candidate struct {
		word     string
		distance int
	}
	lower := strings.ToLower(word)
	var found []candidate
	for _, k := range known {
		distance := edits(lower, strings.ToLower(k))
		contains := len(lower) > 2 && strings.Contains(strings.ToLower(k), lower)
		if distance <= max(1, len([]rune(word))/3) || contains {
			found = append(found, candidate{k, distance})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.word, b.word))
	})
	words := make([]string, 0, most)
	for _, c := range found {
		if len(words) < most && !slices.Contains(words, c.word) {
			words = append(words, c.word)
		}
	}
	return words
}

// edits is the Levenshtein distance of two words.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			replaced := diagonal
			if x[i] != y[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
