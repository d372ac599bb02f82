package sqlite_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/filterlang"
	"github.com/evalctl/evalctl/pkg/query/sqlite"
	"github.com/evalctl/evalctl/test/stack"
)

// oracle is MLflow itself, on a database that it has filled.
type oracle struct {
	t       *testing.T
	ask     *json.Encoder
	answers *bufio.Reader
	store   *sqlite.Store
	records []filterlang.Record
}

// answer is the runs that are found, in order; nil if the question is refused.
type answer struct{ SQL, Memory []string }

func newOracle(t *testing.T) *oracle {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mlflow.db")
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), stack.Python(t), filepath.Join("testdata", "oracle.py"), path)
	cmd.Env = append(os.Environ(), "MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_TRACKING_URI=", "PYTHONNOUSERSITE=1")
	var said strings.Builder
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Logf("MLflow: %v\n%s", err, said.String())
		}
	})
	o := &oracle{t: t, ask: json.NewEncoder(stdin), answers: bufio.NewReader(stdout)}
	var known map[string]struct {
		UserID *string            `json:"user_id"`
		Inputs []filterlang.Input `json:"inputs"`
	}
	o.read(&known)
	o.store = open(t, path)
	runs, err := query.All(o.store.Search(t.Context(), query.Search{}))
	if err != nil || len(runs) != len(known) || len(runs) < 40 {
		t.Fatalf("%d runs of %d: %v", len(runs), len(known), err)
	}
	for _, run := range runs {
		o.records = append(o.records, filterlang.Record{Run: run, UserID: known[run.ID].UserID, Inputs: known[run.ID].Inputs})
	}
	return o
}

func (o *oracle) read(value any) {
	o.t.Helper()
	line, err := o.answers.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, value)
	}
	if err != nil {
		o.t.Fatalf("MLflow's answer: %v", err)
	}
}

// mlflow asks MLflow.
func (o *oracle) mlflow(filter string, orders []string) answer {
	o.t.Helper()
	if err := o.ask.Encode(map[string]any{"filter": filter, "order_by": slices.Concat([]string{}, orders)}); err != nil {
		o.t.Fatal(err)
	}
	var a answer
	o.read(&a)
	return a
}

// ours is the same by this module. The database is searched in one order only.
func (o *oracle) ours(filter string, orders []string) (answer, error) {
	o.t.Helper()
	parsed, err := filterlang.Parse(filter)
	if err != nil {
		return answer{}, err
	}
	order, err := filterlang.ParseOrder(orders)
	if err != nil {
		return answer{}, err
	}
	a := answer{SQL: []string{}, Memory: []string{}}
	runs, err := query.All(o.store.Search(o.t.Context(), query.Search{Raw: filter}))
	if err != nil {
		o.t.Errorf("%q is understood, and the search fails: %v", filter, err)
	}
	for _, run := range runs {
		a.SQL = append(a.SQL, run.ID)
	}
	matching := slices.DeleteFunc(slices.Clone(o.records), func(r filterlang.Record) bool { return !parsed.Match(r) })
	slices.SortFunc(matching, func(a, b filterlang.Record) int { return filterlang.Compare(order, a, b) })
	for _, r := range matching {
		a.Memory = append(a.Memory, r.ID)
	}
	return a, nil
}

// generator makes filters and orders, most of them right.
type generator struct{ *rand.Rand }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

// rarely is one of the wrong texts now and then, else one of the right ones.
func (g generator) rarely(wrong []string, right ...string) string {
	const often = 30
	if g.IntN(often) == 0 {
		return pick(g, wrong...)
	}
	return pick(g, right...)
}

func (g generator) space() string { return pick(g, " ", " ", " ", "  ", "\t", "\n") }

func (g generator) metric() string {
	return g.rarely([]string{"metrics.a/b-c", "metrics.12a", "Metrics.acc", "acc", "metrics.a b"},
		"metrics.acc", "metric.`acc`", "metrics.\"a b\"", "metrics.`a/b-c`", "metrics.'a b'", "`metrics`.1a", "metrics.deep.er",
		"metrics.`deep.er`", "metrics.steps", "metrics.none")
}

func (g generator) text() string {
	return g.rarely([]string{"params.p-q", "tags.config.0.name", "TAGS.t", "\"tags\".t", "tags.in", "t"},
		"params.p", "param.`p q`", "parameters.\"p:r/s\"", "params.`it's`", "parameter.none", "tags.t", "tag.select", "tags.`a:b/c d`", "tags.'t'",
		"tags.`say \"x\"`", "tags.`config.0.name`", "tags.mlflow.runName", "tags.none")
}

func (g generator) attribute() string {
	return pick(g, "", "", "attribute.", "attributes.", "attr.", "run.") +
		g.rarely([]string{"run name", "experiment_id", "Status"}, "run_name", "status", "user_id", "artifact_uri", "run_id", "`run name`", "\"Run Name\"")
}

func (g generator) time() string {
	return pick(g, "", "attributes.", "run.") + pick(g, "start_time", "end_time", "created", "Created")
}

