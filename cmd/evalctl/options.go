package main

import (
	"fmt"
	"strings"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/spelling"
	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/compare/catalog"
)

// comparisonOptions are the options of a comparison that was not told otherwise:
// the built-in catalog under what the settings files say.
func (a *app) comparisonOptions() (compare.Options, error) {
	options := compare.Options{Knobs: compare.DefaultKnobs()}
	known, err := catalog.Default()
	if err != nil {
		return options, err
	}
	read, err := a.settings()
	if err != nil {
		return options, err
	}
	if options.Catalog, err = read.Catalog(known); err != nil {
		return options, err
	}
	return options, nil
}

// folder is what a function of the process says, "" if it cannot tell.
func folder(find func() (string, error)) string {
	if find == nil {
		return ""
	}
	dir, err := find()
	if err != nil {
		return ""
	}
	return dir
}

// checkAllow refuses a word of --allow that names no setting: a mistake in it would
// leave a row out without a word.
func checkAllow(options compare.Options, sides []compare.Side) error {
	glob, known := compare.AllowsNothing(sides, options.Allow)
	if glob == "" {
		return nil
	}
	e := &usageError{
		message: fmt.Sprintf("--allow %s names no setting of these sides", glob),
		hint:    "evalctl config diff lists the settings that differ",
	}
	if near := spelling.Near(glob, known); len(near) > 0 {
		e.hint = "did you mean " + strings.Join(near, " or ") + "? " + e.hint
	}
	return e
}
