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
	"github.com/evalctl/evalctl/pkg/compare/gate"
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
	Config      = "config"
	ConfigDiff  = "config_diff"
	Averages    = "averages"
	Baseline    = "baseline"
	Cache       = "cache"
	Context     = "context"
	Artifacts   = "artifacts"
	Doctor      = "doctor"
	Downloads   = "downloads"
	Gate        = "gate"
	Models      = "models"
	Stat        = "stat"
	Stats       = "stats"
	Version     = "version"
	Error       = "error"
)

// Kind is one kind of answer.
type Kind struct {
	Name  string
	Verb  string // what prints it
	Value any    // an empty value, from whose type the schema is made

	// Blank draws a document of this kind that holds nothing. What cannot be
	// printed of it cannot be printed of any.
	Blank func() render.Document
	// Sorted draws a document of this kind again, its main list in the order of a
	// column of its main table: in every format, so that none disagrees with another.
	Sorted func(doc render.Document, by string) (render.Document, error)
	read   func(data, warnings []byte) (savedValue, error)
}

// of describes a kind by an empty value that can be drawn, the function that draws
// it, and where its main list is; nil if it has none.
func of[T any](name, verb string, empty T, draw func(T, []nemo.Warning) render.Document, reorder func(*T, []int)) Kind {
	return Kind{
		Name: name, Verb: verb, Value: empty,
		Blank: func() render.Document { return draw(empty, []nemo.Warning{}) },
		Sorted: func(doc render.Document, by string) (render.Document, error) {
			value, ok := doc.Data.(T)
			if reorder == nil || !ok {
				return doc, &render.UsageError{Message: doc.Kind + " output has no list to sort"}
			}
			order, err := render.Order(doc, by)
			if err != nil {
				return doc, err
			}
			reorder(&value, order)
			warnings, _ := doc.Warnings.([]nemo.Warning)
			return draw(value, warnings), nil
		},
		read: func(data, warnings []byte) (savedValue, error) { return readValue(data, warnings, draw) },
	}
}

// mainList says where the main list of a value is, the elements of which are the rows
// of the main table. The list that is there stays as it is.
func mainList[T, E any](list func(*T) *[]E) func(*T, []int) {
	return func(value *T, order []int) {
		at := list(value)
		ordered := make([]E, len(*at))
		for i, from := range order {
			ordered[i] = (*at)[from]
		}
		*at = ordered
	}
}

// All lists every kind, by name.
func All() []Kind {
	twoSides := compare.Comparison{Sides: make([]compare.SideSummary, 2)}
	version := func(v VersionValue, _ []nemo.Warning) render.Document { return VersionDocument(v) }
	kinds := []Kind{
		of(Artifacts, "artifacts ls", ArtifactsValue{}, ArtifactsDocument, mainList(func(v *ArtifactsValue) *[]Artifact { return &v.Artifacts })),
		of(Averages, "average", compare.Averages{}, AveragesDocument, mainList(func(v *compare.Averages) *[]compare.SideAverage { return &v.Averages })),
		of(Baseline, "baseline", BaselineValue{}, BaselineDocument, mainList(func(v *BaselineValue) *[]BaselineEntry { return &v.Baselines })),
		of(Cache, "cache", CacheValue{}, CacheDocument, mainList(func(v *CacheValue) *[]CacheEntry { return &v.Entries })),
		of(Context, "context", ContextValue{}, ContextDocument, mainList(func(v *ContextValue) *[]ContextEntry { return &v.Contexts })),
		of(Comparison, "compare, demo", twoSides, ComparisonDocument, mainList(func(v *compare.Comparison) *[]compare.Row { return &v.Rows })),
		of(Config, "config show", compare.Configs{}, ConfigDocument, mainList(func(v *compare.Configs) *[]compare.RunConfig { return &v.Runs })),
		of(ConfigDiff, "config diff", compare.ConfigDiff{}, ConfigDiffDocument, mainList(func(v *compare.ConfigDiff) *[]compare.ConfigKey { return &v.Keys })),
		of(Doctor, "doctor", DoctorValue{}, DoctorDocument, mainList(func(v *DoctorValue) *[]DoctorStep { return &v.Steps })),
		of(Downloads, "artifacts get", DownloadsValue{}, DownloadsDocument, mainList(func(v *DownloadsValue) *[]Download { return &v.Downloads })),
		of(Evaluation, "show", compare.Evaluation{}, EvaluationDocument, mainList(func(v *compare.Evaluation) *[]compare.Score { return &v.Scores })),
		of(Gate, "gate", gate.Answer{Sides: make([]compare.SideSummary, 2)}, GateDocument, mainList(func(v *gate.Answer) *[]gate.Row { return &v.Rows })),
		of(Invocations, "invocations", InvocationsValue{}, InvocationsDocument, mainList(func(v *InvocationsValue) *[]Invocation { return &v.Invocations })),
		of(Models, "models", ModelsValue{}, ModelsDocument, mainList(func(v *ModelsValue) *[]ModelVersion { return &v.Models })),
		of(Runs, "runs", RunsValue{}, RunsDocument, mainList(func(v *RunsValue) *[]nemo.Run { return &v.Runs })),
		of(Stat, "stat NAME", StatValue{}, StatDocument, mainList(func(v *StatValue) *[]StatOutput { return &v.Outputs })),
		of(Stats, "stat", StatsValue{}, StatsDocument, mainList(func(v *StatsValue) *[]StatFunction { return &v.Functions })),
		of(Version, "version", VersionValue{}, version, nil),
	}
	slices.SortFunc(kinds, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return kinds
}

// Find returns the kind of a name.
func Find(name string) (Kind, bool) {
	kinds := All()
	at := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if at < 0 {
		return Kind{}, false
	}
	return kinds[at], true
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
func (l Listing) sentence(noun string) string { return l.sentenceOf("newest", noun) }

// sentenceOf is sentence for a list that begins with another end than the newest.
func (l Listing) sentenceOf(end, noun string) string {
	switch {
	case l.Shown == 0 && l.Total != nil && *l.Total > 0: // they were only counted
		return plural(*l.Total, noun) + "."
	case l.More && l.Total == nil:
		return fmt.Sprintf("The %s %s; there are more (--limit).", end, plural(l.Shown, noun))
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
	for _, w := range together(warnings) {
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
