package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/gate"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// wantsNelStatuses reports whether a command line is a gate with the statuses of nel
// gate. The words decide, as an error may come before the flags are parsed.
func wantsNelStatuses(args []string) bool {
	const flag = "--exit-codes"
	if !slices.Contains(args, "gate") {
		return false
	}
	last := ""
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if value, found := strings.CutPrefix(arg, flag+"="); found {
			last = value
		} else if arg == flag && i+1 < len(args) {
			last = args[i+1]
		}
	}
	return last == exitCodesNel
}

// gateFlags are the knobs of a gate, beside its policy.
type gateFlags struct {
	policy    string
	point     bool
	explain   bool
	init      bool
	exitCodes string
	infer     inferenceFlags
	overlap   overlapFlag
	samples   samplesFlag
}

// Values of --exit-codes.
const (
	exitCodesOwn = "evalctl"
	exitCodesNel = "nel"
)

const gateStatusesHelp = `Exit status:
  0  done
  1  failed: input or output, a damaged artifact, a bug
  2  usage: flags, arguments, a selector, a mistake in the policy
  3  the gate fails
  4  not authenticated, or not permitted
  5  not found
  6  inconclusive, or not comparable
  7  the server could not be reached, or timed out after retries
130  interrupted

With --exit-codes=nel: 0, 1 and 2 for pass, fail and inconclusive, 64 for usage,
70 for every other error.`

