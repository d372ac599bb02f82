package kind

import (
	"slices"
	"strconv"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// DoctorValue is the value of the kind "doctor": the steps of a checkup, in
// order, all of them always.
type DoctorValue struct {
	Steps []DoctorStep `json:"steps"`
}

// DoctorStep is one step. Detail is what was found or what went wrong, Hint what
// to do about a step that failed.
type DoctorStep struct {
	Name   string  `json:"name"`
	Status string  `json:"status"`
	Detail *string `json:"detail"`
	Hint   *string `json:"hint"`
}

// Statuses of a step. Skipped steps do not apply; steps after one that failed
// were not reached.
const (
	StepOK         = "ok"
	StepFailed     = "failed"
	StepSkipped    = "skipped"
	StepNotReached = "not_reached"
)

// Failed returns the step that failed, or nil.
func (v DoctorValue) Failed() *DoctorStep {
	at := slices.IndexFunc(v.Steps, func(s DoctorStep) bool { return s.Status == StepFailed })
	if at < 0 {
		return nil
	}
	return &v.Steps[at]
}

// DoctorDocument draws a checkup.
func DoctorDocument(v DoctorValue, _ []nemo.Warning) render.Document {
	table := render.Table{Columns: []render.Column{{Title: "step"}, {Title: "result"}, {Title: "detail", Flexible: true}}}
	records := render.Records{
		Name: "steps", Columns: []string{"name", "status", "detail", "hint"}, Numeric: make([]bool, 4),
	}
	counts := map[string]int{}
	for _, step := range v.Steps {
		counts[step.Status]++
		status := render.Cell{Text: step.Status, Tone: render.Good}
		switch step.Status {
		case StepFailed:
			status.Tone = render.Bad
		case StepSkipped:
			status.Tone = render.Muted
		case StepNotReached:
			status = muted("not reached")
		}
		table.Rows = append(table.Rows, render.Row{strong(stepTitle(step.Name)), status, plain(nemo.Text(step.Detail))})
		records.Rows = append(records.Rows, []string{step.Name, step.Status, nemo.Text(step.Detail), nemo.Text(step.Hint)})
	}
	counted := struct {
		OK         int `json:"ok"`
		Failed     int `json:"failed"`
		Skipped    int `json:"skipped"`
		NotReached int `json:"not_reached"`
	}{counts[StepOK], counts[StepFailed], counts[StepSkipped], counts[StepNotReached]}
	summary := strconv.Itoa(counts[StepOK]) + " steps are in order."
	brief := []string{"ok: " + strconv.Itoa(counts[StepOK]) + " steps are in order, " + strconv.Itoa(counts[StepSkipped]) + " do not apply"}
	last := render.Paragraph{plain(summary)}
	if failed := v.Failed(); failed != nil {
		// A terminal may cut what the table says; here it is whole.
		brief = []string{"failed at " + failed.Name + ": " + nemo.Text(failed.Detail), "hint: " + nemo.Text(failed.Hint)}
		last = render.Paragraph{
			{Text: "What went wrong: " + nemo.Text(failed.Detail), Tone: render.Bad},
			plain("What to do: " + nemo.Text(failed.Hint)),
		}
	}
	return render.Document{
		Kind: Doctor, Data: v, Warnings: []nemo.Warning{},
		Items: items(v.Steps), ItemKind: "step", Summary: counted,
		Screen: []render.Block{table, last}, Brief: brief, Tables: []render.Records{records},
	}
}

// stepTitle names a step for a person.
func stepTitle(name string) string {
	switch name {
	case "uri":
		return "address, settings"
	case "name":
		return "name resolution"
	case "tcp":
		return "connection"
	case "tls":
		return "TLS"
	case "host_check":
		return "host check"
	case "artifacts":
		return "artifact route"
	}
	return name
}
