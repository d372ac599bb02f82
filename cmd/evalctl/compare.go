package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/compare"
)

// compareFlags are the knobs of a comparison.
type compareFlags struct {
	scores    string
	allow     []string
	strict    bool
	onMissing string
	infer     inferenceFlags
	assert    string
	overlap   overlapFlag
	samples   samplesFlag
}

func (f *compareFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.allow, "allow", nil, "accept differences in these settings (globs such as limit_samples, judge*)")
	flags.BoolVar(&f.strict, "strict", false, "rows whose settings differ in any way are not comparable")
	flags.StringVar(&f.onMissing, "on-missing", compare.Intersect, "average over what all sides have (intersect), or not at all (refuse)")
	f.infer.register(cmd)
	f.overlap.register(cmd)
	_ = cmd.RegisterFlagCompletionFunc("on-missing", cobra.FixedCompletions([]string{compare.Intersect, compare.Refuse}, cobra.ShellCompDirectiveNoFileComp))
}

// options turns the flags into options of a comparison.
func (f *compareFlags) options(a *app) (compare.Options, error) {
	options, err := a.comparisonOptions()
	if err != nil {
		return options, err
	}
	if err := compare.CheckAllow(f.allow); err != nil {
		return options, usagef("--allow: %v", err)
	}
	if f.onMissing != compare.Intersect && f.onMissing != compare.Refuse {
		return options, usagef("--on-missing is intersect or refuse, not %q", f.onMissing)
	}
	if err := f.overlap.check(); err != nil {
		return options, err
	}
	options.Overlap = string(f.overlap)
	if options.Scores, err = compare.ParseScores(f.scores); err != nil {
		return options, usagef("--scores: %v", err)
	}
	options.Allow = append(options.Allow, f.allow...)
	slices.Sort(options.Allow)
	options.Strict, options.OnMissing = f.strict, f.onMissing
	if err := f.infer.apply(&options); err != nil {
		return options, err
	}
	return options, nil
}

func newCompare(a *app, global *globalFlags) *cobra.Command {
	f := &compareFlags{}
	cmd := &cobra.Command{
		Use:     "compare BASE CANDIDATE…",
		Short:   "Exact differences and averages of two sides or more",
		GroupID: groupAnswer,
		Long: `compare joins the first side with each other one, task by task.

A task is shown by its primary score; --scores all, or a pattern such as
'exact_match*', shows others. Differences and averages are exact. An average
states how many tasks it is over, and why others are left out: a task that one
side lacks, or that was asked differently there (another limit_samples, split,
judge…), is in no average.

Each row says what the best evidence in the files shows: the same questions on
both sides where per-sample files were exported, else repeated runs, right
answers of a known number of questions, or reported standard errors. p-values
of a candidate's headlines are adjusted together (Holm). Per-sample files are
looked for in each run's folder: exports with only_required=true have none.
They count for a score only if their mean is its value. The marks:

  ▲ better   ▼ worse   ≈ within --margin   ~ undecided   ? nothing to test with

"0.890 ± 22" is a value and the standard error that the harness reports, in
units of the last digit shown. -o wide shows method, p and interval.

` + chooserHelp + `

` + overlapHelp + `

compare is a read: it exits 0 whatever it finds, unless --assert demands
something of every headline. no-regression: better, equivalent, or shown not to
be worse than --margin; equivalent: inside --margin; improved: better. What
contradicts the demand exits 3; a row without inference, a missing result or a
task without headline is no proof, and exits 6.

` + verdictStatusesHelp,
		Example: `  evalctl compare c0bd961e50124ab3 ce963eed5b5b91b0
  evalctl compare model:acme/falcon-8b-bf16 model:acme/falcon-8b-nvfp4 --since 2w
  evalctl compare @latest~1 @latest --model 'acme/*'
  evalctl compare bf16=c0bd nvfp4=ce96 --scores all -o wide
  evalctl compare bf16=c0bd,f565,722c nvfp4=ce96,03f4 --overlap latest
  evalctl compare ./results/20261121_031638-c0bd961e50124ab3 ce963eed -o md
  evalctl compare c0bd961e ce963eed --margin 0.02 --assert no-regression -o brief
  evalctl compare bf16=c0bd,f565,722c nvfp4=ce96,03f4,3926 --scope fixed_items
  evalctl compare ./results/20261121_031638-c0bd961e50124ab3 ce963eed --samples always
  evalctl compare demo:c0bd961e demo:ce963eed --jq '.data.rows[] | [.task, .delta]'`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.compare(cmd.Context(), global, f, args)
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	cmd.Flags().StringVar(&f.scores, "scores", "primary", "which rows: primary, all, or a pattern over METRIC, METRIC/SCORE, NAME/METRIC/SCORE")
	cmd.Flags().StringVar(&f.assert, "assert", "", "turn the verdicts into the exit status: "+strings.Join(demandNames(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("assert", cobra.FixedCompletions(demandNames(), cobra.ShellCompDirectiveNoFileComp))
	f.register(cmd)
	global.search.registerChooser(cmd, a, global)
	f.samples.register(cmd)
	global.output.register(cmd, kind.Comparison)
	return cmd
}

func (a *app) compare(ctx context.Context, global *globalFlags, f *compareFlags, words []string) error {
	options, err := f.options(a)
	if err != nil {
		return err
	}
	if f.assert != "" {
		if err := checkAssertion(f.assert, options); err != nil {
			return err
		}
		options.OnMissing = compare.Refuse
	}
	samples, err := f.samples.mode()
	if err != nil {
		return err
	}
	sides, err := a.readSides(ctx, global, words, withSamples(samples))
	if err != nil {
		return err
	}
	if err := checkAllow(options, sides); err != nil {
		return err
	}
	comparison, rows, warnings, err := compare.Assess(sides, options)
	if err != nil {
		return err
	}
	if err := a.print(ctx, kind.ComparisonDocument(comparison, warnings), global.output); err != nil {
		return err
	}
	if err := asserted(f.assert, comparison, rows, options); err != nil {
		return err
	}
	return onPinned(f.assert, sides)
}
