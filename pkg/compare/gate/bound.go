package gate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// Bound is a fixed limit of one measure of the candidate.
type Bound struct {
	Place
	Measure  string // as the policy names it
	Operator string // ">=", "<=", "==", ">" or "<"
	Limit    decimal.Decimal
	Unit     string // of Limit: "", "%", "ms", "s" or "tokens"
	Tier     Tier

	of measure
}

// String is the bound as a policy says it: "<=2s".
func (b Bound) String() string { return b.Operator + b.Limit.String() + b.Unit }

// Units of bounds, beside none.
const (
	unitPercent      = "%"
	unitMilliseconds = "ms"
	unitSeconds      = "s"
	unitTokens       = "tokens"
)

func units() []string { return []string{unitMilliseconds, unitSeconds, unitPercent, unitTokens} }

// operators, those of two signs first, so that none is taken for its first sign.
func operators() []string { return []string{">=", "<=", "==", ">", "<"} }

func beginsWithOperator(text string) bool {
	return slices.ContainsFunc(operators(), func(op string) bool { return strings.HasPrefix(text, op) })
}

// keeps reports whether a value in the unit of the bound satisfies it.
func (b Bound) keeps(value decimal.Decimal) bool {
	order := value.Cmp(b.Limit)
	switch b.Operator {
	case ">=":
		return order >= 0
	case "<=":
		return order <= 0
	case "==":
		return order == 0
	case ">":
		return order > 0
	}
	return order < 0
}

// fromBelow reports whether the bound asks for large values.
func (b Bound) fromBelow() bool { return b.Operator[0] == '>' }

// measureKind is what a bound is about.
type measureKind int

const (
	ofCoverage measureKind = iota // jobs with results, of those configured
	ofRuntime                     // a number of the runtime statistics
	ofFinish                      // answers that ended for this reason
	ofStatus                      // responses with this status, or not 200
	ofLatencyPercentile
	ofMLflow // a metric of the run in its store
	ofScore  // TASK/METRIC[/SCORE]
	ofAny    // a metric of every task, by its bare name
)

// measure is a measure's kind and the rest of its name.
type measure struct {
	kind measureKind
	name string
}

const (
	runtimePrefix = "runtime/"
	mlflowPrefix  = "mlflow:"
	finishPrefix  = "finish_reason."
	statusPrefix  = "status."
	anyBut200     = "non_200"
	nameCoverage  = "coverage"
)

// parseMeasure reads the name of a measure; why says what is wrong with it.
func parseMeasure(name string) (m measure, why string) {
	if name == nameCoverage {
		return measure{ofCoverage, name}, ""
	}
	if key, ok := strings.CutPrefix(name, mlflowPrefix); ok {
		if key == "" {
			return measure{}, mlflowPrefix + " is followed by the name of a metric"
		}
		return measure{ofMLflow, key}, ""
	}
	rest, ok := strings.CutPrefix(name, runtimePrefix)
	if !ok {
		switch {
		case isLatencyPercentile(name):
			return measure{ofLatencyPercentile, name}, ""
		case strings.Contains(name, "/"):
			if strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") {
				return measure{}, "a score is named TASK/METRIC or TASK/METRIC/SCORE"
			}
			return measure{ofScore, name}, ""
		case slices.Contains(compare.RuntimeMeasures(), name):
			return measure{ofRuntime, name}, ""
		}
		return measure{ofAny, name}, ""
	}
	if isLatencyPercentile(rest) {
		return measure{ofLatencyPercentile, rest}, ""
	}
	if reason, ok := strings.CutPrefix(rest, finishPrefix); ok && reason != "" {
		if near := nearest(reason, finishReasons()); near != "" && !strings.EqualFold(near, reason) {
			return measure{}, "no answer ends for the reason " + reason + didYouMean(reason, finishReasons())
		}
		return measure{ofFinish, reason}, ""
	}
	if code, ok := strings.CutPrefix(rest, statusPrefix); ok && code != "" {
		if code != anyBut200 && !isStatus(code) {
			return measure{}, "a status is a number from 100 to 599, or " + anyBut200
		}
		return measure{ofStatus, code}, ""
	}
	if !slices.Contains(compare.RuntimeMeasures(), rest) {
		known := append(compare.RuntimeMeasures(), finishPrefix+"length", statusPrefix+anyBut200)
		return measure{}, "no runtime measure is called " + rest + didYouMean(rest, known)
	}
	return measure{ofRuntime, rest}, ""
}

// finishReasons are the reasons that the API of OpenAI documents, and those that vLLM
// adds. A run without any answer that ended so had none; a run without any of another
// reason tells nothing.
func finishReasons() []string {
	return []string{"stop", "length", "tool_calls", "content_filter", "function_call", "abort", "error"}
}

// isStatus reports whether a text is a status of HTTP as it is written: 100 to 599.
func isStatus(code string) bool {
	return len(code) == 3 && code[0] >= '1' && code[0] <= '5' && strings.Trim(code, "0123456789") == ""
}

// isLatencyPercentile reports whether a name is of a percentile of the latency, as
// guides to monitoring write it: latency_p95, p99_latency_ms.
func isLatencyPercentile(name string) bool {
	if !strings.Contains(name, "latency") {
		return false
	}
	return slices.ContainsFunc(strings.Split(name, "_"), func(part string) bool {
		digits, found := strings.CutPrefix(part, "p")
		return found && digits != "" && strings.Trim(digits, "0123456789") == ""
	})
}

