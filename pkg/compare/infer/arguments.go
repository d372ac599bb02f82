package infer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// arguments reads the inputs of one call. The first problem sticks in err; a nil
// pointer is an undefined input.
type arguments struct {
	function string
	declared []Input
	values   map[string]any
	err      error
}

func (a *arguments) fail(input, format string, args ...any) {
	if a.err == nil {
		a.err = &InputError{a.function, input, fmt.Sprintf(format, args...)}
	}
}

func (a *arguments) checkNames() {
	for _, name := range slices.Sorted(maps.Keys(a.values)) {
		if !slices.ContainsFunc(a.declared, func(i Input) bool { return i.Name == name }) {
			a.fail(name, "unknown")
		}
	}
	for _, input := range a.declared {
		if _, given := a.values[input.Name]; input.Required && !given {
			a.fail(input.Name, "required")
		}
	}
}

func (a *arguments) given(name string) bool {
	_, given := a.values[name]
	return given
}

// number returns a number, nil if it is undefined or absent.
func (a *arguments) number(name string) *decimal.Decimal {
	return a.decimalOf(name, a.values[name])
}

// or returns a number, or what it stands for when absent.
func (a *arguments) or(name, standard string) *decimal.Decimal {
	if !a.given(name) {
		value := decimal.MustParse(standard)
		return &value
	}
	return a.number(name)
}

func (a *arguments) decimalOf(name string, value any) *decimal.Decimal {
	var text string
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		text = strings.TrimSpace(value)
	case json.Number:
		text = value.String()
	case int, int64, float64:
		text = fmt.Sprint(value)
	case decimal.Decimal:
		return &value
	default:
		a.fail(name, "want a number")
		return nil
	}
	if isUndefined(text) {
		return nil
	}
	numerator, denominator, isFraction := strings.Cut(text, "/")
	parsed, err := decimal.Parse(numerator)
	if err != nil {
		a.fail(name, "%v", err)
		return nil
	}
	if isFraction {
		divisor, err := decimal.Parse(denominator)
		if err != nil {
			a.fail(name, "%v", err)
			return nil
		}
		quotient, ok := parsed.Quo(divisor)
		if !ok {
			return nil
		}
		parsed = quotient
	}
	return &parsed
}

// isUndefined knows what tools write for a number that is none.
func isUndefined(text string) bool {
	bare := strings.TrimLeft(strings.ToLower(text), "+-.")
	return slices.Contains([]string{"nan", "inf", "infinity", "n/a", "null", "none"}, bare)
}

// real returns a number as the nearest float64, nil if there is none.
func (a *arguments) real(name string) *float64 {
	if value := a.number(name); value != nil {
		return finite(value.Float64())
	}
	return nil
}

// confidence returns the confidence level, 0.95 if absent. One that is undefined or
// out of range comes back as 0, for which no interval is defined.
func (a *arguments) confidence() float64 {
	if value := a.or("confidence", "0.95"); value != nil {
		return value.Float64()
	}
	return 0
}

// maxCount keeps sums and products of a few counts within an int64.
const maxCount = 1_000_000_000

// count returns a whole number, nil if it is undefined or absent, or too large for
// any evaluation.
func (a *arguments) count(name string) *int { return a.countOf(name, a.values[name]) }

func (a *arguments) countOf(name string, value any) *int {
	number := a.decimalOf(name, value)
	if number == nil {
		return nil
	}
	if !number.IsInt() {
		a.fail(name, "want a whole number, got %s", number)
		return nil
	}
	whole, ok := number.Int64()
	if !ok || whole > maxCount || whole < -maxCount {
		return nil
	}
	count := int(whole)
	return &count
}

// counts returns several counts; ok is false if one is undefined.
func (a *arguments) counts(names ...string) (counts []int, ok bool) {
	ok = true
	for _, name := range names {
		count := a.count(name)
		if count == nil {
			ok = false
			continue
		}
		counts = append(counts, *count)
	}
	return counts, ok && a.err == nil
}

// numbers returns several numbers; ok is false if one is undefined.
func (a *arguments) numbers(names ...string) (numbers []decimal.Decimal, ok bool) {
	ok = true
	for _, name := range names {
		number := a.number(name)
		if number == nil {
			ok = false
			continue
		}
		numbers = append(numbers, *number)
	}
	return numbers, ok && a.err == nil
}

