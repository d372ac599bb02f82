package nemo

// Job is one run with its decoded files: the evaluation of one task.
type Job struct {
	Run   Run
	Index int // position in the invocation's task list; -1 if unknown

	SourceIndex int // which of the side's sources, from 0

	// Results is nil where there are none to compare; Reason says why, in the
	// contract's words for missing tasks, and Problem what exactly is wrong.
	// ResultsFile is empty where the results are the store's metrics.
	Results     *Results
	ResultsFile File
	Reason      string
	Problem     string

	Runtime *RuntimeStats // nil if not recorded or not readable
	Samples *Samples      // nil if not looked for, not there or not readable; SamplesReason says which
	// SamplesReason says, for a person, why Samples is nil; "" if it is not.
	SamplesReason string
	Settings      Settings
	// Free is what the files say of the configuration and Settings does not hold;
	// nil unless it was asked for.
	Free     map[string]Setting
	Warnings []Warning

	// Logged is the metrics that the store keeps of the run, by its keys; nil where it
	// keeps none. They may be NaN or infinite.
	Logged map[string]float64
}

// File is a file that was read.
type File struct {
	Path   string
	SHA256 string // hexadecimal
}

// Reasons for a job without results.
const (
	ReasonNoRun        = "no_run"
	ReasonFailed       = "failed"
	ReasonRunning      = "running"
	ReasonUnreadable   = "unreadable"
	ReasonNoResults    = "no_results"
	ReasonAbsentOnSide = "absent_on_side"
)

// HasResultsFile reports whether the job has results that were read from a file,
// not from the store's metrics.
func (j Job) HasResultsFile() bool { return j.Results != nil && j.ResultsFile.Path != "" }

// Source is the provenance of one of the job's scores. A score from the store's
// metrics has the metric's key as its place, in no file.
func (j Job) Source(s Score) Source {
	file := j.ResultsFile
	if s.File != (File{}) {
		file = s.File
	}
	return Source{RunID: j.Run.RunID, Path: file.Path, Key: s.Pointer, SHA256: file.SHA256}
}

// Repeats is how often each question was asked inside the job, as its settings
// say; 1 if they do not.
func (j Job) Repeats() int64 {
	return repeats(j.Settings)
}
