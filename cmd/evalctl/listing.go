package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// listLimit is how many elements a list has unless --limit says otherwise.
const listLimit = 20

// newestFirst is the order in which a search finds runs.
const newestFirst = "-started_at"

// listFlags say how much of a list is shown, and in which order.
type listFlags struct {
	limit  int
	sortBy string
	count  bool

	limited bool   // --limit was given
	natural string // the order in which elements are found, if it is not newestFirst
}

// register adds the flags; keys are what the list can be sorted by.
func (f *listFlags) register(cmd *cobra.Command, keys []string) {
	flags := cmd.Flags()
	flags.IntVar(&f.limit, "limit", listLimit, "at most so many; 0 is all")
	flags.StringVar(&f.sortBy, "sort-by", "", "order by a column: "+strings.Join(keys, ", ")+"; -`NAME` is descending (default "+f.foundIn()+")")
	flags.BoolVar(&f.count, "count", false, "read all pages and print how many there are; with --limit the list too")
	completions := slices.Clone(keys)
	for _, key := range keys {
		completions = append(completions, "-"+key)
	}
	_ = cmd.RegisterFlagCompletionFunc("sort-by", cobra.FixedCompletions(completions, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("limit", cobra.NoFileCompletions)
}

// check validates the flags; form is the output format that has elements only, or
// "".
func (f *listFlags) check(cmd *cobra.Command, noun string, keys []string, form render.Format) error {
	f.limited = cmd.Flags().Changed("limit")
	if f.limit < 0 {
		return usagef("--limit is a number of %s, not %d", noun, f.limit)
	}
	if f.count && !f.limited && form != "" {
		return &usageError{
			message: "--count lists nothing that -o " + string(form) + " could hold", hint: "--count --jq .data.total   prints the number; with --limit there is a list too",
		}
	}
	name, descending := strings.CutPrefix(f.sortBy, "-")
	key, known := column(name, keys)
	if f.sortBy != "" && !known {
		return usagef("--sort-by is one of %s, with - in front for descending, not %q", strings.Join(keys, ", "), f.sortBy)
	}
	if f.sortBy = key; descending {
		f.sortBy = "-" + key
	}
	return nil
}

// column is the key that a name means: a column as -o csv names it, or the same
// without what its name ends in.
func column(name string, keys []string) (key string, known bool) {
	for _, ending := range []string{"", "_at", "_id", "_seconds", "s"} {
		if name != "" && slices.Contains(keys, name+ending) {
			return name + ending, true
		}
	}
	return "", false
}

// foundIn is the order in which elements are found.
func (f *listFlags) foundIn() string { return cmp.Or(f.natural, newestFirst) }

// wants is how many elements, in the order they are found in, answer the call; 0 is all of them. One
// more than is shown tells whether there are more.
func (f *listFlags) wants() int {
	if f.limit == 0 || f.count || f.sortBy != "" && f.sortBy != f.foundIn() {
		return 0
	}
	return f.limit + 1
}

// described is how many of the runs that were read have to be described in full:
// those that are shown, unless the order depends on it.
func (f *listFlags) described(read int) int {
	switch {
	case strings.TrimPrefix(f.sortBy, "-") == "model":
		return read
	case f.count && !f.limited:
		return 0
	case f.limit > 0 && (f.sortBy == "" || f.sortBy == newestFirst):
		return min(read, f.limit)
	default:
		return read
	}
}

// cut is how many elements of those that were read are shown, and what is said of
// the rest. complete says that all there are were read.
func (f *listFlags) cut(read int, complete bool) kind.Listing {
	shown := read
	if f.limit > 0 {
		shown = min(read, f.limit)
	}
	if f.count && !f.limited {
		shown = 0
	}
	if !complete {
		return kind.NewListing(shown, true)
	}
	return kind.Listing{Shown: shown, Total: &read, More: shown < read}
}

// order is how elements are ordered by a column; those without a value there come
// last, whatever the direction.
type order[T any] struct {
	known   func(T) bool // nil: all have one
	compare func(a, b T) int
}

// sortBy orders a list, which is newest first, by a key; ties stay as they are.
func sortBy[T any](list []T, key string, orders map[string]order[T]) {
	name, descending := strings.CutPrefix(key, "-")
	by, found := orders[name]
	if !found || key == newestFirst {
		return
	}
	slices.SortStableFunc(list, func(a, b T) int {
		if by.known != nil && by.known(a) != by.known(b) {
			if by.known(a) {
				return -1
			}
			return 1
		}
		if descending {
			a, b = b, a
		}
		return by.compare(a, b)
	})
}

// byText orders by an optional text.
func byText[T any](text func(T) *string) order[T] {
	return order[T]{
		func(v T) bool { return text(v) != nil },
		func(a, b T) int { return cmp.Compare(nemo.Text(text(a)), nemo.Text(text(b))) },
	}
}

// byTime orders by an optional time.
func byTime[T any](at func(T) *nemo.Time) order[T] {
	return order[T]{
		func(v T) bool { return at(v) != nil },
		func(a, b T) int {
			if at(a) == nil || at(b) == nil {
				return 0
			}
			return at(a).Compare(at(b).Time)
		},
	}
}

// byTexts orders by a list of texts.
func byTexts[T any](texts func(T) []string) order[T] {
	return order[T]{
		func(v T) bool { return len(texts(v)) > 0 },
		func(a, b T) int { return slices.Compare(texts(a), texts(b)) },
	}
}
