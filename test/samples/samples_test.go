package samples_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rundir"
	"github.com/evalctl/evalctl/test/samples"
)

func side(questions int) samples.Side {
	return samples.Side{Invocation: "00000000000000aa", Model: "acme/a", Questions: questions, Skill: 0.8, Seed: 1}
}

// load reads an invocation's directory as a comparison does.
func load(t testing.TB, path string) nemo.Job {
	t.Helper()
	store, err := rundir.OpenPath(path)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := query.All(store.Search(t.Context(), query.Search{}))
	if err != nil {
		t.Fatal(err)
	}
	fetcher := artifacts.NewFetcher(nil, nil, 0)
	fetcher.Samples = artifacts.SamplesAlways
	evaluations, err := fetcher.Load(t.Context(), []query.Resolution{{Found: []query.Found{{Store: store, Runs: runs, Whole: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	return evaluations[0].Jobs[0]
}

func TestWrittenSamplesAreRead(t *testing.T) {
	for _, harness := range []string{samples.LMEval, samples.BYOB} {
		path, right, err := samples.Write(t.TempDir(), harness, side(2000))
		if err != nil {
			t.Fatal(err)
		}
		job := load(t, path)
		sum := 0.0
		for _, answer := range job.Samples.Outcomes[0].Answers {
			sum += answer.Value
		}
		if len(job.Samples.Outcomes[0].Answers) != 2000 || sum != float64(right) {
			t.Errorf("%s: %d answers, %v right, want %d", harness, len(job.Samples.Outcomes[0].Answers), sum, right)
		}
	}
}

// BenchmarkDecode is the time and the memory of one side of 100,000 questions.
func BenchmarkDecode(b *testing.B) {
	for _, harness := range []string{samples.LMEval, samples.BYOB} {
		b.Run(harness, func(b *testing.B) {
			path, _, err := samples.Write(b.TempDir(), harness, side(100_000))
			if err != nil {
				b.Fatal(err)
			}
			files, err := filepath.Glob(filepath.Join(path, "*", "artifacts", "*", "*.jsonl"))
			if err != nil || len(files) != 1 {
				b.Fatal(files, err)
			}
			info, err := os.Stat(files[0])
			if err != nil {
				b.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(files[0])), "results.yml"))
			if err != nil {
				b.Fatal(err)
			}
			results, err := nemo.ParseResults(text)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			b.ReportAllocs()
			for b.Loop() {
				got, err := nemo.DecodeSamples(nemo.FindSamples(files), results, func(name string) (io.ReadCloser, error) { return os.Open(name) })
				if err != nil || len(got.Outcomes) != 1 {
					b.Fatal(got, err)
				}
			}
		})
	}
}
