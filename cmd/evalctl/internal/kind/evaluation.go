package kind

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare"
	"github.com/evalctl/evalctl/pkg/decimal"
	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// EvaluationDocument draws what one selector scored.
func EvaluationDocument(e compare.Evaluation, warnings []nemo.Warning) render.Document {
	return render.Document{
		Kind: Evaluation, Data: e, Warnings: warnings,
		Items: items(e.Scores), ItemKind: "score", Summary: nil,
		Screen: evaluationScreen(e, warnings, false),
		Wide:   evaluationScreen(e, warnings, true),
		Brief:  evaluationBrief(e, warnings),
		Tables: []render.Records{scoreRecords(e), runtimeRecords(e), missingRecords(e.Missing)},
	}
}

func evaluationScreen(e compare.Evaluation, warnings []nemo.Warning, wide bool) []render.Block {
	notes := &footnotes{}
	blocks := []render.Block{evaluationHead(e)}
	if table := scoresTable(e, notes, wide); len(table.Rows) > 0 {
		blocks = append(blocks, table)
	}
	if len(e.Averages) > 0 {
		table := averagesTable(e.Averages, notes)
		table.Columns, table.NoHeader = table.Columns[1:], true
		for i := range table.Rows {
			table.Rows[i] = table.Rows[i][1:]
			table.Rows[i][0] = strong(meanName(table.Rows[i][0].Text))
		}
		blocks = append(blocks, table)
	}
	if lines := missingLines(e.Missing, []compare.SideSummary{{}}); len(lines) > 0 {
		paragraph := render.Paragraph{}
		for _, line := range lines {
			paragraph = append(paragraph, render.Cell{Text: line, Tone: render.Caution})
		}
		blocks = append(blocks, paragraph)
	}
	if slices.ContainsFunc(e.Runtime, hasRequests) {
		blocks = append(blocks, runtimeTable(e, wide))
	}
	notes.rest(warnings, "NO_PRIMARY_SCORE")
	return append(blocks, notes.blocks()...)
}

