package query_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/evalctl/evalctl/pkg/query"
)

func TestPattern(t *testing.T) {
	for _, test := range []struct {
		pattern, value string
		want           bool
	}{
		{"acme/falcon", "acme/falcon", true},
		{"acme/falcon", "acme/falcon-8b", false},
		{"acme/*", "acme/falcon/8b", true}, // a slash is a character
		{"*falcon*", "acme/falcon-8b", true},
		{"*falcon", "acme/falcon-8b", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-b-b-d", false},
		{"falcon-?b", "falcon-8b", true},
		{"falcon-?b", "falcon-70b", false},
		{"?", "é", true}, // one character, not one byte
		{"??", "é", false},
		{"*", "", true},
		{"", "", true},
		{"", "x", false},
		{"?", "", false},
		{"Falcon", "falcon", false},
		{"100%", "100%", true},
		{"100%", "1000", false},
		{"a_b", "axb", false},
		{"[ab]", "a", false}, // no sets of characters
		{"[ab]", "[ab]", true},
		{"/falcon-[0-9]+b/", "acme/falcon-8b-bf16", true}, // anywhere
		{"/^falcon/", "acme/falcon", false},
		{"/(?i)FALCON/", "acme/falcon", true},
		{"//", "anything", true},
		{"/models/x", "/models/x", true}, // a path: no slash at its end
		{"/", "/", true},
	} {
		pattern, err := query.ParsePattern(test.pattern)
		if err != nil {
			t.Errorf("%q: %v", test.pattern, err)
			continue
		}
		if got := pattern.Match(test.value); got != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.value, got)
		}
		if expression := strings.HasPrefix(test.pattern, "/") && strings.HasSuffix(test.pattern, "/") && len(test.pattern) > 1; pattern.IsExpression() != expression {
			t.Errorf("%q is an expression: %v", test.pattern, pattern.IsExpression())
		}
	}
	if _, err := query.ParsePattern("/a(/"); !query.HasCode(err, query.Usage) {
		t.Errorf("a broken expression: %v", err)
	}
	if !(query.Pattern{}).Match("anything") || (query.Pattern{}).IsSet() {
		t.Error("the zero pattern does not match everything")
	}
}

// The glob matcher gives what the definition does, which tries every way.
func FuzzGlob(f *testing.F) {
	f.Add("a*b?c*", "aXbYcZ")
	f.Add("***", "")
	f.Add("*é?", "éé")
	f.Fuzz(func(t *testing.T, glob, text string) {
		if len(glob) > 8 || len(text) > 12 || !utf8.ValidString(glob) || !utf8.ValidString(text) {
			return
		}
		if strings.HasPrefix(glob, "/") && strings.HasSuffix(glob, "/") {
			return
		}
		pattern, err := query.ParsePattern(glob)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := pattern.Match(text), globbed([]rune(glob), []rune(text)); got != want {
			t.Errorf("%q matches %q: %v", glob, text, got)
		}
	})
}

func globbed(glob, text []rune) bool {
	switch {
	case len(glob) == 0:
		return len(text) == 0
	case glob[0] == '*':
		return globbed(glob[1:], text) || len(text) > 0 && globbed(glob, text[1:])
	default:
		return len(text) > 0 && (glob[0] == '?' || glob[0] == text[0]) && globbed(glob[1:], text[1:])
	}
}
