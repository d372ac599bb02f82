package conformance

import (
	"io/fs"
	"strconv"

	"github.com/evalctl/evalctl/pkg/query"
)

// Exported is how a tracking store of MLflow's differs that test/load filled from the
// launcher's output directory with the launcher's exporter.
func Exported(tree fs.FS) Options {
	return Options{
		OnlyFinished: true,
		Language:     true,
		Copies: map[string]int{
			// A1 is in a second experiment.
			"c0bd961e50124ab3.0": 2, "c0bd961e50124ab3.1": 2, "c0bd961e50124ab3.2": 2,
			// Exported twice to the same one.
			"3926748888ebfa54.0": 2,
			// Once more to an artifact store that cannot be written.
			"f5653898c9278eb6.0": 2,
		},
		Broken: []string{"f5653898c9278eb6.0"},
		Tree:   tree,
	}
}

// Job is one job of the example evaluations, as a store should know it.
type Job struct {
	Invocation string
	ID         string // "<invocation>.<n>"
	Harness    string
	Task       string // the tag task_name
	Status     string // FAILED: without results

	directory string // in the launcher's output directory
}

// Jobs lists the jobs of the example evaluations, written down by hand from
// test/data/truths.json, by invocation as in test/data/README.md.
func Jobs() []Job {
	const (
		arith   = "byob_arith.arith"
		story   = "lm-evaluation-harness.story"
		bfcl    = "bfcl.bfclv2_ast"
		ifbench = "ifbench.ifbench"
		listed  = "bfclv2_ast" // of the launcher's own list: no harness in its name
	)
	harness := map[string]string{
		arith: "byob_arith", story: "lm-evaluation-harness", bfcl: "bfcl", listed: "bfcl", ifbench: "ifbench",
	}
	var jobs []Job
	for _, of := range []struct {
		directory string
		tasks     []string
		failed    int // index of the job without results, or -1
	}{
		{"20261121_031638-c0bd961e50124ab3", []string{arith, story, bfcl, ifbench}, 3}, // A1
		{"20261121_031819-f5653898c9278eb6", []string{arith, story, bfcl}, -1},         // A2
		{"20261121_032225-722cdd5777221ad4", []string{arith, story, bfcl}, -1},         // A3
		{"20261121_031819-ce963eed5b5b91b0", []string{arith, story, bfcl, ifbench}, 3}, // B1
		{"20261121_032259-03f4568079b7b077", []string{arith, story, bfcl}, -1},         // B2
		{"20261121_032337-3926748888ebfa54", []string{arith, story, bfcl}, -1},         // B3
		{"20261121_032414-81308fe096482924", []string{arith, story, bfcl}, -1},         // LIMIT
		{"20261121_032447-5262219b2ed44899", []string{arith, arith}, -1},               // TWICE
		{"20261121_032505-2c7c61198ad8e9c8", []string{listed}, -1},                     // LISTED
		{"20261121_032049-7a217bdca5a31fce", []string{arith, story}, -1},               // THINK
		{"20261121_033035-4a14e92a19797de1", []string{arith}, -1},                      // CACHED
		{"20261121_031020-768a79ce93fda59e", []string{arith}, 0},                       // NOSTART
		{"20261121_031213-503b45649dc65883", []string{arith}, 0},                       // STOPPED
	} {
		invocation := of.directory[len("20261121_031638-"):]
		for i, task := range of.tasks {
			status := query.StatusFinished
			if i == of.failed {
				status = query.StatusFailed
			}
			index := strconv.Itoa(i)
			jobs = append(jobs, Job{
				Invocation: invocation, ID: invocation + "." + index, Harness: harness[task], Task: task,
				Status: status, directory: of.directory + "/" + task + "." + index,
			})
		}
	}
	return jobs
}
