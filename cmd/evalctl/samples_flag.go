package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/pkg/artifacts"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// Words of --samples.
const (
	samplesAuto   = "auto"
	samplesNever  = "never"
	samplesAlways = "always"
)

// samplesFlag says whether per-sample files are read.
type samplesFlag string

func (f *samplesFlag) register(cmd *cobra.Command) {
	words := []string{samplesAuto, samplesNever, samplesAlways}
	cmd.Flags().StringVar((*string)(f), "samples", samplesAuto, "per-sample files: read where there are any (auto), never, or required of each task (always)")
	_ = cmd.RegisterFlagCompletionFunc("samples", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// mode reads the flag; a verb without it is as its default.
func (f samplesFlag) mode() (artifacts.SampleMode, error) {
	switch f {
	case samplesAuto, "":
		return artifacts.SamplesAuto, nil
	case samplesNever:
		return artifacts.SamplesNever, nil
	case samplesAlways:
		return artifacts.SamplesAlways, nil
	}
	return 0, usagef("--samples is %s, %s or %s, not %q", samplesAuto, samplesNever, samplesAlways, string(f))
}

// withSamples reads runs with their per-sample files.
func withSamples(mode artifacts.SampleMode) loader {
	return func(f *artifacts.Fetcher, ctx context.Context, resolutions []query.Resolution) ([]nemo.Evaluation, error) {
		f.Samples = mode
		return f.Load(ctx, resolutions)
	}
}