// evaluationHead names what is shown: invocation, model, when, how much of it.
func evaluationHead(e compare.Evaluation) render.Table {
	var models, experiments, versions []string
	add := func(list *[]string, value *string) {
		if v := nemo.Text(value); v != "" && !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
	var started, ended *nemo.Time
	tasks := map[string]bool{}
	for _, run := range e.Runs {
		add(&models, run.Model)
		add(&experiments, run.Experiment)
		add(&versions, run.EvaluatorVersion)
		if run.StartedAt != nil && (started == nil || run.StartedAt.Before(started.Time)) {
			started = run.StartedAt
		}
		if run.EndedAt != nil && (ended == nil || run.EndedAt.After(ended.Time)) {
			ended = run.EndedAt
		}
	}
	for _, s := range e.Scores {
		tasks[s.Task+"\x00"+nemo.Text(s.Variant)] = true
	}
	count := plural(len(tasks), "task")
	if e.Configured != nil {
		// Several sources were configured with the same tasks, and one task may have
		// several variants: what counts is what is there and what is not.
		without := map[string]bool{}
		for _, m := range e.Missing {
			name := nemo.Text(m.Task)
			if !slices.ContainsFunc(e.Scores, func(s compare.Score) bool { return s.Task == name }) {
				without[name] = true
			}
		}
		count = fmt.Sprintf("%d of %s", len(tasks), plural(len(tasks)+len(without), "task"))
	}
	table := render.Table{NoHeader: true, Columns: []render.Column{{}, {Flexible: true}}}
	line := func(name, value string) {
		if value != "" {
			table.Rows = append(table.Rows, render.Row{muted(name), plain(value)})
		}
	}
	line("invocation", strings.Join(e.Invocations, ", "))
	line("model", strings.Join(models, ", "))
	line("experiment", strings.Join(experiments, ", "))
	line("tasks", count)
	if started != nil {
		recorded := started.String()
		if ended != nil {
			recorded += " to " + ended.String()
		}
		line("recorded", recorded)
	}
	line("evaluator", strings.Join(versions, ", "))
	return table
}

// scoresTable shows headlines; wide shows every score.
func scoresTable(e compare.Evaluation, notes *footnotes, wide bool) render.Table {
	table := render.Table{Columns: []render.Column{
		{Title: "task", Flexible: true}, {Title: "score", Flexible: true}, {Title: "value", Align: render.Point}, {Title: "n", Align: render.Right}, {Title: "scale"}, {Title: "better"},
	}}
	type task struct {
		name, variant string
	}
	scores, headlines := map[task]int{}, map[task]int{}
	for _, s := range e.Scores {
		t := task{s.Task, nemo.Text(s.Variant)}
		scores[t]++
		if s.Primary {
			headlines[t]++
		}
	}
	for _, s := range e.Scores { // in their order, which --sort-by may have changed
		t := task{s.Task, nemo.Text(s.Variant)}
		name := t.name
		if t.variant != "" {
			name += " " + t.variant
		}
		if !wide && headlines[t] == 0 {
			headlines[t] = -1 // said once
			mark := notes.mark("-o wide shows the scores of a task without headline")
			table.Rows = append(table.Rows, render.Row{plain(name), muted(plural(scores[t], "score") + mark), muted(dash), muted(dash), muted(dash), muted(dash)})
		}
		if !wide && !s.Primary {
			continue
		}
		places := placesOf(s.Scale, []*decimal.Decimal{s.Value}, []*decimal.Decimal{s.Stderr})
		row := compare.Row{Task: s.Task, Name: s.Name, Metric: s.Metric, Score: s.Score, Primary: s.Primary && !wide}
		cells := render.Row{
			plain(name), plain(scoreName(row)), plain(withError(s.Value, s.Stderr, places)),
			plain(whole(s.N)), muted(string(s.Scale)), muted(string(s.Direction)),
		}
		if s.Primary {
			cells[2].Tone = render.Strong
		}
		table.Rows = append(table.Rows, cells)
	}
	return table
}

// hasRequests reports whether a job's statistics are about requests; those of
// nel-next are about steps, and the table has nothing of them.
func hasRequests(r compare.JobRuntime) bool {
	return r.Responses != nil || r.AvgLatencyMS != nil || r.AvgCompletionTokens != nil || r.InferenceSeconds != nil
}

// runtimeTable shows how the requests went.
func runtimeTable(e compare.Evaluation, wide bool) render.Table {
	table := render.Table{Keys: 1, Columns: []render.Column{
		{Title: "task", Flexible: true},
		{Title: "requests", Align: render.Right},
		{Title: "failed", Align: render.Right},
		{Title: "cut", Align: render.Right},
		{Title: "latency ms", Align: render.Point},
		{Title: "tokens out", Align: render.Point},
		{Title: "inference s", Align: render.Point},
	}}
	if wide {
		table.Columns = append(table.Columns, render.Column{Title: "job"}, render.Column{Title: "status codes"}, render.Column{Title: "runs", Align: render.Right})
	}
	variants := variantsOfJobs(e)
	for _, r := range e.Runtime {
		failed := dash
		if r.Responses != nil && r.Successful != nil {
			unanswered := r.Responses.Sub(*r.Successful)
			failed = whole(&unanswered)
		}
		cut := dash
		if len(r.FinishReasons) > 0 {
			length := r.FinishReasons["length"]
			cut = whole(&length)
		}
		name := orDash(nemo.Text(r.Task))
		if slices.ContainsFunc(e.Runtime, func(o compare.JobRuntime) bool {
			return nemo.Text(o.Task) == nemo.Text(r.Task) && nemo.Text(o.JobID) != nemo.Text(r.JobID)
		}) {
			name += " " + cmp.Or(variants[nemo.Text(r.JobID)], nemo.Text(r.JobID))
		}
		cells := render.Row{
			plain(name), plain(whole(r.Responses)), plain(failed), plain(cut),
			plain(runtimeNumber(r.AvgLatencyMS)), plain(runtimeNumber(r.AvgCompletionTokens)), plain(runtimeNumber(r.InferenceSeconds)),
		}
		if wide {
			codes := make([]string, 0, len(r.StatusCodes))
			for code, n := range r.StatusCodes {
				codes = append(codes, code+": "+n.String())
			}
			slices.Sort(codes)
			cells = append(cells, plain(nemo.Text(r.JobID)), plain(strings.Join(codes, ", ")), plain(whole(r.Runs)))
		}
		table.Rows = append(table.Rows, cells)
	}
	return table
}

// variantsOfJobs tells by which variant the scores of a job are listed; "" where a
// variant has several jobs, which it does not tell apart.
func variantsOfJobs(e compare.Evaluation) map[string]string {
	jobOf := map[string]string{}
	for _, run := range e.Runs {
		jobOf[run.RunID] = nemo.Text(run.JobID)
	}
	type cell struct{ task, variant string }
	jobs := map[cell][]string{}
	for _, s := range e.Scores {
		of := cell{s.Task, nemo.Text(s.Variant)}
		for _, source := range s.Sources {
			if job := jobOf[source.RunID]; !slices.Contains(jobs[of], job) {
				jobs[of] = append(jobs[of], job)
			}
		}
	}
	variants := map[string]string{}
	for of, list := range jobs {
		if len(list) == 1 {
			variants[list[0]] = of.variant
		}
	}
	return variants
}

func evaluationBrief(e compare.Evaluation, warnings []nemo.Warning) []string {
	var lines []string
	headless := map[string]int{}
	for _, s := range e.Scores {
		name := s.Task
		if s.Variant != nil {
			name += "[" + *s.Variant + "]"
		}
		if !s.Primary {
			headless[name]++
			continue
		}
		delete(headless, name)
		headless[name] = -1 << 30
		lines = append(lines, fmt.Sprintf("%s/%s %s", name, headline(s.Metric, s.Score), compact(s.Value)))
	}
	names := make([]string, 0, len(headless))
	for name, n := range headless {
		if n > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		lines = append(lines, fmt.Sprintf("%s: %s, no headline", name, plural(headless[name], "score")))
	}
	for _, a := range shown(e.Averages) {
		lines = append(lines, averageLine(a, false))
	}
	parts := make([]string, len(e.Missing))
	for i, m := range e.Missing {
		parts[i] = fmt.Sprintf("%s (%s)", nemo.Text(m.Task), words(m.Reason))
	}
	if len(parts) > 0 {
		lines = append(lines, "missing: "+strings.Join(parts, ", "))
	}
	for _, w := range warnings {
		if w.Code != "NO_PRIMARY_SCORE" { // said above
			lines = append(lines, "warning "+w.Code+": "+w.Message)
		}
	}
	return append(lines, more)
}

func scoreRecords(e compare.Evaluation) render.Records {
	records := render.Records{
		Name:    "scores",
		Columns: []string{"harness", "task", "variant", "section", "name", "metric", "score", "value", "n", "stderr", "stddev", "primary", "scale", "direction"},
		Numeric: []bool{false, false, false, false, false, false, false, true, true, true, true, false, false, false},
	}
	for _, s := range e.Scores {
		records.Rows = append(records.Rows, []string{
			nemo.Text(s.Harness), s.Task, nemo.Text(s.Variant), s.Section, s.Name, s.Metric, s.Score,
			text(s.Value), text(s.N), text(s.Stderr), text(s.Stddev), strconv.FormatBool(s.Primary), string(s.Scale), string(s.Direction),
		})
	}
	return records
}

func runtimeRecords(e compare.Evaluation) render.Records {
	records := render.Records{
		Name: "runtime",
		Columns: []string{
			"task", "job_id", "responses", "successful", "inference_seconds", "scoring_seconds", "runtime_seconds", "runs",
			"avg_latency_ms", "max_latency_ms", "avg_prompt_tokens", "avg_completion_tokens", "avg_total_tokens",
		},
		Numeric: []bool{false, false, true, true, true, true, true, true, true, true, true, true, true},
	}
	for _, r := range e.Runtime {
		records.Rows = append(records.Rows, []string{
			nemo.Text(r.Task), nemo.Text(r.JobID), text(r.Responses), text(r.Successful), text(r.InferenceSeconds),
			text(r.ScoringSeconds), text(r.RuntimeSeconds), text(r.Runs), text(r.AvgLatencyMS), text(r.MaxLatencyMS),
			text(r.AvgPromptTokens), text(r.AvgCompletionTokens), text(r.AvgTotalTokens),
		})
	}
	return records
}