func newGate(a *app, global *globalFlags) *cobra.Command {
	f := &gateFlags{}
	cmd := &cobra.Command{
		Use:     "gate [BASE] CANDIDATE --policy FILE",
		Short:   "May this ship? A policy's answer, as an exit status",
		GroupID: groupAnswer,
		Long: `gate decides by a policy file whether a candidate may ship.

  version: 1
  defaults: {tier: supporting, max_drop: 0.015}
  benchmarks:
    gpqa_diamond: {tier: critical, max_drop: 0.01}
    ifeval: {metric: prompt_level_strict_acc, min: 0.72}
  bounds:
    ifeval/inst_level_loose_acc: ">=80%"
    runtime/avg_latency_ms: "<=2s"
    coverage: ">=100%"
  comparability: {allow: [temperature]}

max_drop is a share of the scale: 0.01 is one point. A row passes if the whole
confidence interval of its change lies above the margin, fails if all of it lies
below, and is inconclusive otherwise, as it is without any evidence. Tasks that
the policy does not list are judged by its defaults. min, max and bounds need no
baseline. Any difference in settings makes a row not comparable, unless the
policy allows it. A policy written for nel gate works as it is; --explain says
where the answer differs from that tool's.

Any required row that fails or is missing fails the gate, as does a policy by
which nothing was evaluated. Exit status 0 is a pass, 3 a failure, and 6 neither.
docs/gate.md has the whole policy.

--init writes a policy for what a baseline holds, to be edited.

` + gateStatusesHelp,
		Example: `  evalctl gate c0bd961e ce963eed --policy policy.yml
  evalctl gate ce963eed --policy bounds.yml -o md
  evalctl gate c0bd961e ce963eed --policy policy.yml --explain
  evalctl gate --init c0bd961e > policy.yml
  evalctl gate c0bd961e ce963eed --policy nel-policy.yml --exit-codes=nel -o brief`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.init {
				return a.initPolicy(cmd.Context(), global, f, args)
			}
			return a.gate(cmd.Context(), global, f, args, cmd.Flags().Changed("confidence"))
		},
		ValidArgsFunction: a.completeSelectors(global),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.policy, "policy", "", "the policy, a YAML file; - is standard input")
	flags.BoolVar(&f.point, "point", false, "decide on the exact numbers alone, whatever the policy says: no inference")
	flags.BoolVar(&f.explain, "explain", false, "say where the answer differs from nel gate's, and the rule that decided each row")
	flags.BoolVar(&f.init, "init", false, "write a policy for what the given baseline holds to standard output")
	flags.StringVar(&f.exitCodes, "exit-codes", exitCodesOwn, "exit statuses of pass, fail and inconclusive: evalctl (0, 3, 6) or nel (0, 1, 2; errors: 64, 70)")
	f.infer.registerEvidence(cmd)
	f.overlap.register(cmd)
	f.samples.register(cmd)
	global.search.registerChooser(cmd, a, global)
	_ = cmd.RegisterFlagCompletionFunc("exit-codes", cobra.FixedCompletions([]string{exitCodesOwn, exitCodesNel}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagFilename("policy", "yml", "yaml")
	global.output.register(cmd, kind.Gate)
	return cmd
}

func (a *app) gate(ctx context.Context, global *globalFlags, f *gateFlags, words []string, atConfidence bool) error {
	options, err := f.options(a)
	if err != nil {
		return err
	}
	policy, err := a.readPolicy(f)
	if err != nil {
		return err
	}
	var asked *decimal.Decimal
	if atConfidence {
		asked = &options.Confidence
	}
	if options.Confidence, err = policy.Level(asked, options.Confidence); err != nil {
		return err
	}
	// Everything that is wrong with the policy is said before anything is fetched.
	if err := policy.Check(options.Catalog); err != nil {
		return err
	}
	if len(words) == 1 {
		if err := policy.Standalone(); err != nil {
			return err
		}
	}
	samples, err := f.samples.mode()
	if err != nil {
		return err
	}
	sides, err := a.readSides(ctx, global, words, withSamples(samples))
	if err != nil {
		return err
	}
	answer, warnings, err := gate.Judge(sides, policy, options)
	if err != nil {
		return err
	}
	for _, side := range notAsPinned(sides) {
		answer.Doubt(side + " has other numbers than were pinned")
	}
	if f.explain {
		answer.Explain()
	}
	if err := a.print(ctx, kind.GateDocument(answer, warnings), global.output); err != nil {
		return err
	}
	return gated(answer, f.exitCodes)
}

// options turns the flags into options of the comparison behind a gate.
func (f *gateFlags) options(a *app) (compare.Options, error) {
	options, err := a.comparisonOptions()
	if err != nil {
		return options, err
	}
	switch {
	case f.exitCodes != exitCodesOwn && f.exitCodes != exitCodesNel:
		return options, usagef("--exit-codes is %s or %s, not %q", exitCodesOwn, exitCodesNel, f.exitCodes)
	case f.policy == "" && !f.init:
		return options, &usageError{message: "--policy FILE says what is demanded", hint: "evalctl gate --init BASE writes one to begin with"}
	case f.init && (f.policy != "" || f.point || f.explain):
		return options, usagef("--init writes a policy; --policy, --point and --explain are for deciding by one")
	}
	if err := f.overlap.check(); err != nil {
		return options, err
	}
	options.Overlap = string(f.overlap)
	if err := f.infer.apply(&options); err != nil {
		return options, err
	}
	if !gate.IsConfidence(options.Confidence) {
		return options, &usageError{
			message: "--confidence " + f.infer.confidence + ": a gate decides at " + gate.LeastConfidence + " or more",
			hint:    "to decide on the exact numbers, and have the answer say so, use --point",
		}
	}
	return options, nil
}

// readPolicy reads the policy from a file or standard input.
func (a *app) readPolicy(f *gateFlags) (*gate.Policy, error) {
	input := a.stdin
	name := "standard input"
	if f.policy != "-" {
		name = f.policy
		file, err := os.Open(f.policy)
		if err != nil {
			return nil, policyUnreadable(f.policy, err)
		}
		defer file.Close()
		input = file
	} else if a.stdin == nil {
		return nil, usagef("--policy - reads the policy from standard input, which is a terminal")
	}
	data, err := io.ReadAll(io.LimitReader(input, gate.MaxPolicyBytes+1))
	if err != nil {
		return nil, policyUnreadable(name, err)
	}
	policy, err := gate.Parse(name, data)
	if err != nil {
		return nil, err
	}
	if f.point {
		policy.Decision = gate.DecidePoint
	}
	return policy, nil
}

// policyUnreadable is the error of a policy that cannot be read: how the command was
// called is wrong, not what it found.
func policyUnreadable(name string, err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return usagef("--policy %s: %v", name, err)
}

// gated makes an exit status of a verdict.
func gated(answer gate.Answer, exitCodes string) error {
	status := exitInconclusive
	switch {
	case answer.Verdict == gate.Pass:
		return nil
	case answer.Verdict == gate.Fail && exitCodes == exitCodesNel:
		status = 1
	case answer.Verdict == gate.Fail:
		status = exitFailed
	case exitCodes == exitCodesNel:
		status = 2
	}
	verb := "fails"
	if answer.Verdict == gate.Inconclusive {
		verb = "is inconclusive"
	}
	const most = 8
	reasons := answer.Reasons
	if len(reasons) > most {
		reasons = append(reasons[:most:most], fmt.Sprintf("and %d more", len(answer.Reasons)-most))
	}
	return &verdictError{"the gate " + verb + ": " + strings.Join(reasons, ", "), status}
}

// initPolicy writes a policy for what a baseline holds.
func (a *app) initPolicy(ctx context.Context, global *globalFlags, f *gateFlags, words []string) error {
	options, err := f.options(a)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return usagef("--init takes one baseline")
	}
	samples, err := f.samples.mode()
	if err != nil {
		return err
	}
	sides, err := a.readSides(ctx, global, words, withSamples(samples))
	if err != nil {
		return err
	}
	text, err := gate.Template(sides[0], options)
	if err != nil {
		return err
	}
	_, err = io.WriteString(a.stdout, text)
	return a.written(err)
}
