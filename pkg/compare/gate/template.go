package gate

import (
	"fmt"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// Template writes a policy for what a baseline holds, with what each task scored and
// which margin so many questions can certify beside it. It can be loaded as it is.
// The error is a [*compare.OverlapError].
func Template(side compare.Side, options compare.Options) (string, error) {
	measurement, err := compare.Measure(side, options)
	if err != nil {
		return "", err
	}
	measured := measurement.Scores
	var out strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	say("# A policy for evalctl gate, from %s. Tasks that it does not list are", comment(side.Label))
	say("# judged by the defaults. Of these, one without headline leaves the gate inconclusive,")
	say("# and one that is new in the candidate, or that failed on both sides, is only named.")
	say("# Every difference in settings counts unless allowed below.")
	say("version: 1")
	say("")
	say("defaults:")
	say("  tier: supporting      # critical and supporting ones are required; advisory ones are shown")
	say("  max_drop: %s       # a share of the scale: 0.01 is one point", DefaultMaxDrop)
	say("")
	groups := byTask(measured)
	if len(groups) == 0 {
		say("benchmarks: {}")
	} else {
		say("benchmarks:")
	}
	seen := map[string]bool{}
	for _, group := range groups {
		task, head := group[0].Task, primaryOf(group)
		if seen[options.Catalog.Canonical(task)] {
			continue
		}
		seen[options.Catalog.Canonical(task)] = true
		if head == nil {
			say("  # %s has no headline, so it is not judged; a metric has it judged, such as {metric: %s},", comment(task), comment(key(telling(group))))
			say("  # of %s", comment(listing(metricsOf(namesOf(group)))))
			say("  %s: {tier: advisory}", key(task))
			continue
		}
		say("  # %s %s", comment(head.Metric), comment(described(*head, options)))
		say("  %s: {tier: critical}", key(task))
	}
	for _, m := range measurement.Missing {
		task := nemo.Text(m.Task)
		id := options.Catalog.Canonical(task)
		if task == "" || seen[id] {
			continue
		}
		seen[id] = true
		why := inWords(m.Reason)
		if m.Detail != nil {
			why += ": " + *m.Detail
		}
		say("  # %s is not listed: the baseline has no results of it (%s)", comment(task), comment(why))
	}
	say("")
	say("bounds:                 # of the candidate alone; one that cannot be measured is missing")
	if hasRuntime(side) {
		say("  # runtime/avg_latency_ms: \"<=2s\"")
		say("  # runtime/finish_reason.length: \"<=2%%\"")
		say("  # runtime/status.non_200: \"==0\"")
	}
	if covered := measurement.Coverage; covered != nil && covered.Results > 0 && covered.Results == covered.Configured {
		say("  coverage: \">=100%%\"    # jobs with results, of those configured")
	} else {
		say("  # coverage: \">=100%%\"  # jobs with results, of those configured; the baseline lacks some, or no file tells")
	}
	say("")
	say("comparability:")
	say("  allow: []             # settings that may differ, such as temperature")
	return out.String(), nil
}

// telling is the metric to suggest for a task without headline: the first whose value
// is not 0 and that is no total, as one of parts that were not run counts them as 0.
func telling(group []compare.Measured) string {
	best, rank := group[0].Metric, 3
	for _, m := range group {
		r := 0
		if catalog.IsTotal(nemo.Text(m.Harness), m.Metric) {
			r = 2
		}
		if m.Value == nil || m.Value.Sign() == 0 {
			r++
		}
		if r < rank {
			best, rank = m.Metric, r
		}
	}
	return best
}

func primaryOf(group []compare.Measured) *compare.Measured {
	for i := range group {
		if group[i].Primary {
			return &group[i]
		}
	}
	return nil
}

func hasRuntime(side compare.Side) bool {
	for _, job := range side.Jobs {
		if job.Runtime != nil {
			return true
		}
	}
	return false
}

// described is the value of a headline, and which drop it can be shown not to have
// had: (z + z_power)·√2·SE, for a candidate as uncertain as this and unpaired.
func described(m compare.Measured, options compare.Options) string {
	if m.Value == nil {
		return "has no number"
	}
	text := "was " + m.Value.RoundSignificant(6).String()
	if m.N != nil {
		text += " of " + m.N.String() + " questions"
	}
	width, ok := compare.ScaleWidth(m.Scale)
	z := infer.NormalQuantile(0.975)
	if m.CI == nil || !ok || z == nil {
		return text
	}
	se := (m.CI.Hi - m.CI.Lo) / (2 * *z)
	certifiable := infer.DefaultPower().DetectableEffect(math.Sqrt2 * se / width.Float64())
	if certifiable == nil {
		return text
	}
	share, err := decimal.FromFloat(*certifiable)
	if err != nil {
		return text
	}
	return text + "; unpaired it can certify a max_drop of about " + share.RoundSignificant(2).String()
}

// comment is text that cannot end the comment it stands in.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return ' '
		}
		return r
	}, text)
}

// key is text as a YAML scalar on one line.
func key(text string) string {
	node := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	encoded, err := yaml.Marshal(&node)
	if plain := strings.TrimSpace(string(encoded)); err == nil && !strings.Contains(plain, "\n") {
		return plain
	}
	return fmt.Sprintf("%q", text)
}
