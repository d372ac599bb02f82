package filterlang_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/filterlang"
)

func record() filterlang.Record {
	user := ""
	return filterlang.Record{
		Run: query.Run{
			ID: "abc", Name: "swift-falcon", Status: query.StatusFinished, StartTime: time.UnixMilli(1000), ArtifactURI: "s3://bucket/x",
			Tags:    map[string]string{"model": "Acme/Straße", "empty": "", "lines": "one\ntwo", "end": "one\n"},
			Params:  map[string]string{"n": "5"},
			Metrics: map[string]float64{"acc": .5, "nan": math.NaN(), "inf": math.Inf(1)},
		},
		UserID: &user,
		Inputs: []filterlang.Input{{Name: "squad", Digest: "d1", Contexts: []string{"eval"}}, {Name: "arc", Digest: "d2"}},
	}
}

func TestMatch(t *testing.T) {
	for filter, want := range map[string]bool{
		"":                  true,
		"metrics.acc = .5":  true,
		"metrics.acc != .5": false,
		"metrics.acc >= .5 AND metrics.acc <= 5e-1":         true,
		"metrics.acc > .5":                                  false,
		"metrics.acc < .6 AND metrics.acc > .6":             false,
		"metrics.none != 1":                                 false, // a run without the key never matches
		"metrics.nan = 0":                                   false,
		"metrics.nan != 0":                                  true,
		"metrics.nan >= 0":                                  false,
		"metrics.nan < 1":                                   false,
		"metrics.inf > 1e300":                               true,
		"metrics.inf = 1e400":                               true,
		"params.n = '5'":                                    true,
		"params.n != '5'":                                   false,
		"params.none != '5'":                                false,
		"params.n IS NULL":                                  false,
		"params.n IS NOT NULL AND params.none IS NULL":      true,
		"tags.empty IS NULL":                                false,
		"tags.empty = ''":                                   true,
		"tags.model LIKE 'Acme%'":                           true,
		"tags.model LIKE 'acme%'":                           false,
		"tags.model ILIKE 'aCME/STRASSE'":                   false, // one letter for one
		"tags.model ILIKE 'ACME/STRAẞE'":                    true,
		"tags.model ILIKE 'acme/s_ra_e'":                    true,
		"tags.model LIKE '%/%a%'":                           true,
		"tags.model LIKE '%/'":                              false,
		"tags.model LIKE 'cme%'":                            false,
		"tags.lines LIKE 'one%'":                            true, // whatever follows
		"tags.lines LIKE 'one%two'":                         false,
		"tags.lines LIKE 'one_two'":                         false,
		"tags.lines LIKE '%two'":                            false,
		"tags.end LIKE 'one'":                               true, // as "$" is before a last end of line
		"tags.end LIKE 'on'":                                false,
		"tags.none LIKE '%'":                                false,
		"run_id IN ('x', 'abc')":                            true,
		"run_id NOT IN ('x')":                               true,
		"run_id NOT IN ('abc')":                             false,
		"run_name LIKE 'swift-%'":                           true,
		"status = 'finished'":                               false,
		"status != 'RUNNING'":                               true,
		"user_id = ''":                                      true,
		"start_time = 1000":                                 true,
		"start_time > 999.5":                                true,
		"start_time < 99999999999999999999999":              true,
		"end_time != 1":                                     false, // it is running
		"datasets.name = 'squad' AND datasets.name = 'arc'": true,
		"datasets.name != 'squad'":                          true, // another one is
		"datasets.context != 'x'":                           true,
		"datasets.context LIKE 't%'":                        false,
		"datasets.digest IN ('d2')":                         true,
		"datasets.digest NOT IN ('d2', 'd1')":               false,
	} {
		parsed, err := filterlang.Parse(filter)
		if err != nil {
			t.Errorf("%q: %v", filter, err)
		} else if got := parsed.Match(record()); got != want {
			t.Errorf("%q: %v", filter, got)
		}
	}
}

func TestCompare(t *testing.T) {
	run := func(id string, start int64, metrics map[string]float64, tag string) filterlang.Record {
		r := filterlang.Record{Run: query.Run{ID: id, StartTime: time.UnixMilli(start), Metrics: metrics, Tags: map[string]string{}}}
		if tag != "" {
			r.Tags["t"] = tag
		}
		return r
	}
	runs := []filterlang.Record{
		run("a", 1, nil, "b"),
		run("b", 2, nil, "a"),
		run("c", 3, map[string]float64{"m": math.NaN()}, ""),
		run("d", 4, map[string]float64{"m": -1}, "10"),
		run("e", 5, map[string]float64{"m": 2}, "9"),
		run("f", 5, map[string]float64{"m": 2}, "9"),
	}
	for orders, want := range map[string]string{
		"":                            "efdcba",
		"start_time":                  "abcdef",
		"metrics.m":                   "defcba",
		"metrics.m DESC":              "efdcba",
		"tags.t":                      "defbac", // strings: "10" before "9"
		"tags.t DESC":                 "abefdc",
		"end_time, run_id DESC":       "fedcba",
		"metrics.m DESC, run_id DESC": "fedcba",
	} {
		var clauses []string
		if orders != "" {
			clauses = strings.Split(orders, ", ")
		}
		parsed, err := filterlang.ParseOrder(clauses)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(runs, func(a, b filterlang.Record) int { return filterlang.Compare(parsed, a, b) })
		got := ""
		for _, r := range runs {
			got += r.ID
		}
		if got != want {
			t.Errorf("%q: %s, want %s", orders, got, want)
		}
	}
}