func (g generator) number() string {
	return g.rarely([]string{"+1", "1e+5", "0x1f", "1_0", "nan", "'1'", "- 1"},
		"0.5", ".5", "5.", "-1", "-1.0", "0", "12", "1e-7", "1E300", "0.30000000000000004", "1e308", "20", "-.5")
}

func (g generator) milliseconds() string {
	return g.rarely([]string{"'1700000005000'", "1700000005000x"}, "1700000005000", "1700000005000.5", "1.700000005e12", "17e11", "1700000101000", "1700000102000")
}

func (g generator) value() string {
	return g.rarely([]string{"5", "x", "`x`", "'x", "NULL", "('x')"},
		"'x'", `"x"`, "'X'", "'x%'", "'%z'", "'x_z'", "'%'", "'_'", `"it's"`, `'say "x"'`, "''", `""`, "' '", "'%S%'", "'日本'", "'5'", "'swift%'", "'SWIFT-owl'",
		"'FINISHED'", "'%artifacts'", "'back\\slash'", "'it''s'", "'%a%e%'", "'stra_e'", "'back%'", "'run %'", "'%1%'")
}

func (g generator) list() string {
	return g.rarely([]string{"()", "(1)", "'x'", "('x' ", "(x)"}, "('x')", "('squad', 'other')", "(\"Arc\")", "('d0','d1',)", "('none')", "('train')")
}

func (g generator) keyword(word string) string {
	return pick(g, word, word, strings.ToLower(word), word[:1]+strings.ToLower(word[1:]))
}

func (g generator) comparison() string {
	equality := func() string { return pick(g, "=", "!=", "!=") }
	numeric := func() string { return g.rarely([]string{"==", "<>", "LIKE", "=<"}, "=", "!=", "<", "<=", ">", ">=") }
	like := func() string { return g.keyword(pick(g, "LIKE", "ILIKE")) }
	switch g.IntN(10) {
	case 0, 1:
		return g.metric() + g.space() + numeric() + g.space() + g.number()
	case 2:
		return g.metric() + pick(g, "<", ">=", "!=", "=") + g.number()
	case 3, 4:
		return g.text() + g.space() + pick(g, equality, like)() + g.space() + g.value()
	case 5:
		return g.text() + g.space() + g.keyword("IS") + g.space() + pick(g, "", "NOT ") + g.keyword("NULL")
	case 6:
		return g.attribute() + g.space() + pick(g, equality, like)() + g.space() + g.value()
	case 7:
		return g.time() + g.space() + numeric() + g.space() + g.milliseconds()
	case 8:
		return pick(g, "dataset", "datasets") + "." + g.rarely([]string{"profile"}, "name", "digest", "context") + " " +
			pick(g, "IN "+g.list(), "not in "+g.list(), equality()+" 'squad'", "LIKE 'd%'", "ILIKE 'AR%'", equality()+" 'eval'")
	default:
		return pick(g, "metrics.acc", "tags.t", "params.p", "run_id", "start_time", "datasets.name") + g.space() +
			pick(g, "= 'x'", "> 1", "IN "+g.list(), "NOT IN "+g.list(), "IS NULL", "IS NOT NULL", "= 1", "LIKE 'x'", "< 'x'")
	}
}

func (g generator) filter() string {
	parts := make([]string, 1+g.IntN(2))
	for i := range parts {
		parts[i] = g.comparison()
	}
	text := strings.Join(parts, g.space()+g.keyword("AND")+g.space())
	switch g.IntN(30) {
	case 0:
		return text + " AND"
	case 1:
		return "AND " + text
	case 2:
		return strings.ReplaceAll(text, "AND", pick(g, "OR", ",", "and AND", ""))
	case 3:
		return text + pick(g, ";", " -- x", " x", ")", " NOT")
	case 4:
		return "(" + text + ")"
	case 5:
		return strings.ToValidUTF8(text[:g.IntN(len(text))], "")
	}
	return text
}

func (g generator) order() string {
	field := pick(g, g.metric, g.text, g.time, func() string {
		return pick(g, "run_id", "attributes.run_name", "status", "artifact_uri", "user_id", "run name", "lifecycle_stage", "datasets.name", "foo", "metrics")
	})()
	return field + pick(g, "", "", " ASC", " DESC", " desc", "  asc", " DOWN", " DESC x")
}

// TestMLflow asks MLflow's client and this module the same questions.
func TestMLflow(t *testing.T) {
	o := newOracle(t)
	for name, test := range map[string]func(*testing.T, *oracle){"FindsTheSame": findsTheSame, "Differs": differsAsDocumented} {
		t.Run(name, func(t *testing.T) {
			o.t = t
			test(t, o)
		})
	}
}

