// Package filterlang reads MLflow's filter and ordering language (mlflow.org,
// "Search Runs"), for stores that have no server to read it, and evaluates it as
// MLflow does.
//
//	filter     := comparison { AND comparison }
//	comparison := field operator value | field [NOT] IN (list) | field IS [NOT] NULL
//	field      := entity "." key | attribute
//	entity     := metric[s] | param[s] | parameter[s] | tag[s] | attribute[s] | attr | run | dataset[s]
//	key        := word { "." word } | `any` | "any" | 'any'
//	order      := field [ASC | DESC]
//
// What MLflow 3.17 takes is taken, with the same meaning, surprises included: a
// comparison with a missing key is false, "!=" too; a value of NaN is not equal to
// anything; values have no escapes; a metric is its latest value; AND may be
// missing between two comparisons, and stand before the first and after the last. MLflow reads
// with a parser of SQL, which lets some texts pass by accident, or refuses some by
// accident. Here
//
//   - refused: SQL that becomes a part of the key (metrics.a(), tags.a[1],
//     tags.a::int, metrics.*), spaces around the dot, keys that begin or end with a
//     dot, keys of which a part is quoted; where MLflow looks for a key that
//     nobody has;
//   - refused: IN or IS after another comparison with no AND between, where MLflow
//     takes the comparison for a part of the key;
//   - refused: a list after anything but [NOT] IN; in a list, Python's other forms
//     of strings: concatenated, with a backslash, in further parentheses;
//   - refused: a number with a word right behind it (1e5AND); a key of two words
//     before IS (tags.a b IS NULL), a number as a key or quotes around the entity
//     where a direction follows (metrics.1 DESC): MLflow refuses them elsewhere;
//   - taken: any space inside IS NOT NULL, and around an order;
//   - taken: an order by a key with quotes or backslashes, as written; by the same
//     field twice, where the second has no effect. MLflow's servers fail on both.
//     The direction cannot be quoted.
//
// Databases and directories differ within MLflow, and [Filter.Match] does what MLflow's
// file store does: under ILIKE all letters fold, not ASCII's alone, and under LIKE
// "%" and "_" do not stand for the end of a line.
package filterlang

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Filter is comparisons that must all hold; an empty one is met by every run.
type Filter []Comparison

// Comparison compares one field of a run. Which of Text, Number and List is set
// follows from Op and the field: List with In and NotIn, nothing with IsNull and
// NotNull, Number of metrics and times, else Text.
type Comparison struct {
	Field  Field
	Op     Op
	Text   string
	Number Number
	List   []string
}

// Field is what a comparison or an order is about.
type Field struct {
	Entity Entity
	Key    string // of an attribute the name of the constants below
}

// Entity says where a key is looked up; the values are MLflow's names.
type Entity string

// Entities.
const (
	Metric    Entity = "metric"
	Param     Entity = "parameter"
	Tag       Entity = "tag"
	Attribute Entity = "attribute"
	Dataset   Entity = "dataset"
)

// Keys of attributes, aliases resolved: times are in milliseconds since 1970.
const (
	RunID       = "run_id"
	RunName     = "run_name"
	Status      = "status"
	ArtifactURI = "artifact_uri"
	UserID      = "user_id"
	StartTime   = "start_time"
	EndTime     = "end_time"
)

// Keys of datasets.
const (
	DatasetName    = "name"
	DatasetDigest  = "digest"
	DatasetContext = "context" // the input's tag mlflow.data.context
)

// Op is an operator.
type Op string

// Operators. In LIKE "%" stands for any characters and "_" for one; there is no
// escape. ILIKE does not tell cases apart.
const (
	Equal          Op = "="
	NotEqual       Op = "!="
	Less           Op = "<"
	LessOrEqual    Op = "<="
	Greater        Op = ">"
	GreaterOrEqual Op = ">="
	Like           Op = "LIKE"
	ILike          Op = "ILIKE"
	In             Op = "IN"
	NotIn          Op = "NOT IN"
	IsNull         Op = "IS NULL"
	NotNull        Op = "IS NOT NULL"
)

// Number is a number as MLflow reads it: metrics are compared with Float, times
// with Int if it has one. An integer that fits no int64 has none.
type Number struct {
	Float float64 // infinite if the text is too large
	Int   int64
	IsInt bool
}

// parseNumber reads a number in one of the forms that MLflow's parser of SQL knows:
// 12, -1.5, .5, 5., 1.5e-3; not +1, 0x1f, 1e+5, 1_000, nan, inf.
func parseNumber(text string) (Number, bool) {
	unsigned := strings.TrimPrefix(text, "-")
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(unsigned), "e")
	whole, fraction, point := strings.Cut(mantissa, ".")
	switch {
	case !allDigits(whole) || !allDigits(fraction) || whole+fraction == "":
		return Number{}, false
	case scientific && (whole == "" || point && fraction == "" || !allDigits(strings.TrimPrefix(exponent, "-")) || strings.TrimPrefix(exponent, "-") == ""):
		return Number{}, false
	}
	var n Number
	// Out of range is infinite, as in Python.
	n.Float, _ = strconv.ParseFloat(text, 64)
	if !scientific && !point {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			n.Int, n.IsInt = i, true
		}
	}
	return n, true
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// compareTime orders a time in milliseconds and the number.
func (n Number) compareTime(milliseconds int64) int {
	switch {
	case n.IsInt && milliseconds < n.Int, !n.IsInt && float64(milliseconds) < n.Float:
		return -1
	case n.IsInt && milliseconds > n.Int, !n.IsInt && float64(milliseconds) > n.Float:
		return 1
	}
	return 0
}

// holds says what an operator makes of how the left value compares with the right.
func (o Op) holds(comparison int) bool {
	switch o {
	case Equal:
		return comparison == 0
	case NotEqual:
		return comparison != 0
	case Less:
		return comparison < 0
	case LessOrEqual:
		return comparison <= 0
	case Greater:
		return comparison > 0
	case GreaterOrEqual:
		return comparison >= 0
	case Like, ILike, In, NotIn, IsNull, NotNull:
	}
	return false
}

// holdsFloat is holds for numbers that may be NaN.
func (o Op) holdsFloat(left, right float64) bool {
	if math.IsNaN(left) || math.IsNaN(right) {
		return o == NotEqual
	}
	switch {
	case left < right:
		return o.holds(-1)
	case left > right:
		return o.holds(1)
	}
	return o.holds(0)
}

// isTime reports whether a field is compared with numbers, though it is no metric.
func (f Field) isTime() bool {
	return f.Entity == Attribute && (f.Key == StartTime || f.Key == EndTime)
}

// operators are those that MLflow knows for a field.
func (f Field) operators() []Op {
	switch {
	case f.Entity == Metric || f.isTime():
		return []Op{Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual}
	case f.Entity == Param || f.Entity == Tag:
		return []Op{Equal, NotEqual, Like, ILike, IsNull, NotNull}
	case f.Entity == Dataset || f.Key == RunID:
		return []Op{Equal, NotEqual, Like, ILike, In, NotIn}
	default:
		return []Op{Equal, NotEqual, Like, ILike}
	}
}

func (f Field) knows(op Op) bool { return slices.Contains(f.operators(), op) }

// Order is one field to sort by; runs without it come last either way, and before
// them those whose metric is NaN. Ties go to the newest start, then the run id.
type Order struct {
	Field      Field
	Descending bool
}
