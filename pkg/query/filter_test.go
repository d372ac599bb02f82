package query_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/evalctl/evalctl/pkg/query"
)

func TestFilterString(t *testing.T) {
	for _, test := range []struct {
		filter query.Filter
		want   string
	}{
		{nil, ""},
		{query.Filter{{query.Tag, "invocation_id", query.Equal, "71f3"}}, "tags.invocation_id = '71f3'"},
		{query.Filter{{query.Tag, "invocation_id", query.HasPrefix, "71f3"}}, "tags.invocation_id LIKE '71f3%'"},
		{query.Filter{{query.Param, "a.b", query.Equal, ""}}, "params.`a.b` = ''"},
		{query.Filter{{query.Tag, "mlflow.runName", query.Equal, "x"}}, "tags.`mlflow.runName` = 'x'"},
		{query.Filter{{query.Tag, "Team", query.Equal, "a"}, {query.Attribute, "status", query.Equal, "FINISHED"}}, "tags.Team = 'a' AND attributes.status = 'FINISHED'"},
		{query.Filter{{query.Tag, "a", query.Equal, "it's"}}, `tags.a = "it's"`},
		{query.Filter{{query.Tag, "a", query.Equal, `say "no"`}}, `tags.a = 'say "no"'`},
		{query.Filter{{query.Tag, "a", query.Equal, `it's "no"`}}, `tags.a LIKE 'it_s "no"'`},
		{query.Filter{{query.Tag, "a", query.HasPrefix, `it's "no"`}}, `tags.a LIKE 'it_s "no"%'`},
		{query.Filter{{query.Tag, "a", query.Equal, `c:\x`}}, `tags.a = 'c:\x'`},
		{query.Filter{{query.Tag, "a", query.HasPrefix, `c:\x`}}, `tags.a LIKE 'c:_x%'`},
		{query.Filter{{query.Tag, "a", query.Like, "*x?_%"}}, "tags.a LIKE '%x__%'"},
		{query.Filter{{query.Tag, "a", query.Like, `it's \ "no"*`}}, `tags.a LIKE 'it_s _ "no"%'`},
		{query.Filter{{query.Tag, "a", query.Absent, ""}}, "tags.a IS NULL"},
		{query.Filter{{query.Attribute, "status", query.NotEqual, "FAILED"}}, "attributes.status != 'FAILED'"},
		{
			query.Filter{{query.Attribute, "start_time", query.AtLeast, "5"}, {query.Attribute, "start_time", query.Before, "9"}},
			"attributes.start_time >= 5 AND attributes.start_time < 9",
		},
	} {
		if got := test.filter.String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestFilterMatch(t *testing.T) {
	run := query.Run{
		ID: "r1", Name: "eval", Status: query.StatusFinished, StartTime: time.UnixMilli(5),
		Tags:   map[string]string{"a": "x'y\"z", "empty": "", "id": "71f3f319"},
		Params: map[string]string{"p": "1", "a": "param"},
	}
	for _, test := range []struct {
		filter query.Filter
		want   bool
	}{
		{nil, true},
		{query.Filter{{query.Tag, "id", query.Equal, "71f3f319"}}, true},
		{query.Filter{{query.Tag, "id", query.Equal, "71f3"}}, false},
		{query.Filter{{query.Tag, "id", query.Equal, "71F3F319"}}, false},
		{query.Filter{{query.Tag, "id", query.HasPrefix, "71f3"}}, true},
		{query.Filter{{query.Tag, "id", query.HasPrefix, "f319"}}, false},
		{query.Filter{{query.Tag, "id", query.HasPrefix, "71_3"}}, false}, // LIKE's wildcard
		{query.Filter{{query.Tag, "id", query.HasPrefix, "71%"}}, false},
		{query.Filter{{query.Tag, "id", query.HasPrefix, ""}}, true},
		{query.Filter{{query.Tag, "none", query.HasPrefix, ""}}, false},
		{query.Filter{{query.Tag, "none", query.Equal, ""}}, false},
		{query.Filter{{query.Tag, "empty", query.Equal, ""}}, true},
		{query.Filter{{query.Tag, "a", query.Equal, `x'y"z`}}, true},
		{query.Filter{{query.Tag, "a", query.Equal, `x_y"z`}}, false},
		{query.Filter{{query.Param, "p", query.Equal, "1"}}, true},
		{query.Filter{{query.Param, "id", query.Equal, "71f3f319"}}, false},
		{query.Filter{{query.Param, "a", query.Equal, "param"}}, true},
		{query.Filter{{query.Attribute, "status", query.Equal, "FINISHED"}}, true},
		{query.Filter{{query.Attribute, "run_id", query.Equal, "r1"}}, true},
		{query.Filter{{query.Attribute, "run_name", query.HasPrefix, "ev"}}, true},
		{query.Filter{{query.Attribute, "p", query.Equal, "1"}}, false},
		{query.Filter{{query.Tag, "id", query.HasPrefix, "71"}, {query.Param, "p", query.Equal, "1"}}, true},
		{query.Filter{{query.Tag, "id", query.HasPrefix, "71"}, {query.Param, "p", query.Equal, "2"}}, false},
		{query.Filter{{query.Tag, "id", query.Like, "7?f3*"}}, true},
		{query.Filter{{query.Tag, "id", query.Like, "7*f4*"}}, false},
		{query.Filter{{query.Tag, "none", query.Like, "*"}}, false},
		{query.Filter{{query.Tag, "none", query.Absent, ""}}, true},
		{query.Filter{{query.Tag, "empty", query.Absent, ""}}, false},
		{query.Filter{{query.Param, "none", query.Absent, ""}, {query.Param, "p", query.Equal, "1"}}, true},
		{query.Filter{{query.Attribute, "status", query.NotEqual, "FINISHED"}}, false},
		{query.Filter{{query.Attribute, "status", query.NotEqual, "FAILED"}}, true},
		{query.Filter{{query.Tag, "none", query.NotEqual, "x"}}, false}, // as in MLflow
		{query.Filter{{query.Attribute, "start_time", query.AtLeast, "5"}}, true},
		{query.Filter{{query.Attribute, "start_time", query.AtLeast, "6"}}, false},
		{query.Filter{{query.Attribute, "start_time", query.Before, "5"}}, false},
		{query.Filter{{query.Attribute, "start_time", query.Before, "6"}}, true},
		{query.Filter{{query.Attribute, "start_time", query.AtLeast, "10"}}, false}, // numbers, not text
		{query.Filter{{query.Attribute, "end_time", query.AtLeast, "0"}}, false},    // it has none
	} {
		if got := test.filter.Match(run); got != test.want {
			t.Errorf("%s: %v", test.filter, got)
		}
	}
	if (query.Filter{{query.Tag, "a", query.Equal, "x"}}).Match(query.Run{}) {
		t.Error("a run without tags matches")
	}
}

// What Match keeps, the text must ask a server for: the pattern is at least as
// wide. LIKE is read as PostgreSQL does, where a backslash escapes.
func FuzzFilterIsAtLeastAsWide(f *testing.F) {
	f.Add("71f3", "71f3f319", byte(1))
	f.Add(`it's "no"`, `it's "no"`, byte(0))
	f.Add(`a\b`, `a\bc`, byte(1))
	f.Add("50%", "50%_", byte(1))
	f.Add(`*it's "?\*`, `so it's "a\b`, byte(2))
	f.Add("it's*", "it's so", byte(2))
	f.Fuzz(func(t *testing.T, value, stored string, op byte) {
		if !utf8.ValidString(value) || !utf8.ValidString(stored) {
			return
		}
		condition := query.Condition{Entity: query.Tag, Key: "k", Value: value}
		condition.Op = []query.Op{query.Equal, query.HasPrefix, query.Like}[op%3]
		if !(query.Filter{condition}).Match(query.Run{Tags: map[string]string{"k": stored}}) {
			return
		}
		operator, literal, _ := strings.Cut(strings.TrimPrefix(condition.String(), "tags.k "), " ")
		quote := literal[:1]
		pattern := strings.TrimSuffix(literal[1:], quote)
		if strings.Contains(pattern, quote) {
			t.Fatalf("%s ends its text too early", condition)
		}
		if operator == "=" && pattern != stored || operator == "LIKE" && !like(pattern, stored) {
			t.Errorf("%s does not find %q", condition, stored)
		}
	})
}

func like(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '%':
		for i := range len(text) + 1 {
			if like(pattern[1:], text[i:]) {
				return true
			}
		}
		return false
	case text == "":
		return false
	case pattern[0] == '\\' && len(pattern) > 1:
		return pattern[1] == text[0] && like(pattern[2:], text[1:])
	case pattern[0] == '_':
		_, size := utf8.DecodeRuneInString(text)
		return like(pattern[1:], text[size:])
	default:
		return pattern[0] == text[0] && like(pattern[1:], text[1:])
	}
}
