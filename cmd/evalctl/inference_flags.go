package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// inferenceFlags say how a verdict is reached.
type inferenceFlags struct {
	confidence  string
	adjust      string
	margins     []string
	scales      []string
	scope       string
	method      string
	pairBy      string
	correlation string
	questions   []string
	seed        int64
}

// Values of flags, in the order of the help.
var (
	adjustments = []string{"holm", "bh", "none"}
	scopes      = []string{compare.ScopeItemPopulation, compare.ScopeFixedItems}
	pairings    = []string{compare.PairByItem, compare.PairBySeed, compare.PairByNone}
	methods     = []string{
		compare.MethodTango, compare.MethodPairedT, compare.MethodFixedItems, compare.MethodRunPairs, compare.MethodWelch,
		compare.MethodMiettinenNurminen, compare.MethodWelchStderr, compare.MethodZStderr, compare.MethodCorrelatedZ,
	}
)

func (f *inferenceFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.registerEvidence(cmd)
	flags.StringVar(&f.adjust, "adjust", "holm", "adjust p-values of a candidate's headlines: "+strings.Join(adjustments, ", "))
	flags.StringArrayVar(&f.margins, "margin", nil, "what is equivalent: 0.01 is a hundredth of a scale, a point; SCALE=M in a scale's own unit; repeatable")
	_ = cmd.RegisterFlagCompletionFunc("adjust", cobra.FixedCompletions(adjustments, cobra.ShellCompDirectiveNoFileComp))
}

// registerEvidence adds the flags that say which evidence is weighed and how, and
// none of what is demanded of it: a gate's policy says that.
func (f *inferenceFlags) registerEvidence(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.adjust = "holm"
	flags.StringVar(&f.confidence, "confidence", "0.95", "coverage of intervals; a p-value up to 1 less this is significant")
	flags.StringArrayVar(&f.scales, "scale", nil, "the scale of scores where none is known, or TASK=SCALE; repeatable")
	flags.StringVar(&f.scope, "scope", "", "what to answer: "+strings.Join(scopes, " (new questions), ")+" (a re-run)")
	flags.StringVar(&f.method, "method", "", "one method and no other: "+strings.Join(methods, ", "))
	flags.StringVar(&f.pairBy, "pair-by", compare.PairByItem, "pair by the same question (item), runs by sampling seed (seed), or not (none)")
	flags.StringVar(&f.correlation, "assume-correlation", "", "decide on reported standard errors as if the sides' errors had this correlation")
	flags.StringArrayVar(&f.questions, "n", nil, "the number of questions where no file says it: N, or TASK=N; one that a file contradicts is a difference in n; repeatable")
	flags.Int64Var(&f.seed, "seed", 1, "of randomization tests")
	for name, values := range map[string][]string{"scope": scopes, "method": methods, "pair-by": pairings} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

// apply writes the flags into the knobs of a comparison.
func (f *inferenceFlags) apply(options *compare.Options) error {
	one := decimal.FromInt(1)
	confidence, err := decimal.Parse(f.confidence)
	if err != nil || confidence.Sign() <= 0 || confidence.Cmp(one) >= 0 {
		return usagef("--confidence is a number between 0 and 1, such as 0.95, not %q", f.confidence)
	}
	options.Confidence = confidence
	for _, choice := range []struct {
		flag, value string
		of          []string
	}{{"adjust", f.adjust, adjustments}, {"pair-by", f.pairBy, pairings}, {"scope", f.scope, scopes}, {"method", f.method, methods}} {
		optional := choice.flag == "scope" || choice.flag == "method"
		if !slices.Contains(choice.of, choice.value) && !(optional && choice.value == "") {
			return usagef("--%s is one of %s, not %q", choice.flag, strings.Join(choice.of, ", "), choice.value)
		}
	}
	options.Adjust, options.PairBy, options.Seed = f.adjust, f.pairBy, f.seed
	if f.scope != "" {
		options.Scope = &f.scope
	}
	if f.method != "" {
		options.Method = &f.method
	}
	if f.correlation != "" {
		rho, err := decimal.Parse(f.correlation)
		if err != nil || rho.Abs().Cmp(one) >= 0 {
			return usagef("--assume-correlation is a number between -1 and 1, not %q", f.correlation)
		}
		options.AssumeCorrelation = &rho
	}
	if err := f.applyMargins(options); err != nil {
		return err
	}
	if err := f.applyScales(options); err != nil {
		return err
	}
	return f.applyQuestions(options)
}

func (f *inferenceFlags) applyMargins(options *compare.Options) error {
	for _, word := range f.margins {
		name, text, own := strings.Cut(word, "=")
		if !own {
			text = word
		}
		margin, err := decimal.Parse(text)
		if err != nil || margin.Sign() < 0 {
			return usagef("--margin is a number of 0 or more, such as 0.01, or SCALE=NUMBER, not %q", word)
		}
		if !own {
			if margin.Cmp(decimal.FromInt(1)) >= 0 {
				return &usageError{
					message: "--margin " + word + ": a margin is a share of a scale, below 1",
					hint:    "--margin 0.01 is one point of a percent scale; --margin percent=1 says the same in its own unit",
				}
			}
			options.Margin = &margin
			continue
		}
		if !catalog.Scale(name).Known() {
			return usagef("--margin %s: %q is no scale; one of %s", word, name, scaleNames())
		}
		options.Margins = maps.Clone(options.Margins)
		options.Margins[name] = margin
	}
	return nil
}

func (f *inferenceFlags) applyScales(options *compare.Options) error {
	for _, word := range f.scales {
		task, name, named := strings.Cut(word, "=")
		if !named {
			task, name = "", word
		}
		scale := catalog.Scale(name)
		if !scale.Known() {
			return usagef("--scale %s: %q is no scale; one of %s", word, name, scaleNames())
		}
		options.Catalog = options.Catalog.WithScale(task, scale)
	}
	return nil
}

func (f *inferenceFlags) applyQuestions(options *compare.Options) error {
	for _, word := range f.questions {
		task, text, named := strings.Cut(word, "=")
		if !named {
			task, text = "", word
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return usagef("--n is a number of questions, or TASK=N, not %q", word)
		}
		options.Questions = maps.Clone(options.Questions)
		options.Questions[options.Catalog.Canonical(task)] = n
	}
	return nil
}

func scaleNames() string {
	names := make([]string, 0, len(catalog.Scales()))
	for _, scale := range catalog.Scales() {
		names = append(names, string(scale))
	}
	return strings.Join(names, ", ")
}
