package nemo

// Evaluation is what one side of a comparison is made of: the jobs that have
// runs, and what was configured, with or without a run.
type Evaluation struct {
	Jobs     []Job    // by invocation, job index, run id
	Launches []Launch // one a source, in the order given
	Warnings []Warning
}

// Launch is one invocation, or the part of it that a selector names.
type Launch struct {
	InvocationID string           // "" if unknown
	Tasks        []ConfiguredTask // what was configured, of the part that is meant
	// Known is false if no file of the invocation lists its tasks, or its runs were
	// chosen one by one; then a task without a run cannot be seen missing.
	Known bool
}

// JobID is the id of the launch's job at this position; "" without an invocation.
func (l Launch) JobID(index int) string {
	if l.InvocationID == "" {
		return ""
	}
	return l.InvocationID + "." + itoa(index)
}
