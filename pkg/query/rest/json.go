package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/evalctl/evalctl/pkg/query"
)

// The answers of the API, as far as they are read: mlflow/protos/service.proto.
// Unset fields and empty lists are left out by servers.

type experimentsPage struct {
	Experiments []experiment `json:"experiments"`
	Token       string       `json:"next_page_token"`
}

type experimentAnswer struct {
	Experiment experiment `json:"experiment"`
}

type experiment struct {
	ID        text   `json:"experiment_id"`
	Name      string `json:"name"`
	Lifecycle string `json:"lifecycle_stage"`
}

type runsPage struct {
	Runs  []run  `json:"runs"`
	Token string `json:"next_page_token"`
}

type runAnswer struct {
	Run run `json:"run"`
}

type run struct {
	Info struct {
		ID           string  `json:"run_id"`
		UUID         string  `json:"run_uuid"` // the name of run_id before 1.0
		Name         string  `json:"run_name"`
		ExperimentID text    `json:"experiment_id"`
		Status       string  `json:"status"`
		StartTime    integer `json:"start_time"`
		EndTime      integer `json:"end_time"`
		ArtifactURI  string  `json:"artifact_uri"`
		Lifecycle    string  `json:"lifecycle_stage"`
	} `json:"info"`
	Data struct {
		Metrics []struct {
			Key   string  `json:"key"`
			Value *double `json:"value"`
		} `json:"metrics"`
		Params []pair `json:"params"`
		Tags   []pair `json:"tags"`
	} `json:"data"`
}

type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type filesPage struct {
	Files []file `json:"files"`
	Token string `json:"next_page_token"`
}

type file struct {
	Path  string  `json:"path"`
	IsDir bool    `json:"is_dir"`
	Size  integer `json:"file_size"`
}

// text is an id, which some servers send as a number.
type text string

// UnmarshalJSON takes a string or an integer.
func (t *text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	var n *int64
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	if n != nil {
		*t = text(strconv.FormatInt(*n, 10))
	}
	return nil
}

// integer is an int64: a number in MLflow, a string in the standard encoding of
// protocol buffers.
type integer int64

// UnmarshalJSON takes a number or a string.
func (w *integer) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	data = bytes.Trim(data, `"`)
	n, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is no integer", data)
	}
	*w = integer(n)
	return nil
}

// double is a float64 that may not be finite: those are the strings NaN,
// Infinity and -Infinity, and SQL stores keep an infinity as the largest number.
type double float64

// UnmarshalJSON takes a number or a string.
func (d *double) UnmarshalJSON(data []byte) error {
	data = bytes.Trim(data, `"`)
	f, err := strconv.ParseFloat(string(data), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%s is no number", data)
	}
	switch f {
	case math.MaxFloat64:
		f = math.Inf(1)
	case -math.MaxFloat64:
		f = math.Inf(-1)
	}
	*d = double(f)
	return nil
}

var (
	errEmpty     = errors.New("the answer is empty")
	errNotObject = errors.New("the answer is no JSON object")
)

// object reports whether body can be a JSON object, as every answer is.
func object(body []byte) error {
	switch body = bytes.TrimSpace(body); {
	case len(body) == 0:
		return errEmpty
	case body[0] != '{':
		return errNotObject
	}
	return nil
}

// Ids as MLflow allows them (mlflow/utils/validation.py). They come from a
// server and go into addresses, so they are checked on arrival.
const (
	longestRunID        = 256
	longestExperimentID = 64
)

func isRunID(id string) bool        { return isID(id, longestRunID) }
func isExperimentID(id string) bool { return isID(id, longestExperimentID) }

// isID reports whether id begins with a letter or digit and goes on with those,
// "_" and "-".
func isID(id string, longest int) bool {
	const first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return id != "" && len(id) <= longest && strings.Contains(first, id[:1]) && strings.Trim(id, first+"_-") == ""
}

func (e experiment) decode() (query.Experiment, error) {
	if !isExperimentID(string(e.ID)) {
		return query.Experiment{}, fmt.Errorf("%q is no experiment id", clip(string(e.ID)))
	}
	return query.Experiment{ID: string(e.ID), Name: e.Name, Deleted: e.Lifecycle == "deleted"}, nil
}

// decode makes a run of an answer. The experiment's name is not in it.
func (r run) decode() (query.Run, error) {
	info := r.Info
	if info.ID == "" {
		info.ID = info.UUID
	}
	if !isRunID(info.ID) {
		return query.Run{}, fmt.Errorf("%q is no run id", clip(info.ID))
	}
	if !isExperimentID(string(info.ExperimentID)) {
		return query.Run{}, fmt.Errorf("run %s: %q is no experiment id", info.ID, clip(string(info.ExperimentID)))
	}
	decoded := query.Run{
		ID:           info.ID,
		Name:         info.Name,
		ExperimentID: string(info.ExperimentID),
		Status:       info.Status,
		StartTime:    milliseconds(info.StartTime),
		EndTime:      milliseconds(info.EndTime),
		ArtifactURI:  info.ArtifactURI,
		Deleted:      info.Lifecycle == "deleted",
		Tags:         mapped(r.Data.Tags),
		Params:       mapped(r.Data.Params),
		Metrics:      make(map[string]float64, len(r.Data.Metrics)),
	}
	for _, m := range r.Data.Metrics {
		if m.Value != nil {
			decoded.Metrics[m.Key] = float64(*m.Value)
		}
	}
	if decoded.Name == "" {
		decoded.Name = decoded.Tags["mlflow.runName"] // all that servers up to 1.29 keep
	}
	decoded.Folder = folder(decoded.Tags)
	decoded.Model = query.ModelOf(decoded.Tags, decoded.Params)
	return decoded, nil
}

func mapped(pairs []pair) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, p := range pairs {
		m[p.Key] = p.Value
	}
	return m
}

// folder is [query.FolderOf], unless no server would take it for a path.
func folder(tags map[string]string) string {
	guess := query.FolderOf(tags)
	if guess == "" || validPath(guess) != nil {
		return ""
	}
	return guess
}

// milliseconds is a time since 1970; the zero time where there is none, or none
// that a calendar has.
func milliseconds(ms integer) time.Time {
	const lastOf9999 = 253402300799999
	if ms <= 0 || ms > lastOf9999 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// clip shortens what a message quotes.
func clip(s string) string { return oneLine(s[:min(len(s), 80)]) }
