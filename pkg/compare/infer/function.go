package infer

import (
	"fmt"
	"slices"
)

// Function is a method by name, on inputs that a person can type or a JSON object
// can hold.
type Function struct {
	Name    string
	Summary string // one line
	Source  string // where the formula comes from
	Inputs  []Input
	Outputs []Quantity // in the order in which Eval returns them
	eval    func(in *arguments) result
}

// Kind is the type of an input.
type Kind string

// The kinds of inputs. A number is decimal text or a JSON number, read exactly, or
// a fraction such as 1/3. Anything but a word or label may be null, or one of NaN,
// Inf and N/A: an undefined input makes undefined what depends on it.
const (
	KindNumber  Kind = "number"
	KindCount   Kind = "count" // a whole number
	KindWord    Kind = "word"  // one of Words
	KindNumbers Kind = "numbers"
	KindCounts  Kind = "counts"
	KindLabels  Kind = "labels"  // text or numbers that tell groups apart
	KindWords   Kind = "words"   // each one of Words
	KindTable   Kind = "table"   // rows of numbers
	KindRecords Kind = "records" // objects with Fields
)

// Input is one named argument of a function.
type Input struct {
	Name     string
	Kind     Kind
	Required bool
	Meaning  string
	Default  string   // what an absent optional input stands for, if that is a value
	Words    []string // of a word
	Fields   []Input  // of records
}

// Quantity is one named result of a function.
type Quantity struct {
	Name    string
	Meaning string
}

// Output is a computed quantity. Value is nil where undefined, else a
// decimal.Decimal (exact), float64, int64, string, or a []any of these.
type Output struct {
	Name  string
	Value any
}

// Evaluation is what a function computed, in the order of its Outputs, and why
// parts of it are undefined.
type Evaluation struct {
	Outputs []Output
	Reason  Reason
}

// result is an evaluation without the names; nil values stand for all undefined.
type result struct {
	values []any
	reason Reason
}

// InputError is an input that a function cannot read: an unknown or absent name, or
// a value of another kind. Values that are read but for which a formula is not
// defined are no error; they give undefined outputs.
type InputError struct {
	Function string
	Input    string
	Problem  string
}

func (e *InputError) Error() string {
	return fmt.Sprintf("%s: input %s: %s", e.Function, e.Input, e.Problem)
}

// Functions returns all functions, grouped by subject.
func Functions() []Function {
	return slices.Concat(
		decimalFunctions(),
		proportionFunctions(),
		pairedFunctions(),
		sampleFunctions(),
		stderrFunctions(),
		aggregateFunctions(),
		familyFunctions(),
		planningFunctions(),
		distributionFunctions(),
	)
}

// Lookup returns the function of a name.
func Lookup(name string) (Function, bool) {
	for _, f := range Functions() {
		if f.Name == name {
			return f, true
		}
	}
	return Function{}, false
}

// Eval computes the function of inputs as encoding/json decodes them: strings,
// json.Number (or Go's own numbers), nil, []any and map[string]any. The error is an
// [*InputError].
func (f Function) Eval(inputs map[string]any) (Evaluation, error) {
	in := &arguments{function: f.Name, declared: f.Inputs, values: inputs}
	in.checkNames()
	var computed result
	if in.err == nil {
		computed = f.eval(in)
	}
	if in.err != nil {
		return Evaluation{}, in.err
	}
	evaluation := Evaluation{Reason: computed.reason}
	if computed.values == nil && computed.reason == "" {
		evaluation.Reason = ReasonMissing
	}
	for i, quantity := range f.Outputs {
		output := Output{Name: quantity.Name}
		if i < len(computed.values) {
			output.Value = computed.values[i]
		}
		evaluation.Outputs = append(evaluation.Outputs, output)
	}
	return evaluation, nil
}
