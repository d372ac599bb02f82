// Package samples writes launcher output directories with as many questions as a
// test wants, in the shapes that lm-evaluation-harness and BYOB leave: for
// measuring time and memory.
package samples

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Side is one of a pair of evaluations. Sides of equal Questions have the same
// questions.
type Side struct {
	Invocation string  // its id
	Model      string  // its id
	Questions  int     // how many
	Skill      float64 // the share of right answers
	Seed       uint64  // decides which
}

// Harnesses of [Write].
const (
	LMEval = "lm-evaluation-harness"
	BYOB   = "byob_big"
)

// filler stands for the text of a question and of its answer, with escapes as
// dialogues have them.
var filler = strings.Repeat(`A train leaves at \"noon\" and another one an hour later.\n`, 8)

// Write makes an invocation's directory below dir, with one job of the task "big",
// and returns its path and how many answers are right.
func Write(dir, harness string, side Side) (path string, right int, err error) {
	path = filepath.Join(dir, "20261121_000000-"+side.Invocation)
	job := filepath.Join(path, harness+".big.0")
	folder, file := "big", "byob_predictions.jsonl"
	if harness == LMEval {
		folder, file = strings.ReplaceAll(side.Model, "/", "__"), "samples_big_2026-11-21T00-00-00.000000.jsonl"
	}
	folder = filepath.Join(job, "artifacts", folder)
	for _, dir := range []string{folder, filepath.Join(job, "logs")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", 0, err
		}
	}
	if right, err = writeRecords(filepath.Join(folder, file), harness, side); err != nil {
		return "", 0, err
	}
	for name, content := range map[string]string{
		"artifacts/results.yml":    results(harness, side, right),
		"artifacts/run_config.yml": "config: {type: big}\nframework_name: " + harness + "\n",
		"logs/stage.exit":          "2026-11-21T00:00:00Z 0\n",
	} {
		if err := os.WriteFile(filepath.Join(job, name), []byte(content), 0o600); err != nil {
			return "", 0, err
		}
	}
	return path, right, nil
}

// writeRecords streams the sample file.
func writeRecords(name, harness string, side Side) (right int, err error) {
	file, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}()
	out := bufio.NewWriterSize(file, 1<<20)
	random := rand.New(rand.NewPCG(side.Seed, 1))
	for i := range side.Questions {
		value := 0
		if random.Float64() < side.Skill {
			value = 1
			right++
		}
		if harness == LMEval {
			sum := sha256.Sum256([]byte(strconv.Itoa(i)))
			hash := hex.EncodeToString(sum[:])
			fmt.Fprintf(out, `{"doc_id": %d, "doc": {"id": "big-%d", "question": "%s", "answer": "%d"}, "target": "%d", "arguments": {"gen_args_0": {"arg_0": ["[{\"role\": \"user\"}]"], "arg_1": {"until": ["\n\nQ:"], "temperature": 0.6}}}, "resps": [["%s"]], "filtered_resps": ["%d"], "filter": "none", "metrics": ["exact_match"], "doc_hash": "%s", "prompt_hash": "%s", "target_hash": "%s", "exact_match": %d.0}`+"\n",
				i, i, filler, i, i, filler, i, hash, hash, hash, value)
			continue
		}
		fmt.Fprintf(out, `{"sample_id": %d, "prompt": "%s%d", "response": "%s", "target": "%d", "scores": {"correct": %t}, "status": "scored", "error": null, "metadata": {"id": "big-%d"}}`+"\n",
			i, filler, i, filler, i, value == 1, i)
	}
	return right, out.Flush()
}

// results is the job's results.yml.
func results(harness string, side Side, right int) string {
	mean := float64(right) / float64(side.Questions)
	metric, score, value, stats := "exact_match", "exact_match", strconv.FormatFloat(mean, 'g', -1, 64), ""
	if harness == BYOB {
		metric, score, value = "pass@1", "correct", strconv.FormatFloat(mean, 'f', 4, 64)
		stats = fmt.Sprintf("count: %d", side.Questions)
	}
	return fmt.Sprintf(`command: none
config: {type: big, params: {limit_samples: null}}
results:
  tasks:
    big: {metrics: {%q: {scores: {%q: {stats: {%s}, value: %s}}}}}
target: {api_endpoint: {model_id: %s}}
`, metric, score, stats, value, side.Model)
}
