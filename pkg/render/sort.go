package render

import (
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// Order returns the order of the rows of doc's main table by one of its columns,
// as indices: numbers by their exact value, other text by its bytes, rows without
// a value last. "-" before the name turns the order round. Rows that are alike
// stay as they were. An unknown column is a [*UsageError].
func Order(doc Document, by string) ([]int, error) {
	if len(doc.Tables) == 0 {
		return nil, usage("", "%s output has no table to sort", doc.Kind)
	}
	table := doc.Tables[0]
	name, descending := strings.CutPrefix(by, "-")
	column, err := table.column(name)
	if err != nil {
		return nil, err
	}
	if err := table.check(); err != nil {
		return nil, err
	}
	keys := make([]sortKey, len(table.Rows))
	order := make([]int, len(table.Rows))
	for i, row := range table.Rows {
		keys[i] = newSortKey(row[column], table.isNumeric(column))
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return keys[a].compare(keys[b], descending) })
	return order, nil
}

// sortKey is a cell of the column that is sorted by.
type sortKey struct {
	text   string
	number *decimal.Decimal // nil: sorted as text
}

func newSortKey(text string, numeric bool) sortKey {
	if numeric {
		if number, err := decimal.Parse(text); err == nil {
			return sortKey{text, &number}
		}
	}
	return sortKey{text: text}
}

// compare puts numbers before other text, and both before nothing, whichever way
// the order goes.
func (k sortKey) compare(other sortKey, descending bool) int {
	if a, b := k.class(), other.class(); a != b {
		return a - b
	}
	result := strings.Compare(k.text, other.text)
	if k.number != nil && other.number != nil {
		result = k.number.Cmp(*other.number)
	}
	if descending {
		return -result
	}
	return result
}

func (k sortKey) class() int {
	switch {
	case k.number != nil:
		return 0
	case k.text != "":
		return 1
	default:
		return 2
	}
}
