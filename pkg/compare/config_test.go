package compare_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/nemo"
)

// with gives a job free settings, as "key=value" of run_config.yml; "key=" was not
// set.
func with(job nemo.Job, free ...string) nemo.Job {
	job.Free = map[string]nemo.Setting{}
	for _, text := range free {
		key, value, _ := strings.Cut(text, "=")
		setting := nemo.Setting{State: nemo.Set, Value: value, Path: "run_config.yml"}
		if value == "" {
			setting.State = nemo.NotSet
		}
		job.Free[key] = setting
	}
	return job
}

func valueLine(state string, value *string) string {
	if value == nil {
		return state
	}
	return *value
}

// keyLines prints "task tier key status: value / value", several values of a side
// joined by a bar.
func keyLines(keys []compare.ConfigKey) []string {
	lines := []string{}
	for _, k := range keys {
		tier := "-"
		if k.Tier != nil {
			tier = string(*k.Tier)
		}
		var values []string
		for _, v := range k.Values {
			text := valueLine(v.State, v.Value)
			if len(v.Several) > 0 {
				var parts []string
				for _, one := range v.Several {
					parts = append(parts, valueLine(one.State, one.Value))
				}
				text = strings.Join(parts, "|")
			}
			values = append(values, text)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", named(k.Task, k.Variant), tier, k.Key, k.Status, strings.Join(values, " / ")))
	}
	return lines
}

func TestDiffConfigs(t *testing.T) {
	at := func(id, params string, free ...string) nemo.Job {
		return with(byob(id, "x", "0.5", params).job(t), free...)
	}
	for _, test := range []struct {
		name  string
		sides []compare.Side
		want  []string
		equal int
	}{
		{
			"tiers, in order",
			[]compare.Side{
				side("a", at("a.0", "{limit_samples: 5, top_k: 1, temperature: 0.6}", "params_to_add.seed=1", "target.url=u")),
				side("b", at("b.0", "{top_k: 2, temperature: 0.60}", "params_to_add.seed=2", "target.url=u")),
			},
			[]string{
				"x hard limit_samples differs: 5 / not_set",
				"x soft params.top_k differs: 1 / 2",
				"x free params_to_add.seed differs: 1 / 2",
			},
			3, // harness, temperature, address
		},
		{
			"a sampling setting that one side lacks is unknown",
			[]compare.Side{side("a", at("a.0", "{temperature: 0.6}")), side("b", at("b.0", "{}"))},
			[]string{"x soft temperature unknown: 0.6 / not_set"},
			1,
		},
		{
			"repeats that do not agree",
			[]compare.Side{side("a", at("a1.0", "{}", "seed=1"), at("a2.0", "{}", "seed=2")), side("b", at("b.0", "{}", "seed=1"))},
			[]string{"x free seed differs: 1|2 / 1"},
			1,
		},
		{
			"sources with different settings are no error",
			[]compare.Side{side("a", at("a1.0", "{top_k: 1}"), at("a2.0", "{top_k: 2}")), side("b", at("b.0", "{top_k: 1}"))},
			[]string{"x soft params.top_k differs: 1|2 / 1"},
			1,
		},
		{
			"variants of one side",
			[]compare.Side{side("a", at("a.0", "{top_k: 1}")), side("b", at("b.0", "{top_k: 1}"), at("b.1", "{top_k: 2}"))},
			[]string{"x[params.top_k=2] soft params.top_k differs: 1 / 2"},
			3,
		},
		{
			"three sides, one without the task",
			[]compare.Side{side("a", at("a.0", "{}", "k=1")), side("b", at("b.0", "{}", "k=2")), side("c")},
			[]string{"x free k differs: 1 / 2 / absent"},
			1,
		},
		{
			"secrets differ and are not shown",
			[]compare.Side{side("a", at("a.0", "{}", "target.api_key=S3cret1")), side("b", at("b.0", "{}", "target.api_key=S3cret2"))},
			[]string{"x free target.api_key differs: <redacted> / <redacted>"},
			1,
		},
		{"nothing in common", []compare.Side{side("a", at("a.0", "{}", "k=1")), side("b")}, []string{}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, _ := compare.DiffConfigs(test.sides, options(t), false, true)
			wantLines(t, "keys", keyLines(d.Keys), test.want...)
			if d.Equal != test.equal {
				t.Errorf("%d are equal, want %d", d.Equal, test.equal)
			}
			all, _ := compare.DiffConfigs(test.sides, options(t), true, true)
			if len(all.Keys) != len(d.Keys)+d.Equal {
				t.Errorf("%d keys in all, of %d and %d", len(all.Keys), len(d.Keys), d.Equal)
			}
		})
	}
	d, _ := compare.DiffConfigs([]compare.Side{side("a", at("a.0", "{}", "k=1")), side("b")}, options(t), false, true)
	wantLines(t, "missing", missingLines(d.Missing), "b x -: absent_on_side")
}

