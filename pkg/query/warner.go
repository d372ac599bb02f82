package query

import (
	"errors"

	"github.com/evalctl/evalctl/pkg/nemo"
)

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

// unread says, where something was not found, what the store could not read.
func unread(err error, store Store) error {
	found, ok := errors.AsType[*Error](err)
	if !ok || found.Code != NotFound {
		return err
	}
	told := *found
	for _, warning := range WarningsOf(store) {
		told.Hint = warning.Message + "\n" + told.Hint
	}
	return &told
}
