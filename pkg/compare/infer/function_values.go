package infer

import "github.com/evalctl/evalctl/pkg/decimal"

// of makes a result of typed values in the order of the outputs.
func of(values ...any) result { return because("", values...) }

// because is [of] for results of which a part is undefined.
func because(reason Reason, values ...any) result {
	plainValues := make([]any, len(values))
	for i, value := range values {
		plainValues[i] = plain(value)
	}
	return result{plainValues, reason}
}

// nothing is the result of inputs for which everything is undefined.
func nothing(reason Reason) result { return result{reason: reason} }

// plain turns nil pointers into nil and numbers into the types of [Output].
func plain(value any) any {
	switch value := value.(type) {
	case *float64:
		if value != nil {
			return *value
		}
		return nil
	case float64:
		return plain(finite(value))
	case *decimal.Decimal:
		if value != nil {
			return *value
		}
		return nil
	case int:
		return int64(value)
	case *int64:
		if value != nil {
			return *value
		}
		return nil
	case []decimal.Decimal:
		return list(value)
	case []*float64:
		return list(value)
	case []int64:
		return list(value)
	}
	return value
}

func list[T any](values []T) []any {
	items := make([]any, len(values))
	for i, value := range values {
		items[i] = plain(value)
	}
	return items
}

// lo and hi return the limits of an interval that may be undefined.
func lo(i *Interval) *float64 {
	if i == nil {
		return nil
	}
	return &i.Lo
}

func hi(i *Interval) *float64 {
	if i == nil {
		return nil
	}
	return &i.Hi
}

// Inputs that several functions share.

func number(name, meaning string) Input {
	return Input{Name: name, Kind: KindNumber, Required: true, Meaning: meaning}
}

func count(name, meaning string) Input {
	return Input{Name: name, Kind: KindCount, Required: true, Meaning: meaning}
}

func numbers(name, meaning string) Input {
	return Input{Name: name, Kind: KindNumbers, Required: true, Meaning: meaning}
}

func optional(input Input, standard string) Input {
	input.Required, input.Default = false, standard
	return input
}

func confidence() Input {
	return optional(number("confidence", "confidence level, in (0, 1)"), "0.95")
}

func margin() Input {
	return number("margin", "largest loss that is tolerated, >= 0, in units of the metric")
}

func direction() Input {
	return Input{
		Name: "direction", Kind: KindWord, Meaning: "which way the metric gets better",
		Default: string(HigherIsBetter), Words: []string{string(HigherIsBetter), string(LowerIsBetter)},
	}
}

func runs() []Input {
	return []Input{numbers("base", "one value a run of the baseline"), numbers("cand", "one value a run of the candidate")}
}

// quantities takes names and meanings in turn.
func quantities(pairs ...string) []Quantity {
	var list []Quantity
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, Quantity{pairs[i], pairs[i+1]})
	}
	return list
}