// What config diff calls hard keeps a row out of averages, and what it calls soft or
// unknown is the warning of the row: one table.
func TestDiffConfigsAgreesWithRows(t *testing.T) {
	sides := exampleSides(t)
	names := slices.Sorted(maps.Keys(sides))
	compared := 0
	for _, a := range names {
		for _, b := range names {
			pair := []compare.Side{sides[a], sides[b]}
			c, _, err := compare.Compare(pair, options(t))
			if err != nil {
				t.Fatal(err)
			}
			d, _ := compare.DiffConfigs(pair, options(t), false, true)
			for _, row := range c.Rows {
				if row.Delta == nil {
					continue
				}
				compared++
				keys := map[string][]string{}
				for _, k := range d.Keys {
					if k.Task == row.Task && nemo.Text(k.Variant) == nemo.Text(row.Variant) {
						what := string(*k.Tier)
						if k.Status == compare.ConfigUnknown {
							what = "unknown"
						}
						keys[what] = append(keys[what], k.Key)
					}
				}
				var hard []string
				if row.Verdict == compare.NotComparable {
					hard = slices.DeleteFunc(slices.Clone(row.Reasons), func(reason string) bool { return reason == "n" || reason == "base_zero" })
				}
				if !slices.Equal(hard, keys["hard"]) {
					t.Errorf("%s %s %s: reasons %v, hard keys %v", a, b, row.Task, row.Reasons, keys["hard"])
				}
				warned := map[string][]string{}
				for _, w := range row.Warnings {
					warned[w.Code] = w.Keys
				}
				if !slices.Equal(warned["CONFIG_DIFFERS"], keys["soft"]) || !slices.Equal(warned["CONFIG_UNKNOWN"], keys["unknown"]) {
					t.Errorf("%s %s %s: warnings %v, keys %v", a, b, row.Task, warned, keys)
				}
			}
		}
	}
	if compared < 50 {
		t.Errorf("only %d rows were looked at", compared)
	}
}

func TestConfigsOf(t *testing.T) {
	job := with(byob("a.0", "x", "0.5", "{temperature: 0.6, limit_samples: null}").job(t), "target.api_key=S3cret", "seed=1", "other=")
	configs, warnings := compare.ConfigsOf(side("s", job, byob("a.1", "y", "0", "").without(nemo.ReasonFailed)))
	var got []string
	for _, run := range configs.Runs {
		for _, key := range slices.Sorted(maps.Keys(run.Values)) {
			got = append(got, fmt.Sprintf("%s %s %s=%s", nemo.Text(run.JobID), run.File, key, valueLine("not set", run.Values[key])))
		}
	}
	wantLines(
		t, "values", got,
		"a.0 x/results.yml limit_samples=not set", "a.0 x/results.yml temperature=0.6",
		"a.0 run_config.yml other=not set", "a.0 run_config.yml seed=1", "a.0 run_config.yml target.api_key=<redacted>",
	)
	wantLines(t, "warnings", warningLines(warnings), "CONFIG_NOT_FOUND side s")
	if ids := warnings[0].RunIDs; !slices.Equal(ids, []string{"run of a.1"}) {
		t.Errorf("without configuration: %v", ids)
	}
}
