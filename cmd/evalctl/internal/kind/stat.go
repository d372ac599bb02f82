package kind

import (
	"encoding/json"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare/infer"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// StatValue is the value of the kind "stat": one statistic of numbers given by
// hand.
type StatValue struct {
	Name    string                     `json:"name"`
	Summary string                     `json:"summary"`
	Source  string                     `json:"source"` // of the formula
	Inputs  map[string]json.RawMessage `json:"inputs"` // as given
	Outputs []StatOutput               `json:"outputs"`
	Values  map[string]json.RawMessage `json:"values"` // the outputs by name
	Reason  *string                    `json:"reason"` // why outputs are null; nil if none needs one
}

// StatOutput is one quantity. Value is nil where it is undefined, a number, a
// text, or a list of these; numbers that are not exact have 12 digits.
type StatOutput struct {
	Name    string          `json:"name"`
	Meaning string          `json:"meaning"`
	Value   json.RawMessage `json:"value"`
}

// derivedDigits is the precision of numbers that are not exact.
const derivedDigits = 12

// NewStat describes an evaluation of a function. The error is for a result that
// JSON cannot carry, which would be a bug.
func NewStat(f infer.Function, inputs map[string]any, evaluation infer.Evaluation) (StatValue, error) {
	v := StatValue{
		Name: f.Name, Summary: f.Summary, Source: f.Source, Inputs: map[string]json.RawMessage{},
		Outputs: []StatOutput{}, Values: map[string]json.RawMessage{}, Reason: nemo.Optional(string(evaluation.Reason)),
	}
	for name, value := range inputs {
		text, err := json.Marshal(value)
		if err != nil {
			return v, err
		}
		v.Inputs[name] = text
	}
	for i, output := range evaluation.Outputs {
		text, err := json.Marshal(statValue(output.Value))
		if err != nil {
			return v, err
		}
		v.Outputs = append(v.Outputs, StatOutput{Name: output.Name, Meaning: f.Outputs[i].Meaning, Value: text})
		v.Values[output.Name] = text
	}
	return v, nil
}

// statValue turns a result into what JSON carries: decimals exactly, other numbers
// with 12 digits.
func statValue(value any) any {
	switch value := value.(type) {
	case float64:
		d, err := decimal.FromFloat(value)
		if err != nil {
			return nil
		}
		return d.RoundSignificant(derivedDigits)
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = statValue(element)
		}
		return list
	default:
		return value
	}
}

// StatDocument draws one statistic.
func StatDocument(v StatValue, _ []nemo.Warning) render.Document {
	table := render.Table{NoHeader: true, Columns: []render.Column{{}, {Align: render.Point}, {}}}
	records := render.Records{Name: "stat", Columns: []string{"name", "output", "value"}, Numeric: []bool{false, false, true}}
	brief := make([]string, 0, len(v.Outputs))
	for _, output := range v.Outputs {
		shown := statText(output.Value)
		table.Rows = append(table.Rows, render.Row{plain(output.Name), strong(orDash(statScreen(shown))), muted(output.Meaning)})
		records.Rows = append(records.Rows, []string{v.Name, output.Name, shown})
		brief = append(brief, output.Name+" "+orDash(shown))
	}
	prose := render.Paragraph{muted(v.Summary + " (" + v.Source + ")")}
	if v.Reason != nil {
		prose = append(prose, render.Cell{Text: "Undefined: " + words(*v.Reason) + ".", Tone: render.Caution})
		brief = append(brief, "undefined: "+words(*v.Reason))
	}
	return render.Document{
		Kind: Stat, Data: v, Warnings: []string{}, Items: items(v.Outputs), ItemKind: "output",
		Screen: []render.Block{table, prose}, Brief: []string{v.Name + ": " + strings.Join(brief, ", ")},
		Tables: []render.Records{records},
	}
}

// statScreen is a value on a screen, where a number of many digits is only its
// size.
func statScreen(shown string) string {
	if d, err := decimal.Parse(shown); err == nil && isHuge(d) {
		return d.Scientific(derivedDigits)
	}
	return shown
}

// statText is a value in a table: numbers and words as they are, lists with blanks
// between.
func statText(value json.RawMessage) string {
	var list []json.RawMessage
	var word string
	switch {
	case len(value) == 0 || string(value) == "null":
		return ""
	case json.Unmarshal(value, &list) == nil:
		parts := make([]string, len(list))
		for i, element := range list {
			parts[i] = orDash(statText(element))
		}
		return strings.Join(parts, " ")
	case json.Unmarshal(value, &word) == nil:
		return word
	default:
		return string(value)
	}
}

// StatsValue is the value of the kind "stats": what stat can compute.
type StatsValue struct {
	Functions []StatFunction `json:"functions"`
	Listing
}

// StatFunction describes one statistic.
type StatFunction struct {
	Name    string      `json:"name"`
	Summary string      `json:"summary"`
	Source  string      `json:"source"`
	Inputs  []StatInput `json:"inputs"`
}

// StatInput is one input of a statistic.
type StatInput struct {
	Name     string  `json:"name"`
	Type     string  `json:"type"`
	Required bool    `json:"required"`
	Meaning  string  `json:"meaning"`
	Default  *string `json:"default"`
}

// NewStats lists the statistics.
func NewStats() StatsValue {
	v := StatsValue{Functions: []StatFunction{}}
	for _, f := range infer.Functions() {
		described := StatFunction{Name: f.Name, Summary: f.Summary, Source: f.Source, Inputs: []StatInput{}}
		for _, input := range f.Inputs {
			described.Inputs = append(described.Inputs, StatInput{
				Name: input.Name, Type: string(input.Kind), Required: input.Required, Meaning: input.Meaning, Default: nemo.Optional(input.Default),
			})
		}
		v.Functions = append(v.Functions, described)
	}
	v.Listing = NewListing(len(v.Functions), false)
	return v
}

// StatsDocument draws the list of statistics.
func StatsDocument(v StatsValue, _ []nemo.Warning) render.Document {
	table := render.Table{Columns: []render.Column{{Title: "name"}, {Title: "computes", Flexible: true}}}
	records := render.Records{Name: "stats", Columns: []string{"name", "summary", "source"}, Numeric: []bool{false, false, false}}
	names := []string{}
	for _, f := range v.Functions {
		names = append(names, f.Name)
		table.Rows = append(table.Rows, render.Row{strong(f.Name), plain(f.Summary)})
		records.Rows = append(records.Rows, []string{f.Name, f.Summary, f.Source})
	}
	return render.Document{
		Kind: Stats, Data: v, Warnings: []string{}, Items: items(v.Functions), ItemKind: "function", Summary: v.Listing,
		Screen: []render.Block{table, render.Paragraph{muted("evalctl stat NAME --help says what each takes.")}},
		Tables: []render.Records{records}, Names: names,
	}
}
