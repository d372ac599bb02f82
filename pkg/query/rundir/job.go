package rundir

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// maxConfigBytes bounds run_config.yml and metadata.yaml, which have some
// kilobytes; a longer one is not read.
const maxConfigBytes = 16 << 20

// job is a job directory. What its name tells is known from listing its parent;
// the rest is read when it is needed.
type job struct {
	dir        string
	folder     string // of the artifacts, inside dir
	invocation string // "" if the directory above has no id
	task       string // the launcher's name of the task; "" if the directory's name does not tell
	index      int    // position in the invocation's tasks; -1 if unknown
	copied     bool   // another directory stands for the job id

	bundle  string     // the file, for one of nel-next; "" for the launcher's
	nelNext *query.Run // what the bundle says, once it was read

	started  time.Time // zero if unknown
	launcher *nemo.LauncherConfig
}

// jobID is the launcher's id, or nel-next's, or "".
func (j job) jobID() string {
	if j.nelNext != nil {
		return j.nelNext.JobID()
	}
	if j.invocation == "" || j.index < 0 {
		return ""
	}
	return j.invocation + "." + strconv.Itoa(j.index)
}

// runID is the job id, or the job's path where there is none.
func (t tree) runID(j job) string {
	if id := j.jobID(); id != "" && !j.copied {
		return id
	}
	return t.show(path.Join(j.dir, j.bundle))
}

// settle reads what ordering and naming a job need beside its directory's name:
// when it started and, before launcher 0.2.5, which task it is.
func (t tree) settle(j job) (job, error) {
	if j.bundle != "" {
		return t.settleBundle(j)
	}
	text, _, err := t.read(j.dir, path.Join(logsFolder, stageRunning), maxStageBytes)
	if err != nil {
		return j, err
	}
	j.started = stageTime(string(text))
	if j.index >= 0 || j.task == "" {
		return j, nil
	}
	if j.launcher, err = t.launcherConfig(j); err != nil || j.launcher == nil {
		return j, err
	}
	for i, task := range j.launcher.Tasks {
		if task.Name != j.task {
			continue
		}
		if j.index >= 0 { // two tasks of one name shared a directory then
			j.index = -1
			break
		}
		j.index = i
	}
	return j, nil
}

// run reads what the launcher's exporter would have told a tracking server.
// Configurations that are missing or damaged leave the directory's name.
func (t tree) run(j job) (query.Run, error) {
	if j.bundle != "" {
		return t.bundleRun(j), nil
	}
	var err error
	if j.launcher == nil {
		if j.launcher, err = t.launcherConfig(j); err != nil {
			return query.Run{}, err
		}
	}
	launcher := j.launcher
	if launcher == nil {
		launcher = &nemo.LauncherConfig{}
	}
	config, err := t.runConfig(j)
	if err != nil {
		return query.Run{}, err
	}
	status, ended, err := t.status(j)
	if err != nil {
		return query.Run{}, err
	}

	task := j.configured(launcher)
	if config.Type == "" {
		config.Type = task.Name
	}
	if config.FrameworkName == "" {
		config.FrameworkName = task.Harness
	}
	run := query.Run{
		ID:          t.runID(j),
		Name:        runName(j.invocation, config.Type),
		Status:      status,
		StartTime:   j.started,
		EndTime:     ended,
		ArtifactURI: t.show(j.dir),
		Folder:      j.folder,
		Model:       firstOf(config.ModelID, task.ModelID, launcher.ModelID),
		Tags:        map[string]string{},
	}
	for tag, value := range map[string]string{
		query.TagInvocation: j.invocation,
		query.TagJob:        j.jobID(),
		query.TagTask:       config.Type,
		query.TagBenchmark:  config.Type,
		query.TagHarness:    config.FrameworkName,
		query.TagExecutor:   launcher.ExecutionType,
	} {
		if value != "" {
			run.Tags[tag] = value
		}
	}
	return run, nil
}

// configured is the job's entry in the task list, or what its directory's name
// tells of it.
func (j job) configured(launcher *nemo.LauncherConfig) nemo.ConfiguredTask {
	if j.index >= 0 && j.index < len(launcher.Tasks) && launcher.Tasks[j.index].Name == j.task {
		return launcher.Tasks[j.index]
	}
	if j.task == "" && len(launcher.Tasks) == 1 {
		return launcher.Tasks[0]
	}
	task := nemo.ConfiguredTask{Name: j.task}
	if harness, _, dotted := strings.Cut(j.task, "."); dotted {
		task.Harness = harness
	}
	return task
}

// runName is the name that the exporter gives a run by default.
func runName(invocation, task string) string {
	name := "eval"
	for _, part := range []string{invocation, task} {
		if part != "" {
			name += "-" + part
		}
	}
	return name
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

// status derives the run's status and end. Results are written at the very end
// of a successful evaluation, so they decide, whatever a later step did.
func (t tree) status(j job) (status string, ended time.Time, err error) {
	text, exited, err := t.read(j.dir, path.Join(logsFolder, stageExit), maxStageBytes)
	if err != nil {
		return "", time.Time{}, err
	}
	if exited {
		ended = stageTime(string(text))
	}
	finished, err := t.hasFile(j.dir, path.Join(j.folder, resultsFile))
	if err != nil || finished {
		return query.StatusFinished, ended, err
	}
	interrupted, err := t.hasFile(j.dir, path.Join(j.folder, interruptedFile))
	if err == nil && exited && !interrupted && exitedWell(string(text)) {
		return query.StatusFinished, ended, nil // and its results are gone
	}
	if err != nil || interrupted || exited {
		return query.StatusFailed, ended, err
	}
	for _, stage := range stageFiles {
		reached, err := t.hasFile(j.dir, path.Join(logsFolder, stage))
		if err != nil || reached {
			return query.StatusRunning, time.Time{}, err
		}
	}
	return query.StatusFailed, time.Time{}, nil
}

// launcherConfig decodes metadata.yaml; nil if it is missing or damaged.
func (t tree) launcherConfig(j job) (*nemo.LauncherConfig, error) {
	data, ok, err := t.read(j.dir, path.Join(j.folder, metadataFile), maxConfigBytes)
	if err != nil || !ok {
		return nil, err
	}
	if config, err := nemo.ParseLauncherConfig(data); err == nil {
		return &config, nil
	}
	return nil, nil // whoever needs the tasks reads the file and says what is wrong
}

// runConfig decodes run_config.yml; empty if it is missing or damaged.
func (t tree) runConfig(j job) (nemo.RunConfig, error) {
	data, ok, err := t.read(j.dir, path.Join(j.folder, runConfigFile), maxConfigBytes)
	if err != nil || !ok {
		return nemo.RunConfig{}, err
	}
	if config, err := nemo.ParseRunConfig(data); err == nil {
		return config, nil
	}
	return nemo.RunConfig{}, nil
}
