package query

import "github.com/evalctl/evalctl/pkg/nemo"

// Warner is a store that reads around what it cannot read.
type Warner interface {
	// Warnings say what was left out so far, in an order that does not depend on
	// that of the calls.
	Warnings() []nemo.Warning
}

// WarningsOf are the warnings of a store, nil if it has none.
func WarningsOf(store Store) []nemo.Warning {
	if warner, ok := store.(Warner); ok {
		return warner.Warnings()
	}
	return nil
}
