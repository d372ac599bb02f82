package nemo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Bounds on a file of rewards: a line can hold a whole conversation, and rows are
// remembered until the end, since a later one can replace an earlier one.
const (
	maxRewardLine = 64 << 20
	maxRewardRows = 2_000_000
)

// Rewards are the exact means of a file with a reward a line.
type Rewards struct {
	Problems int // distinct
	Rows     int // without those that a later one replaced
	Mean     decimal.Decimal
	// ProblemMean is the mean over problems of their own means: Mean, where all have
	// equally many rows. Of rollouts it is Mean.
	ProblemMean decimal.Decimal
}

// ParseRewards reads the results.jsonl of nel-next: {"problem_idx", "repeat"
// (default 0), "reward", …} a line. The last row of a (problem_idx, repeat) pair
// counts. It reads as it goes and keeps a few bytes a row. The error is a
// [*SyntaxError] for a row without a finite reward or index, for no rows, and for
// a file that is not JSON Lines; else what r reports.
func ParseRewards(r io.Reader) (*Rewards, error) {
	tally := tally{}
	err := eachLine(r, func(data []byte) error {
		var row struct {
			Problem *int64 `json:"problem_idx"`
			Repeat  int64  `json:"repeat"`
			Reward  any    `json:"reward"`
		}
		if err := unmarshalNumbers(data, &row); err != nil {
			return err
		}
		if row.Problem == nil {
			return errors.New("a row without problem_idx")
		}
		return tally.add(*row.Problem, row.Repeat, row.Reward)
	})
	if err != nil {
		return nil, err
	}
	return tally.rewards()
}

// ParseRollouts reads the evaluator_rollouts.jsonl of NeMo Gym: {"task_id",
// "reward", …} a line, of which every one with a numeric reward counts. Problems is
// the number of distinct task ids, or of rows if not all have one. The error is as
// of [ParseRewards].
func ParseRollouts(r io.Reader) (*Rewards, error) {
	tally := tally{}
	tasks := map[string]bool{}
	rows, named := int64(0), int64(0)
	err := eachLine(r, func(data []byte) error {
		var row struct {
			Task   any `json:"task_id"`
			Reward any `json:"reward"`
		}
		if err := unmarshalNumbers(data, &row); err != nil {
			return err
		}
		if value, _ := jsonScore(row.Reward); value == nil {
			return nil
		}
		rows++
		if row.Task != nil {
			named++
			tasks[fmt.Sprint(row.Task)] = true
		}
		return tally.add(rows, 0, row.Reward)
	})
	if err != nil {
		return nil, err
	}
	rewards, err := tally.rewards()
	if err == nil && named == rows {
		rewards.Problems = len(tasks)
	}
	return rewards, err
}

// tally remembers the rewards of rows; equal ones are kept once.
type tally struct {
	rows   map[tallyRow]int // index into values
	values []decimal.Decimal
	seen   map[string]int
}

type tallyRow struct{ problem, repeat int64 }

func (t *tally) add(problem, repeat int64, reward any) error {
	value, invalid := jsonScore(reward)
	if value == nil {
		return fmt.Errorf("problem %d: the reward is no number (%s)", problem, invalid)
	}
	if t.rows == nil {
		t.rows, t.seen = map[tallyRow]int{}, map[string]int{}
	}
	if len(t.rows) == maxRewardRows {
		return fmt.Errorf("more than %d rows", maxRewardRows)
	}
	text := value.String()
	i, known := t.seen[text]
	if !known {
		i = len(t.values)
		t.values, t.seen[text] = append(t.values, *value), i
	}
	t.rows[tallyRow{problem, repeat}] = i
	return nil
}

func (t *tally) rewards() (*Rewards, error) {
	if len(t.rows) == 0 {
		return nil, &SyntaxError{Message: "no rows with a reward"}
	}
	type sum struct {
		total decimal.Decimal
		rows  int64
	}
	problems := map[int64]sum{}
	times := make([]int64, len(t.values))
	for row, i := range t.rows {
		s := problems[row.problem]
		problems[row.problem] = sum{s.total.Add(t.values[i]), s.rows + 1}
		times[i]++
	}
	r := &Rewards{Problems: len(problems), Rows: len(t.rows)}
	for i, n := range times {
		r.Mean = r.Mean.Add(t.values[i].Mul(decimal.FromInt(n)))
	}
	r.Mean, _ = r.Mean.Quo(decimal.FromInt(int64(r.Rows)))
	for _, s := range problems {
		mean, _ := s.total.Quo(decimal.FromInt(s.rows))
		r.ProblemMean = r.ProblemMean.Add(mean)
	}
	r.ProblemMean, _ = r.ProblemMean.Quo(decimal.FromInt(int64(r.Problems)))
	return r, nil
}

// eachLine calls f with each line that is not blank. What f reports becomes a
// *SyntaxError with the line's number.
func eachLine(r io.Reader, f func([]byte) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), maxRewardLine)
	for line := 1; scanner.Scan(); line++ {
		if len(scanner.Bytes()) == 0 {
			continue
		}
		if err := f(scanner.Bytes()); err != nil {
			return &SyntaxError{Line: line, Message: err.Error()}
		}
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return &SyntaxError{Message: fmt.Sprintf("a line of more than %d bytes", maxRewardLine)}
	}
	return scanner.Err()
}

// unmarshalNumbers decodes a line, numbers as their text, with Python's words for
// numbers that are none.
func unmarshalNumbers(data []byte, into any) error {
	err := decodeInto(data, into)
	if err != nil {
		if quoted := quoteNonFinite(data); quoted != nil {
			err = decodeInto(quoted, into)
		}
	}
	if err != nil {
		return errors.New("not a JSON object, or cut short")
	}
	return nil
}

func decodeInto(data []byte, into any) error {
	if !json.Valid(data) { // a decoder alone would stop after one value
		return errors.New("not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}
