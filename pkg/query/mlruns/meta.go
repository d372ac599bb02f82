package mlruns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/evalctl/evalctl/pkg/query"
)

// scalars are the values of a meta.yaml as they are written there, so that an id
// of digits stays one; without those that are null.
type scalars map[string]string

var (
	errCutShort   = errors.New("cut short: its last line has no end")
	errEmpty      = errors.New("empty")
	errNotMapping = errors.New("no mapping of keys to values")
)

// parseScalars decodes a meta.yaml. A value that is a list or a mapping is an error
// only for the keys that are read: runs have `tags: []` there.
func parseScalars(data []byte, keys []string) (scalars, error) {
	if len(data) == 0 {
		return nil, errEmpty
	}
	// MLflow ends what it writes with a newline, and writes in place.
	if data[len(data)-1] != '\n' {
		return nil, errCutShort
	}
	if values, ok := scanScalars(string(data), keys); ok {
		return values, nil
	}
	return parseWholeYAML(data, keys)
}

// parseWholeYAML is parseScalars for any YAML.
func parseWholeYAML(data []byte, keys []string) (scalars, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("no YAML: %w", err)
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, errNotMapping
	}
	pairs := document.Content[0].Content
	written := make(map[string]*yaml.Node, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		written[pairs[i].Value] = pairs[i+1]
	}
	values := make(scalars, len(keys))
	for _, key := range keys {
		node := written[key]
		switch {
		case node == nil || node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		case node.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("%s is no single value", key)
		default:
			values[key] = node.Value
		}
	}
	return values, nil
}

// scanScalars is [parseScalars] for what MLflow writes nearly always: a line a key,
// with a value that is a plain word or has single quotes around it. It is ten
// times as fast, and a list of runs reads one such file for each there is.
func scanScalars(text string, keys []string) (scalars, bool) {
	values := make(scalars, len(keys))
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		key, value, found := strings.Cut(line, ": ")
		if !found || !consistsOf(key, "abcdefghijklmnopqrstuvwxyz_") {
			return nil, false
		}
		wanted := slices.Contains(keys, key)
		switch {
		case value == "null":
			delete(values, key)
			continue
		case value == "[]" && !wanted:
			continue
		case len(value) > 1 && value[0] == '\'' && value[len(value)-1] == '\'':
			value = value[1 : len(value)-1]
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' || r == '\'' }) {
				return nil, false
			}
		case !isPlain(value):
			return nil, false
		}
		if wanted {
			values[key] = value
		}
	}
	return values, true
}

// isPlain reports whether a value needs no quotes in any YAML and is not null.
func isPlain(value string) bool {
	return consistsOf(value, letters+digits+"/._:@+,=%-") && strings.Contains(letters+digits+"/", value[:1]) &&
		value[len(value)-1] != ':' && !strings.EqualFold(value, "null")
}

// meta is the meta.yaml of a run.
type meta struct {
	id, name, experiment string
	status               string
	start, end           time.Time
	artifactURI          string
	user                 *string // nil: it has none
	deleted              bool
}

var runKeys = [...]string{
	"run_id", "run_uuid", "run_name", "experiment_id", "status", "start_time", "end_time", "artifact_uri", "user_id", "lifecycle_stage",
}

func parseMeta(data []byte) (*meta, error) {
	values, err := parseScalars(data, runKeys[:])
	if err != nil {
		return nil, err
	}
	m := &meta{
		id: values["run_id"], name: values["run_name"], experiment: values["experiment_id"],
		artifactURI: values["artifact_uri"],
	}
	if user, found := values["user_id"]; found {
		m.user = &user
	}
	if m.id == "" {
		m.id = values["run_uuid"] // the name of run_id before 1.0
	}
	if m.deleted, err = isDeleted(values); err != nil {
		return nil, err
	}
	// Keys are in order: what was cut off between two lines ends before user_id.
	if m.user == nil && values["status"] == "" {
		return nil, errors.New("cut short: it has neither status nor user_id")
	}
	if m.status, err = statusOf(values["status"]); err != nil {
		return nil, err
	}
	if m.start, err = moment(values, "start_time"); err != nil {
		return nil, err
	}
	m.end, err = moment(values, "end_time")
	return m, err
}

// isDeleted reads the lifecycle stage; files without one are active.
func isDeleted(values scalars) (bool, error) {
	switch stage := values["lifecycle_stage"]; stage {
	case "", "active":
		return false, nil
	case "deleted":
		return true, nil
	default:
		return false, fmt.Errorf("lifecycle_stage is %s", quoted(stage))
	}
}

// statusOf reads a status: a number (mlflow/protos/service.proto, RunStatus);
// without one MLflow takes a run for running.
func statusOf(text string) (string, error) {
	numbered := [...]string{
		1: query.StatusRunning, 2: query.StatusScheduled, 3: query.StatusFinished, 4: query.StatusFailed, 5: query.StatusKilled,
	}
	if text == "" {
		return query.StatusRunning, nil
	}
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n < len(numbered) {
		return numbered[n], nil
	}
	for _, name := range query.Statuses() {
		if text == name {
			return name, nil
		}
	}
	return "", fmt.Errorf("status is %s", quoted(text))
}

// moment reads milliseconds since 1970; the zero time where there is none.
func moment(values scalars, key string) (time.Time, error) {
	text, found := values[key]
	if !found {
		return time.Time{}, nil
	}
	const lastOf9999 = 253402300799999
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < 0 || ms > lastOf9999 {
		return time.Time{}, fmt.Errorf("%s is %s, not a number of milliseconds", key, quoted(text))
	}
	if ms == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(ms).UTC(), nil
}

// quoted is what a file says, cut to a length that fits a message.
func quoted(text string) string {
	const most = 40
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strconv.Quote(text)
}

// A file that a writer has just emptied is looked at again.
const (
	looks     = 3
	lookAgain = 50 * time.Millisecond
)

// readMeta is readWhole for a meta.yaml.
func (s *Store) readMeta(ctx context.Context, name string, decode func([]byte) error) (found bool, err error) {
	return s.readWhole(ctx, name, maxMeta, decode)
}

// readWhole reads and decodes a file. MLflow writes in place, so that for a moment
// one is empty or cut short; decode is called until it is content, or [looks] times.
// found is false if there is no such file. The error is a [damage] or that of the
// context.
func (s *Store) readWhole(ctx context.Context, name string, limit int64, decode func([]byte) error) (found bool, err error) {
	for look := 1; ; look++ {
		data, found, err := s.read(name, limit)
		if err != nil || !found {
			return false, err
		}
		if err = decode(data); err == nil {
			return true, nil
		}
		if look == looks {
			return true, &damage{name, err}
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return true, query.Stopped(ctx)
		}
	}
}

// runMeta reads the meta.yaml of a run, nil if there is none, and checks that it is
// the one of this folder.
func (s *Store) runMeta(ctx context.Context, experiment, folder string) (*meta, error) {
	name := join(folder, metaFile)
	var m *meta
	found, err := s.readMeta(ctx, name, func(data []byte) (err error) { m, err = parseMeta(data); return err })
	if err != nil || !found {
		return nil, err
	}
	if base := folder[strings.LastIndex(folder, "/")+1:]; m.id != base {
		return nil, damaged(name, "is that of the run %s", quoted(m.id))
	}
	if m.experiment != experiment {
		return nil, damaged(name, "names the experiment %s", quoted(m.experiment))
	}
	return m, nil
}
