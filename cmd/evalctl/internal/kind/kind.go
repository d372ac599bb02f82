// Package kind is the contract's kinds: for each, the plain value that JSON
// carries and the one function that draws its screens and tables from that value
// alone. One kind a file. It sits between the stages that make values and
// pkg/render, which draws documents without knowing what they mean.
package kind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// Names of the kinds.
const (
	Invocations = "invocations"
	Runs        = "runs"
	Evaluation  = "evaluation"
	Comparison  = "comparison"
	Averages    = "averages"
	Artifacts   = "artifacts"
	Doctor      = "doctor"
	Downloads   = "downloads"
	Stat        = "stat"
	Stats       = "stats"
	Version     = "version"
	Error       = "error"
)

// Kind is one kind: its name, an empty value, from which its schema is made, and
// which parts every document of it has.
type Kind struct {
	Name   string
	Verb   string // what prints it
	Value  any
	Item   string   // the "kind" of a line in JSON Lines; "": it has no list
	Tables []string // names of the tables, the main one first
	Names  bool     // whether there are names to list
}

// Blank is a document of this kind that holds nothing. What cannot be printed of
// it cannot be printed of any.
func (k Kind) Blank() render.Document {
	doc := render.Document{Kind: k.Name, Data: k.Value, Warnings: []string{}, ItemKind: k.Item}
	for _, name := range k.Tables {
		doc.Tables = append(doc.Tables, render.Records{Name: name})
	}
	if k.Names {
		doc.Names = []string{}
	}
	return doc
}

// All lists every kind, by name.
func All() []Kind {
	kinds := []Kind{
		{Artifacts, "artifacts ls", ArtifactsValue{}, "artifact", []string{"artifacts"}, true},
		{Averages, "average", compare.Averages{}, "average", []string{"averages"}, false},
		{Comparison, "compare, demo", compare.Comparison{}, "row", []string{"rows", "averages", "missing"}, false},
		{Doctor, "doctor", DoctorValue{}, "step", []string{"steps"}, false},
		{Downloads, "artifacts get", DownloadsValue{}, "download", []string{"downloads"}, false},
		{Evaluation, "show", compare.Evaluation{}, "score", []string{"scores", "runtime", "missing"}, false},
		{Invocations, "invocations", InvocationsValue{}, "invocation", []string{"invocations"}, true},
		{Runs, "runs", RunsValue{}, "run", []string{"runs"}, true},
		{Stat, "stat NAME", StatValue{}, "output", []string{"stat"}, false},
		{Stats, "stat", StatsValue{}, "function", []string{"stats"}, true},
		{Version, "version", VersionValue{}, "", []string{"version"}, false},
	}
	slices.SortFunc(kinds, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return kinds
}

// Listing says how much of a list is shown. Total is nil, with More true, where
// not everything was read.
type Listing struct {
	Shown int  `json:"shown"`
	Total *int `json:"total"`
	More  bool `json:"more"`
}

// NewListing describes a list of which shown elements are there, and all of them
// unless more.
func NewListing(shown int, more bool) Listing {
	if more {
		return Listing{Shown: shown, More: true}
	}
	return Listing{Shown: shown, Total: &shown}
}

// sentence is the listing for a person: "20 of 32 runs", "20 runs, and there are more".
func (l Listing) sentence(noun string) string {
	switch {
	case l.More:
		return fmt.Sprintf("The newest %s; there are more (--limit).", plural(l.Shown, noun))
	case l.Total != nil && *l.Total > l.Shown:
		return fmt.Sprintf("%d of %s (--limit).", l.Shown, plural(*l.Total, noun))
	case l.Shown == 0:
		return "No " + noun + "s."
	default:
		return plural(l.Shown, noun) + "."
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// text is the exact text of an optional number; "" for none.
func text(d *decimal.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

func muted(s string) render.Cell  { return render.Cell{Text: s, Tone: render.Muted} }
func plain(s string) render.Cell  { return render.Cell{Text: s} }
func strong(s string) render.Cell { return render.Cell{Text: s, Tone: render.Strong} }

// dash stands for what is not known.
const dash = "—"

func orDash(s string) string {
	if s == "" {
		return dash
	}
	return s
}

// footnotes collects notes and numbers them in the order of first use.
type footnotes struct {
	notes []string
}

// mark returns the raised figure of a note, adding it if it is new.
func (f *footnotes) mark(note string) string {
	i := slices.Index(f.notes, note)
	if i < 0 {
		i = len(f.notes)
		f.notes = append(f.notes, note)
	}
	return " " + render.Mark(i+1)
}

// blocks returns the notes as a block, or nothing.
func (f *footnotes) blocks() []render.Block {
	if len(f.notes) == 0 {
		return nil
	}
	return []render.Block{render.Notes(f.notes)}
}

// rest adds the warnings about the whole that no row has shown.
func (f *footnotes) rest(warnings []nemo.Warning, shown ...string) {
	for _, w := range warnings {
		if w.Count > 0 || slices.Contains(shown, w.Code) {
			continue
		}
		note := w.Message
		if w.Side != "" {
			note = w.Side + ": " + note
		}
		f.mark(note)
	}
}

func items[T any](list []T) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = v
	}
	return all
}

func toneOf(verdict compare.Verdict) render.Tone {
	switch verdict {
	case compare.Improved:
		return render.Good
	case compare.Regressed:
		return render.Bad
	case compare.Inconclusive, compare.InsufficientData, compare.NotComparable:
		return render.Caution
	case compare.NoInference, compare.Equivalent, compare.Increased, compare.Decreased:
	}
	return render.Plain
}
