package filterlang

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/evalctl/evalctl/pkg/query"
)

// Record is a run with what only filters ask for. A name or an artifact URI that is
// empty counts as missing.
type Record struct {
	query.Run
	UserID *string // MLflow's user_id, not the tag mlflow.user; nil: it has none
	Inputs []Input
}

// Input is a dataset that a run was given.
type Input struct {
	Name, Digest string
	Contexts     []string // values of its tag mlflow.data.context
}

// Match reports whether a run meets every comparison.
func (f Filter) Match(r Record) bool {
	for _, c := range f {
		if !c.match(r) {
			return false
		}
	}
	return true
}

func (c Comparison) match(r Record) bool {
	switch c.Field.Entity {
	case Metric:
		value, ok := r.Metrics[c.Field.Key]
		return ok && c.Op.holdsFloat(value, c.Number.Float)
	case Dataset:
		return slices.ContainsFunc(r.Inputs, func(in Input) bool {
			switch c.Field.Key {
			case DatasetName:
				return c.matchText(in.Name)
			case DatasetDigest:
				return c.matchText(in.Digest)
			default:
				return slices.ContainsFunc(in.Contexts, c.matchText)
			}
		})
	case Param, Tag, Attribute:
	}
	if c.Field.isTime() {
		t := r.time(c.Field.Key)
		return !t.IsZero() && c.Op.holds(c.Number.compareTime(t.UnixMilli()))
	}
	value, ok := r.text(c.Field)
	switch c.Op {
	case IsNull:
		return !ok
	case NotNull:
		return ok
	case Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, Like, ILike, In, NotIn:
	}
	return ok && c.matchText(value)
}

func (r Record) time(key string) time.Time {
	if key == EndTime {
		return r.EndTime
	}
	return r.StartTime
}

// text is a field that holds a string; false if the run has none.
func (r Record) text(f Field) (string, bool) {
	switch f.Entity {
	case Param:
		value, ok := r.Params[f.Key]
		return value, ok
	case Tag:
		value, ok := r.Tags[f.Key]
		return value, ok
	case Attribute, Metric, Dataset:
	}
	value := ""
	switch f.Key {
	case RunID:
		value = r.ID
	case RunName:
		value = r.Name
	case Status:
		value = r.Status
	case ArtifactURI:
		value = r.ArtifactURI
	case UserID:
		if r.UserID != nil {
			return *r.UserID, true
		}
	}
	return value, value != ""
}

func (c Comparison) matchText(value string) bool {
	switch c.Op {
	case Like, ILike:
		return like(c.Text, value, c.Op == ILike)
	case In:
		return slices.Contains(c.List, value)
	case NotIn:
		return !slices.Contains(c.List, value)
	case Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, IsNull, NotNull:
	}
	return c.Op.holds(strings.Compare(value, c.Text))
}

// like matches as the regular expression does that MLflow's file store makes of the
// pattern: no wildcard stands for the end of a line, a last "%" lets anything
// follow, and without it one end of a line may.
func like(pattern, value string, fold bool) bool {
	if head, ok := strings.CutSuffix(pattern, "%"); ok {
		return wild(head, value, fold, false)
	}
	short, ok := strings.CutSuffix(value, "\n")
	return wild(pattern, value, fold, true) || ok && wild(pattern, short, fold, true)
}

// wild goes back to the last "%" only: what an earlier one stands for never has to
// change. whole demands that nothing follows.
func wild(pattern, value string, fold, whole bool) bool {
	resumePattern, resumeValue := -1, 0
	p, v := 0, 0
	for {
		if p == len(pattern) && (!whole || v == len(value)) {
			return true
		}
		want, wantSize := utf8.DecodeRuneInString(pattern[p:])
		have, haveSize := utf8.DecodeRuneInString(value[v:])
		switch {
		case p < len(pattern) && want == '%':
			p++
			resumePattern, resumeValue = p, v
		case p < len(pattern) && v < len(value) && same(want, have, fold):
			p, v = p+wantSize, v+haveSize
		default:
			skipped, size := utf8.DecodeRuneInString(value[min(resumeValue, len(value)):])
			if resumePattern < 0 || size == 0 || skipped == '\n' {
				return false
			}
			resumeValue += size
			p, v = resumePattern, resumeValue
		}
	}
}

// same reports whether a character of a pattern, "%" apart, stands for one of a value.
func same(pattern, value rune, fold bool) bool {
	if pattern == '_' {
		return value != '\n'
	}
	if pattern == value || !fold {
		return pattern == value
	}
	pattern, value = dotless(pattern), dotless(value)
	for r := unicode.SimpleFold(pattern); r != pattern; r = unicode.SimpleFold(r) {
		if r == value {
			return true
		}
	}
	return pattern == value
}

// dotless makes i of the Turkish letters that Python takes for one.
func dotless(r rune) rune {
	if r == 'İ' || r == 'ı' {
		return 'i'
	}
	return r
}

// Compare orders runs as MLflow does: by the fields in turn, then the newest start,
// then the run id.
func Compare(orders []Order, a, b Record) int {
	for _, o := range orders {
		if c := o.compare(a, b); c != 0 {
			return c
		}
	}
	return cmp.Or(b.StartTime.Compare(a.StartTime), strings.Compare(a.ID, b.ID))
}

func (o Order) compare(a, b Record) int {
	rankA, rankB := o.rank(a), o.rank(b)
	if rankA != rankB || rankA > 0 {
		return rankA - rankB
	}
	c := 0
	switch {
	case o.Field.Entity == Metric:
		c = cmp.Compare(a.Metrics[o.Field.Key], b.Metrics[o.Field.Key])
	case o.Field.isTime():
		c = a.time(o.Field.Key).Compare(b.time(o.Field.Key))
	default:
		textA, _ := a.text(o.Field)
		textB, _ := b.text(o.Field)
		c = strings.Compare(textA, textB)
	}
	if o.Descending {
		return -c
	}
	return c
}

// rank is 0 for a value, 1 for NaN, 2 for none: what comes later, whatever the
// direction.
func (o Order) rank(r Record) int {
	const has, isNaN, none = 0, 1, 2
	ok := false
	switch {
	case o.Field.Entity == Metric:
		var value float64
		if value, ok = r.Metrics[o.Field.Key]; ok && math.IsNaN(value) {
			return isNaN
		}
	case o.Field.isTime():
		ok = !r.time(o.Field.Key).IsZero()
	default:
		_, ok = r.text(o.Field)
	}
	if ok {
		return has
	}
	return none
}
