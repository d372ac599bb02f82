package catalog_test

import (
	"errors"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
)

func TestOverride(t *testing.T) {
	scores := []string{"g|bfcl|a", "g|bfcl|b", "g|bfcl|gen_seconds"}
	for _, test := range []struct {
		name          string
		override      catalog.Override
		harness, task string
		scores        []string
		want, scale   string
	}{
		{"a headline where there was none", catalog.Override{Name: "bfclv2_ast", Primary: []string{"a"}}, "bfcl", "bfclv2_ast", scores, "g|bfcl|a", percentUp},
		{"its scale and direction", catalog.Override{Name: "x", Primary: []string{"b"}, Scale: catalog.Fraction, Direction: catalog.Lower}, "bfcl", "x", scores, "g|bfcl|b", "fraction/lower"},
		{"the first that there is", catalog.Override{Name: "x", Primary: []string{"nosuch", "b"}}, "bfcl", "x", scores, "g|bfcl|b", percentUp},
		{"that or none", catalog.Override{Name: "x", Primary: []string{"nosuch"}}, "byob_x", "x", []string{"t|x|pass@1|correct"}, "", ""},
		{"a timing, if it is asked for", catalog.Override{Name: "x", Primary: []string{"gen_seconds"}, Scale: catalog.Seconds, Direction: catalog.Lower}, "bfcl", "x", scores, "g|bfcl|gen_seconds", "seconds/lower"},
		{"scale alone keeps the rest", catalog.Override{Name: "x", Scale: catalog.Rating10}, "byob_x", "x", []string{"t|x|pass@1|correct"}, "t|x|pass@1|correct", "rating_10/higher"},
		{"direction alone", catalog.Override{Name: "x", Direction: catalog.Lower}, "byob_x", "x", []string{"t|x|pass@1|correct"}, "t|x|pass@1|correct", "fraction/lower"},
		{
			"by an alias, on another harness; the old scale was of the old headline",
			catalog.Override{Name: "ns_gpqa", Primary: []string{"score/micro"}},
			"simple_evals", "gpqa_diamond",
			[]string{"g|gpqa_diamond|score|micro", "g|gpqa_diamond|score|macro"},
			"g|gpqa_diamond|score|micro", fractionUp,
		},
		{"another name", catalog.Override{Name: "hle", Aliases: []string{"last_exam"}}, "nemo_skills", "last_exam", []string{"g|hle|pass@1|judge_correct", "g|hle|pass@1|x"}, "g|hle|pass@1|judge_correct", percentUp},
	} {
		t.Run(test.name, func(t *testing.T) {
			known, err := builtin(t).With(test.override)
			if err != nil {
				t.Fatal(err)
			}
			got := primary(known, test.harness, test.task, test.scores)
			if got != test.want {
				t.Fatalf("headline %q, want %q", got, test.want)
			}
			if got != "" {
				scale, direction := known.ScaleOf(test.harness, test.task, leaves(got)[0], true)
				if text := string(scale) + "/" + string(direction); text != test.scale {
					t.Errorf("%s, want %s", text, test.scale)
				}
			}
		})
	}
	if known, err := builtin(t).WithScale("x", catalog.Elo).With(catalog.Override{Name: "x", Scale: catalog.Percent}); err != nil {
		t.Error(err)
	} else if scale, _ := known.ScaleOf("h", "x", leaves("t|x|a")[0], true); scale != catalog.Elo {
		t.Errorf("--scale gave way to the file: %s", scale)
	}
}

func TestAliasClashes(t *testing.T) {
	for _, test := range []struct {
		name, alias string
		of          string // "" is no clash
	}{
		{"x", "gpqa", "gpqa_diamond"},
		{"x", "hle", "hle"},
		{"ns_hle", "hle", ""},
		{"hle", "ns_hle", ""},
		{"x", "y", ""},
	} {
		known := builtin(t)
		_, err := known.With(catalog.Override{Name: test.name, Aliases: []string{test.alias}})
		clash, ok := errors.AsType[*catalog.ClashError](err)
		if ok != (test.of != "") || ok && clash.Of != test.of {
			t.Errorf("%s as alias of %s: %v", test.alias, test.name, err)
		}
		if known.Canonical("y") != "y" {
			t.Error("the catalog itself was changed")
		}
	}
}