func findsTheSame(t *testing.T, o *oracle) {
	g := generator{rand.New(rand.NewPCG(6, 3))}
	const questions = 900
	understood, found := 0, 0
	for n := range questions {
		filter, orders := "", []string(nil)
		if n%3 > 0 {
			filter = g.filter()
		}
		if n%3 != 1 {
			for range 1 + g.IntN(2) {
				orders = append(orders, g.order())
			}
		}
		if differs(orders) {
			continue
		}
		want := o.mlflow(filter, orders)
		got, err := o.ours(filter, orders)
		if (want.SQL == nil) != (err != nil) {
			t.Errorf("%q by %q: MLflow refuses: %v; here %v", filter, orders, want.SQL == nil, err)
			continue
		}
		if err != nil {
			continue
		}
		understood++
		if len(want.SQL) > 0 && len(want.SQL) < len(o.records) {
			found++
		}
		if orders == nil && !slices.Equal(got.SQL, want.SQL) {
			t.Errorf("%q: %s", filter, differ(got.SQL, want.SQL))
		}
		if !slices.Equal(got.Memory, want.Memory) {
			t.Errorf("in memory, %q by %q: %s", filter, orders, differ(got.Memory, want.Memory))
		}
	}
	if understood < questions/4 || found < questions/8 || understood > questions*3/4 {
		t.Errorf("of %d questions %d were understood, %d found some runs: that tests little", questions, understood, found)
	}
	t.Logf("of %d questions %d were understood, %d found some runs and not all", questions, understood, found)
}

func differ(got, want []string) string {
	missing := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return slices.Contains(got, id) })
	extra := slices.DeleteFunc(slices.Clone(got), func(id string) bool { return slices.Contains(want, id) })
	return fmt.Sprintf("%d runs, MLflow has %d; %d are missing, %d too many", len(got), len(want), len(missing), len(extra))
}

// differs reports whether an order is one of those where this module differs on
// purpose: see differsAsDocumented.
func differs(orders []string) bool {
	parsed, err := filterlang.ParseOrder(orders)
	return err == nil && len(parsed) < len(orders) || slices.ContainsFunc(orders, func(o string) bool { return strings.HasPrefix(o, `"tags"`) })
}

// differsAsDocumented holds the list in the package documentation of filterlang to
// what MLflow does.
func differsAsDocumented(t *testing.T, o *oracle) {
	for _, test := range []struct {
		filter, order        string
		mlflow, ours, memory bool // understood; memory: by MLflow's file store
	}{
		{"metrics.a() > 1", "", true, false, true},
		{"tags.a[1] = 'x'", "", true, false, true},
		{"tags.[a] = 'x'", "", true, false, true},
		{"tags.a::int = 'x'", "", true, false, true},
		{"metrics.* > 1", "", true, false, true},
		{"metrics. acc > 1", "", true, false, true},
		{"metrics .acc > 1", "", false, false, false},
		{"metrics.acc. > 1", "", true, false, true},
		{"metrics..acc > 1", "", true, false, true},
		{"metrics. > 1", "", true, false, true},
		{"tags.`a`.b = 'x'", "", true, false, true},
		{"tags.a.`b` = 'x'", "", true, false, true},
		{"tags.t = 'x' tags.none IS NULL", "", true, false, true},
		{"run_id = ('x')", "", false, false, true},
		{"datasets.name = ('x')", "", false, false, true},
		{"datasets.name IN ('squ' 'ad')", "", true, false, true},
		{"datasets.name IN ('sq\\x75ad')", "", true, false, true},
		{"datasets.name IN (('squad'))", "", true, false, true},
		{"metrics.acc > 1e5AND tags.t = 'x'", "", true, false, true},
		{"tags.t IS NOT  NULL", "", false, true, false},
		{"start_time < 99999999999999999999", "", false, true, true},
		{"", " metrics.acc", false, true, false},
		{"", "metrics.acc DESC ", false, true, false},
		{"", "tags.`say \"x`", false, true, false},
		{"", "params.`p` `desc`", true, false, true},
		{"", `"tags".t DESC`, true, false, true},
		{"tags.a b IS NULL", "", true, false, true},
		{"tags.a b = 'x'", "", false, false, false},
		{"", "metrics.1", false, false, false},
		{"", "metrics.1 DESC", true, false, true},
	} {
		var orders []string
		if test.order != "" {
			orders = []string{test.order}
		}
		want := o.mlflow(test.filter, orders)
		_, err := o.ours(test.filter, orders)
		if (want.SQL != nil) != test.mlflow || (want.Memory != nil) != test.memory || (err == nil) != test.ours {
			t.Errorf("%q by %q: understood by MLflow %v, by its file store %v, here %v", test.filter, test.order, want.SQL != nil, want.Memory != nil, err)
		}
	}
	twice := []string{"tags.t", "tags.t DESC"}
	if want := o.mlflow("", twice); want.SQL != nil || want.Memory == nil {
		t.Errorf("the same field twice: MLflow %v", want)
	}
	if got, err := o.ours("", twice); err != nil || !slices.Equal(got.Memory, o.mlflow("", twice[:1]).Memory) {
		t.Errorf("the same field twice: %v", err)
	}
}
