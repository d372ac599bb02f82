package rundir

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

// ExecDBFile is where the launcher keeps its job database, below the user's home;
// the variable NEMO_EVALUATOR_EXEC_DB_FILE names another file.
const ExecDBFile = ".nemo-evaluator/exec-db/exec.v1.jsonl"

// OpenExecDB returns the store of the jobs that the launcher's job database lists
// and whose output is on this machine: a line a job, {invocation_id, job_id,
// executor, data {output_dir | remote_rundir_path, hostname, …}, …}, of which the
// last one of a job counts (nemo_evaluator_launcher/common/execdb.py). The error
// is NotFound if there is no such file.
func OpenExecDB(file string) (*Store, error) {
	return openRecords(file, "launcher", func(name string) records { return execDB{name} })
}

// execDB is the launcher's job database.
type execDB struct {
	name string // in the file system
}

// execution is one line of it.
type execution struct {
	Invocation string `json:"invocation_id"`
	Job        string `json:"job_id"`
	Executor   string `json:"executor"`
	Data       struct {
		OutputDir string `json:"output_dir"`
		RemoteDir string `json:"remote_rundir_path"` // of slurm, on Host
		Host      string `json:"hostname"`
	} `json:"data"`
}

// jobs finds the jobs of the database that are on this machine. Those of slurm are
// where it is mounted.
func (db execDB) jobs(ctx context.Context, t tree, search query.Search, aside *asideLog) ([]job, error) {
	if err := query.Stopped(ctx); err != nil {
		return nil, err
	}
	data, err := t.readRecords(db.name)
	if err != nil {
		return nil, err
	}
	var asked []execution
	for _, e := range db.executions(t, data, aside) {
		if mayHold(search, e.Invocation) {
			asked = append(asked, e)
		}
	}
	located, err := each(ctx, asked, func(e execution) (*job, error) { return t.execution(e, aside), nil })
	if err != nil {
		return nil, err
	}
	var found []job
	at := map[string]int{}
	for _, j := range located {
		if j == nil {
			continue
		}
		if i, shared := at[j.dir]; shared { // before 0.2.5, by tasks of one name
			found[i].index = -1
			continue
		}
		at[j.dir] = len(found)
		found = append(found, *j)
	}
	return found, nil
}

// executions decodes the lines, in the order in which jobs first occur.
func (db execDB) executions(t tree, data []byte, aside *asideLog) []execution {
	var all []execution
	at := map[string]int{}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var e execution
		err := json.Unmarshal(line, &e)
		if err == nil && (e.Invocation == "" || e.Job == "" || e.Executor == "") {
			err = errors.New("invocation_id, job_id or executor is missing")
		}
		if err != nil {
			aside.noteUnreadable(fmt.Sprintf("%s line %d", t.show(db.name), number), err)
			continue
		}
		e.Invocation = strings.ToLower(e.Invocation)
		if i, again := at[e.Job]; again {
			all[i] = e
			continue
		}
		at[e.Job] = len(all)
		all = append(all, e)
	}
	return all
}

// execution is the job that a line is about; nil if its output is not here.
func (t tree) execution(e execution, aside *asideLog) *job {
	where := cmp.Or(e.Data.OutputDir, e.Data.RemoteDir, "no directory is recorded")
	if e.Data.Host != "" {
		where = e.Data.Host + ":" + where
	}
	where = e.Executor + ", " + where
	for _, dir := range []string{e.Data.OutputDir, e.Data.RemoteDir} {
		name, ok := t.name(dir)
		if !ok {
			continue
		}
		folder, found, err := t.jobFolder(name)
		if err != nil {
			aside.noteElsewhere(e.Job, where+": "+err.Error())
			return nil
		}
		of := invocationAt(path.Dir(name))
		if !found || of.id != "" && !strings.EqualFold(of.id, e.Invocation) {
			continue
		}
		of.id = e.Invocation
		j := jobAt(of, name, folder)
		if number, ok := strings.CutPrefix(e.Job, e.Invocation+"."); ok {
			if n, err := strconv.Atoi(number); err == nil && consistsOf(number, digits) {
				j.index = n
			}
		}
		return &j
	}
	aside.noteElsewhere(e.Job, where)
	return nil
}