func (a *arguments) items(name string) []any {
	switch value := a.values[name].(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	a.fail(name, "want a list")
	return nil
}

// optional returns a list of numbers, nil for those that are undefined.
func (a *arguments) optional(name string) []*decimal.Decimal {
	items := a.items(name)
	list := make([]*decimal.Decimal, len(items))
	for i, item := range items {
		list[i] = a.decimalOf(name, item)
	}
	return list
}

// list returns a list of numbers; ok is false if it or one of them is undefined.
func (a *arguments) list(name string) (list []decimal.Decimal, ok bool) {
	list, ok = complete(a.optional(name))
	return list, ok && a.values[name] != nil && a.err == nil
}

func complete(list []*decimal.Decimal) (values []decimal.Decimal, ok bool) {
	values = make([]decimal.Decimal, 0, len(list))
	for _, value := range list {
		if value == nil {
			return nil, false
		}
		values = append(values, *value)
	}
	return values, true
}

// pairs returns two lists without the items that are undefined on a side, and how
// many these were; ok is false if the lists cannot be paired.
func (a *arguments) pairs(first, second string) (x, y []decimal.Decimal, dropped int, ok bool) {
	left, right := a.optional(first), a.optional(second)
	if len(left) != len(right) {
		a.fail(second, "want as many values as %s: %d, got %d", first, len(left), len(right))
		return nil, nil, 0, false
	}
	for i := range left {
		if left[i] == nil || right[i] == nil {
			dropped++
			continue
		}
		x, y = append(x, *left[i]), append(y, *right[i])
	}
	return x, y, dropped, a.err == nil
}

// countList returns a list of counts; ok is false if one is undefined.
func (a *arguments) countList(name string) (list []int, ok bool) {
	ok = a.values[name] != nil
	for _, item := range a.items(name) {
		count := a.countOf(name, item)
		if count == nil {
			ok = false
			continue
		}
		list = append(list, *count)
	}
	return list, ok && a.err == nil
}

// labels returns a list of texts; a label may be written as a number.
func (a *arguments) labels(name string) []string {
	var list []string
	for _, item := range a.items(name) {
		switch item.(type) {
		case string, json.Number, int, int64, float64, bool:
			list = append(list, fmt.Sprint(item))
		default:
			a.fail(name, "want labels")
		}
	}
	return list
}

// table returns rows of numbers; ok is false if one is undefined.
func (a *arguments) table(name string) (rows [][]decimal.Decimal, ok bool) {
	ok = true
	for _, item := range a.items(name) {
		cells, isList := item.([]any)
		if !isList {
			a.fail(name, "want rows of numbers")
			return nil, false
		}
		row := make([]*decimal.Decimal, len(cells))
		for i, cell := range cells {
			row[i] = a.decimalOf(name, cell)
		}
		values, defined := complete(row)
		ok = ok && defined
		rows = append(rows, values)
	}
	return rows, ok && a.err == nil
}

// records returns the objects of a list, as arguments of their own.
func (a *arguments) records(name string) []*arguments {
	var fields []Input
	for _, input := range a.declared {
		if input.Name == name {
			fields = input.Fields
		}
	}
	var list []*arguments
	for i, item := range a.items(name) {
		object, isObject := item.(map[string]any)
		if !isObject {
			a.fail(name, "want objects")
			return nil
		}
		record := &arguments{function: a.function, declared: fields, values: object}
		record.checkNames()
		if record.err != nil {
			a.fail(fmt.Sprintf("%s[%d]", name, i), "%v", record.err)
		}
		list = append(list, record)
	}
	return list
}

// word returns one of the declared words, the default if absent.
func (a *arguments) word(name string) string {
	for _, input := range a.declared {
		if input.Name != name {
			continue
		}
		value, given := a.values[name]
		if !given || value == nil {
			return input.Default
		}
		text, isText := value.(string)
		if !isText || !slices.Contains(input.Words, text) {
			a.fail(name, "want one of %s", strings.Join(input.Words, ", "))
		}
		return text
	}
	return ""
}
