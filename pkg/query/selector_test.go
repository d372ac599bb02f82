package query_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
)

func TestParseSelector(t *testing.T) {
	const (
		long  = "71f3f3199ea5e1f0"
		runID = "0123456789abcdef0123456789abcdef"
	)
	type source = query.Source
	for _, test := range []struct {
		text  string
		label string
		want  []source
	}{
		{long, "", []source{{Text: long, ID: long}}},
		{"71F3F3199EA5E1F0", "", []source{{Text: "71F3F3199EA5E1F0", ID: long}}},
		{"71f3", "", []source{{Text: "71f3", ID: "71f3"}}},
		{"71f3f319", "", []source{{Text: "71f3f319", ID: "71f3f319"}}},
		{"1234", "", []source{{Text: "1234", ID: "1234"}}},
		{"12345678", "", []source{{Text: "12345678", ID: "12345678"}}},
		{"1234567890123456", "", []source{{Text: "1234567890123456", ID: "1234567890123456"}}},
		{long + ".0", "", []source{{Text: long + ".0", Kind: query.ByJob, ID: long}}},
		{"71F3.12", "", []source{{Text: "71F3.12", Kind: query.ByJob, ID: "71f3", Job: 12}}},
		{"1234.5", "", []source{{Text: "1234.5", Kind: query.ByJob, ID: "1234", Job: 5}}},
		{runID, "", []source{{Text: runID, Kind: query.ByRun, ID: runID}}},
		{strings.ToUpper(runID), "", []source{{Text: strings.ToUpper(runID), Kind: query.ByRun, ID: runID}}},
		{strings.Repeat("1", 32), "", []source{{Text: strings.Repeat("1", 32), Kind: query.ByRun, ID: strings.Repeat("1", 32)}}},

		{"./71f3f319", "", []source{{Text: "./71f3f319", Kind: query.ByPath, Path: "./71f3f319"}}},
		{"a/b", "", []source{{Text: "a/b", Kind: query.ByPath, Path: "a/b"}}},
		{"/a", "", []source{{Text: "/a", Kind: query.ByPath, Path: "/a"}}},
		{`a\b`, "", []source{{Text: `a\b`, Kind: query.ByPath, Path: `a\b`}}},
		{".", "", []source{{Text: ".", Kind: query.ByPath, Path: "."}}},
		{"..", "", []source{{Text: "..", Kind: query.ByPath, Path: ".."}}},
		{"~", "", []source{{Text: "~", Kind: query.ByPath, Path: "~"}}},
		{"~/runs/x", "", []source{{Text: "~/runs/x", Kind: query.ByPath, Path: "~/runs/x"}}},
		{`C:\runs`, "", []source{{Text: `C:\runs`, Kind: query.ByPath, Path: `C:\runs`}}},
		{"c:/runs", "", []source{{Text: "c:/runs", Kind: query.ByPath, Path: "c:/runs"}}},
		{"./a:b", "", []source{{Text: "./a:b", Kind: query.ByPath, Path: "./a:b"}}},
		{"./a=b", "", []source{{Text: "./a=b", Kind: query.ByPath, Path: "./a=b"}}},
		{`./a\,b`, "", []source{{Text: "./a,b", Kind: query.ByPath, Path: "./a,b"}}},
		{"./my runs", "", []source{{Text: "./my runs", Kind: query.ByPath, Path: "./my runs"}}},

		{"demo:c0bd961e", "", []source{{Text: "demo:c0bd961e", Demo: true, ID: "c0bd961e"}}},
		{"demo:c0bd.1", "", []source{{Text: "demo:c0bd.1", Demo: true, Kind: query.ByJob, ID: "c0bd", Job: 1}}},

		{"@latest", "", []source{{Text: "@latest", Kind: query.ByLatest}}},
		{"@prod-1.0", "", []source{{Text: "@prod-1.0", Kind: query.ByBaseline, Baseline: "prod-1.0"}}},
		{"a=@main,c0bd", "a", []source{{Text: "@main", Kind: query.ByBaseline, Baseline: "main"}, {Text: "c0bd", ID: "c0bd"}}},
		{"new=@latest~12", "new", []source{{Text: "@latest~12", Kind: query.ByLatest, Back: 12}}},
		{"demo:@latest~1", "", []source{{Text: "demo:@latest~1", Demo: true, Kind: query.ByLatest, Back: 1}}},
		{"model:acme/falcon-*", "", []source{{Text: "model:acme/falcon-*", Kind: query.ByModel, Model: "acme/falcon-*"}}},
		{"a=model:x=y", "a", []source{{Text: "model:x=y", Kind: query.ByModel, Model: "x=y"}}},
		{"demo:model:x", "", []source{{Text: "demo:model:x", Demo: true, Kind: query.ByModel, Model: "x"}}},
		{"eval-20260402T120000Z-mmlu_pro", "", []source{{Text: "eval-20260402T120000Z-mmlu_pro", Kind: query.ByBundle, ID: "eval-20260402T120000Z-mmlu_pro"}}},

		{"bf16=71f3", "bf16", []source{{Text: "71f3", ID: "71f3"}}},
		{"A.b_c-1=71f3", "A.b_c-1", []source{{Text: "71f3", ID: "71f3"}}},
		{"71f3=71f4", "71f3", []source{{Text: "71f4", ID: "71f4"}}},
		{"a=./x=y", "a", []source{{Text: "./x=y", Kind: query.ByPath, Path: "./x=y"}}},
		{"a=demo:71f3", "a", []source{{Text: "demo:71f3", Demo: true, ID: "71f3"}}},
		{"a=71f3,71f4.1,./x", "a", []source{
			{Text: "71f3", ID: "71f3"},
			{Text: "71f4.1", Kind: query.ByJob, ID: "71f4", Job: 1},
			{Text: "./x", Kind: query.ByPath, Path: "./x"},
		}},
	} {
		selector, err := query.ParseSelector(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if selector.Label != test.label {
			t.Errorf("%s: label %q, want %q", test.text, selector.Label, test.label)
		}
		if want := strings.TrimPrefix(test.text, test.label+"="); selector.Text != want {
			t.Errorf("%s: text %q, want %q", test.text, selector.Text, want)
		}
		if diff := cmp.Diff(test.want, selector.Sources); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestParseSelectorErrors(t *testing.T) {
	for text, message := range map[string]string{
		"":                                  "an empty selector",
		"a=":                                "an empty selector",
		"=":                                 `"=" is not a selector`,
		"=71f3":                             `"=71f3" is not a selector`,
		"71f3,":                             "an empty selector",
		",71f3":                             "an empty selector",
		"71f3,,71f4":                        "an empty selector",
		"demo:":                             "an empty selector",
		"1":                                 "is too short",
		"71f":                               `"71f" is too short for an invocation prefix: 4 digits or more`,
		"71f.2":                             "is too short",
		"demo:71f":                          `"demo:71f" is too short`,
		"71f3f3199ea5e1f01":                 "has 17 digits: invocation ids have 8 or 16, run ids 32",
		strings.Repeat("a", 31):             "has 31 digits",
		strings.Repeat("a", 33):             "has 33 digits",
		strings.Repeat("a", 32) + ".1":      "digits",
		"71f3.x":                            "is not a selector",
		"71f3.":                             "is not a selector",
		"71f3.-1":                           "is not a selector",
		"71f3.1.2":                          "is not a selector",
		"71f3.99999999999999999999":         "has no job number",
		"71g3":                              "is not a selector",
		"results.yml":                       "is not a selector",
		" 71f3":                             "is not a selector",
		"71f3 ":                             "is not a selector",
		"71f3\n":                            "is not a selector",
		"٧١٢٣":                              "is not a selector",
		"@pro/d":                            "the name of a baseline has letters",
		"demo:@prod":                        "written without demo:",
		"@":                                 "is not a selector",
		"@latest~":                          "how many invocations to go back",
		"@latest~-1":                        "how many invocations to go back",
		"@latest~x":                         "how many invocations to go back",
		"@latest~99999999999999999999":      "how many invocations to go back",
		"@latest^":                          "is not a selector",
		"eval-":                             "is not a selector",
		"eval-x y":                          "is not a selector",
		"model:":                            "names no model",
		"https://example.com/#/experiments": "not the address of a run's page",
		"https://example.com/#/experiments/1/runs/" + strings.Repeat("a", 31): "not the address of a run's page",
		"https://example.com/#/experiments/1/runs/" + strings.Repeat("g", 32): "not the address of a run's page",
		"https:///#/experiments/1/runs/" + strings.Repeat("a", 32):            "not the address of a run's page",
		"demo:https://x/#/experiments/1/runs/" + strings.Repeat("a", 32):      "not the address of a run's page",
		"ftp://x/#/experiments/1/runs/" + strings.Repeat("a", 32):             "is not a selector",
		"file:///tmp/x":  "is not a selector",
		"demo:./x":       "is not a selector",
		"demo:demo:71f3": "is not a selector",
		"a b=71f3":       "is not a selector",
	} {
		selector, err := query.ParseSelector(text)
		if err == nil {
			t.Errorf("%q: %+v", text, selector)
			continue
		}
		if !query.HasCode(err, query.Usage) || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: %v, want %q", text, err, message)
		}
		if failure, ok := errors.AsType[*query.Error](err); !ok || failure.Hint == "" {
			t.Errorf("%q: no hint", text)
		}
	}
}

// A selector that parses is read again from its parts as the same.
func FuzzParseSelector(f *testing.F) {
	for _, seed := range []string{"71f3", "a=71F3.2,./x", `./a\,b`, "demo:c0bd961e", "C:\\x", "=", ",", "a=b=c/d", "0123456789abcdef0123456789abcdef", "a:b", "\x00", "\\,", "models:/a%20b@c", "models:/a/Latest"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\x00") {
			return // no argument of a program holds one
		}
		selector, err := query.ParseSelector(text)
		if err != nil {
			if !query.HasCode(err, query.Usage) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		parts := make([]string, len(selector.Sources))
		for i, source := range selector.Sources {
			if count(source.ID != "", source.Path != "", source.Model != "", source.Version.Name != "", source.Kind == query.ByLatest) != 1 {
				t.Errorf("%+v has not one name", source)
			}
			version := source.Version
			if source.Kind == query.ByVersion && count(version.Number > 0, version.Alias != "", version.Stage != "") != 1 {
				t.Errorf("%+v names not one version", version)
			}
			if source.Kind != query.ByBundle && source.ID != strings.ToLower(source.ID) || source.Job < 0 {
				t.Errorf("%+v", source)
			}
			parts[i] = strings.ReplaceAll(source.Text, ",", `\,`)
		}
		label := selector.Label
		if label != "" {
			label += "="
		}
		again, err := query.ParseSelector(label + strings.Join(parts, ","))
		if err != nil {
			t.Fatalf("%q, written as %q: %v", text, label+strings.Join(parts, ","), err)
		}
		if diff := cmp.Diff(selector, again); diff != "" {
			t.Errorf("%q (-first +again):\n%s", text, diff)
		}
	})
}

// count is how many facts hold.
func count(facts ...bool) int {
	n := 0
	for _, fact := range facts {
		if fact {
			n++
		}
	}
	return n
}