// unitOfRuntime is the unit that a runtime measure's name tells; "" for counts and
// bytes.
func unitOfRuntime(name string) string {
	switch {
	case strings.HasSuffix(name, "_ms"):
		return unitMilliseconds
	case strings.HasSuffix(name, "_seconds"):
		return unitSeconds
	case strings.HasSuffix(name, "_tokens"):
		return unitTokens
	}
	return ""
}

// bound reads one entry of bounds: a text such as "<=2s", or a mapping of bound and
// tier.
func (r *reader) bound(key, value *yaml.Node) {
	const keyBound = "bound"
	b := Bound{Place: placeOf(key), Measure: key.Value, Tier: Critical}
	text := value
	if value.Kind == yaml.MappingNode {
		text = nil
		for name, part := range r.entries(value, key.Value) {
			switch name.Value {
			case keyBound:
				text = part
			case keyTier:
				b.Tier = Tier(r.choice(part, key.Value+"."+keyTier, "", []string{string(Critical), string(Supporting), string(Advisory)}))
			default:
				r.wrong(name, "%s: unknown key %s%s", key.Value, name.Value, didYouMean(name.Value, []string{keyBound, keyTier}))
			}
		}
		if text == nil {
			r.wrong(value, "%s: no bound; write {bound: \">=0.8\", tier: advisory}", key.Value)
			return
		}
	}
	of, why := parseMeasure(key.Value)
	if why != "" {
		r.wrong(key, "%s: %s", key.Value, why)
		return
	}
	b.of = of
	if text.Kind != yaml.ScalarNode || isNull(text) {
		r.wrong(text, "%s: a bound is a text such as \">=0.8\", not %s", key.Value, shown(text))
		return
	}
	if b.Operator, b.Limit, b.Unit, why = parseBound(text.Value); why == "" {
		why = b.impossible()
	}
	if why != "" {
		r.wrong(text, "%s: %s", key.Value, why)
		return
	}
	r.policy.Bounds = append(r.policy.Bounds, b)
}

// parseBound reads "<=2s"; why says what is wrong with it.
func parseBound(text string) (operator string, limit decimal.Decimal, unit, why string) {
	i := slices.IndexFunc(operators(), func(op string) bool { return strings.HasPrefix(text, op) })
	if i < 0 {
		return "", limit, "", "a bound begins with >=, <=, ==, > or <, and " + quote(text) + " does not"
	}
	operator = operators()[i]
	rest := strings.TrimSpace(text[len(operator):])
	number := rest[:numberLength(rest)]
	limit, err := decimal.Parse(number)
	if err != nil {
		return "", limit, "", quote(text) + " has no number after " + operator
	}
	unit = strings.TrimSpace(rest[len(number):])
	if unit != "" && !slices.Contains(units(), unit) {
		return "", limit, "", "the unit " + quote(unit) + " is none of " + strings.Join(units(), ", ") + didYouMean(unit, units())
	}
	return operator, limit, unit, ""
}

func quote(text string) string { return `"` + text + `"` }

// numberLength is how much of a text is a decimal number.
func numberLength(text string) int {
	digits := func(i int) int {
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		return i
	}
	sign := func(i int) int {
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		return i
	}
	end := digits(sign(0))
	if end < len(text) && text[end] == '.' {
		end = digits(end + 1)
	}
	if end < len(text) && (text[end] == 'e' || text[end] == 'E') {
		if start := sign(end + 1); digits(start) > start {
			end = digits(start)
		}
	}
	return end
}

// impossible says why no candidate, or every one, keeps a bound, or why its unit is
// none of the measure; "" where all is well.
func (b Bound) impossible() string {
	hundred := decimal.FromInt(100)
	isShare := b.Unit == unitPercent
	switch b.of.kind {
	case ofCoverage:
		if b.Unit != unitPercent {
			return "coverage is a share; write >=100%"
		}
	case ofFinish, ofStatus:
		if !isShare && b.Unit != "" {
			return "a number of responses has no unit " + b.Unit + "; write 2% for a share of them"
		}
		if !isShare && !b.Limit.IsInt() {
			return "a number of responses is whole; write 2% for a share of them"
		}
	case ofRuntime:
		own := unitOfRuntime(b.of.name)
		isTime := own == unitMilliseconds || own == unitSeconds
		if fits := b.Unit == "" || b.Unit == own || isTime && (b.Unit == unitMilliseconds || b.Unit == unitSeconds); !fits {
			return b.of.name + " is not measured in " + b.Unit
		}
	case ofLatencyPercentile:
		if b.Unit == unitPercent || b.Unit == unitTokens {
			return "a latency is not measured in " + b.Unit
		}
	case ofMLflow:
		if b.Unit != "" {
			return "a metric of MLflow has no unit; leave " + b.Unit + " out"
		}
		return ""
	case ofScore, ofAny:
		if b.Unit == unitPercent && b.Limit.Abs().Cmp(hundred) > 0 {
			return "no share is " + b.Limit.String() + " %"
		}
		return ""
	}
	never := b.Operator == "<" && b.Limit.Sign() <= 0
	if never || b.Limit.Sign() < 0 {
		return "it is never below 0"
	}
	if isShare && (b.Limit.Cmp(hundred) > 0 || b.Operator == ">" && b.Limit.Equal(hundred)) {
		return "no share is above 100 %"
	}
	return ""
}
