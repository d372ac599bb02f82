package fakemlflow

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// answer is what goes back.
type answer struct {
	status int
	kind   string // Content-Type
	body   string
}

func (a answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write([]byte(a.body))
}

// object is a JSON object of the API.
type object map[string]any

func ok(v object) answer {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ") // as MLflow
	if err := encoder.Encode(v); err != nil {
		return failure(http.StatusInternalServerError, "INTERNAL_ERROR", err.Error())
	}
	return answer{http.StatusOK, "application/json", strings.TrimSpace(body.String())}
}

func failure(status int, code, message string) answer {
	class := code
	if code == "RESOURCE_DOES_NOT_EXIST" {
		class = "RESOURCE_NOT_FOUND"
	}
	a := ok(object{"error_code": code, "message": message, "sqlstate": "KAM00", "error_class": class})
	a.status = status
	return a
}

func invalid(format string, args ...any) answer {
	return failure(http.StatusBadRequest, "INVALID_PARAMETER_VALUE", fmt.Sprintf(format, args...))
}

func missing(format string, args ...any) answer {
	return failure(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", fmt.Sprintf(format, args...))
}

var noRoute = answer{http.StatusNotFound, "text/html; charset=utf-8", "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n"}

const proxyRoute = "/api/2.0/mlflow-artifacts/artifacts/"

// answer routes a request. The caller holds the lock.
func (s *Server) answer(r *http.Request, body []byte) answer {
	route, found := strings.CutPrefix(r.URL.Path, s.prefix)
	if !found {
		return noRoute
	}
	values := r.URL.Query()
	if file, below := strings.CutPrefix(route, proxyRoute); below && r.Method == http.MethodGet {
		return s.proxied(file)
	}
	switch r.Method + " " + route {
	case "GET /version":
		return answer{http.StatusOK, "text/html; charset=utf-8", "3.17.2"}
	case "GET /health":
		return answer{http.StatusOK, "text/html; charset=utf-8", "OK"}
	case "POST /api/2.0/mlflow/experiments/search":
		return withBody(r, body, s.searchExperiments)
	case "GET /api/2.0/mlflow/experiments/get":
		return s.experiment(values.Get("experiment_id"))
	case "POST /api/2.0/mlflow/runs/search":
		return withBody(r, body, s.searchRuns)
	case "GET /api/2.0/mlflow/runs/get":
		return s.withRun(values, func(run Run) answer { return ok(object{"run": run.object()}) })
	case "GET /api/2.0/mlflow/artifacts/list":
		return s.withRun(values, func(run Run) answer { return run.list(values.Get("path")) })
	case "GET /get-artifact":
		return s.withRun(values, func(run Run) answer { return run.file(values.Get("path")) })
	}
	return noRoute
}

func withBody[T any](r *http.Request, body []byte, answer func(T) answer) answer {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return invalid("Bad Request. Content-Type header is missing.")
	}
	var args T
	if err := json.Unmarshal(body, &args); err != nil {
		return failure(http.StatusBadRequest, "BAD_REQUEST", "Malformed JSON request")
	}
	return answer(args)
}

type experimentsArgs struct {
	ViewType   string `json:"view_type"`
	MaxResults int    `json:"max_results"`
	Token      string `json:"page_token"`
}

func (s *Server) searchExperiments(args experimentsArgs) answer {
	if args.MaxResults < 1 || args.MaxResults > 50_000 {
		return invalid("Invalid value %d for parameter 'max_results' supplied. It must be a positive integer", args.MaxResults)
	}
	var all []object
	for _, e := range slices.Backward(s.experiments) {
		if !e.Deleted || args.ViewType == "ALL" {
			all = append(all, e.object())
		}
	}
	return page("experiments", all, args.MaxResults, args.Token)
}

func (s *Server) experiment(id string) answer {
	for _, e := range s.experiments {
		if e.ID == id {
			return ok(object{"experiment": e.object()})
		}
	}
	return missing("No Experiment with id=%s exists", id)
}

func (e Experiment) object() object {
	return object{
		"experiment_id":     e.ID,
		"name":              e.Name,
		"artifact_location": "mlflow-artifacts:/" + e.ID,
		"lifecycle_stage":   lifecycle(e.Deleted),
		"creation_time":     1_760_000_000_000,
		"last_update_time":  1_760_000_000_000,
		"workspace":         "default",
	}
}

func lifecycle(deleted bool) string {
	if deleted {
		return "deleted"
	}
	return "active"
}

type runsArgs struct {
	Experiments []string `json:"experiment_ids"`
	Filter      string   `json:"filter"`
	ViewType    string   `json:"run_view_type"`
	MaxResults  *int     `json:"max_results"`
	Token       string   `json:"page_token"`
}

// searchRuns knows one order, which is MLflow's own.
func (s *Server) searchRuns(args runsArgs) answer {
	size := 1000
	if args.MaxResults != nil {
		size = *args.MaxResults
	}
	if size < 1 || size > 50_000 {
		return invalid("Invalid value %d for parameter 'max_results' supplied", size)
	}
	matches, wrong := parseFilter(args.Filter)
	if s.old && strings.Contains(args.Filter, " IS NULL") {
		wrong = args.Filter
	}
	if wrong != "" {
		return invalid("Invalid clause(s) in filter string: '%s'", wrong)
	}
	var found []Run
	for _, run := range s.runs {
		wanted := run.Deleted == (args.ViewType == "DELETED_ONLY") || args.ViewType == "ALL"
		if wanted && slices.Contains(args.Experiments, run.ExperimentID) && matches(run) {
			found = append(found, run)
		}
	}
	slices.SortFunc(found, func(a, b Run) int {
		return cmp.Or(cmp.Compare(b.StartTime, a.StartTime), cmp.Compare(a.ID, b.ID))
	})
	all := make([]object, len(found))
	for i, run := range found {
		all[i] = run.object()
	}
	return page("runs", all, size, args.Token)
}

// page cuts a list; MLflow's tokens are offsets too.
func page(name string, all []object, size int, token string) answer {
	from := 0
	if token != "" {
		text, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			return invalid("Invalid page token, could not base64-decode")
		}
		var at struct {
			Offset int `json:"offset"`
		}
		if err := json.Unmarshal(text, &at); err != nil || at.Offset < 1 {
			return invalid("Invalid page token, parsed value=%s", text)
		}
		from = min(at.Offset, len(all))
	}
	to := min(from+size, len(all))
	result := object{}
	if from < to {
		result[name] = all[from:to]
	}
	if to < len(all) {
		result["next_page_token"] = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"offset": %d}`, to))
	}
	return ok(result)
}

func (r Run) object() object {
	info := object{
		"run_id":          r.ID,
		"run_uuid":        r.ID,
		"run_name":        r.Name,
		"experiment_id":   r.ExperimentID,
		"user_id":         "someone",
		"status":          r.Status,
		"start_time":      r.StartTime,
		"artifact_uri":    r.ArtifactURI,
		"lifecycle_stage": lifecycle(r.Deleted),
	}
	if r.EndTime != 0 {
		info["end_time"] = r.EndTime
	}
	data := object{}
	if len(r.Metrics) > 0 {
		var metrics []object
		for _, key := range sortedKeys(r.Metrics) {
			metrics = append(metrics, object{"key": key, "value": number(r.Metrics[key]), "timestamp": r.StartTime, "step": 0})
		}
		data["metrics"] = metrics
	}
	if len(r.Params) > 0 {
		data["params"] = pairs(r.Params)
	}
	tags := map[string]string{"mlflow.runName": r.Name}
	for key, value := range r.Tags {
		tags[key] = value
	}
	data["tags"] = pairs(tags)
	return object{"info": info, "data": data, "inputs": object{}, "outputs": object{}}
}

// number is a metric as a SQL store gives it back.
func number(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return math.MaxFloat64
	case math.IsInf(f, -1):
		return -math.MaxFloat64
	}
	return f
}

func pairs(m map[string]string) []object {
	var list []object
	for _, key := range sortedKeys(m) {
		list = append(list, object{"key": key, "value": m[key]})
	}
	return list
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (s *Server) withRun(values url.Values, answer func(Run) answer) answer {
	id := values.Get("run_id")
	for _, run := range s.runs {
		if run.ID == id {
			return answer(run)
		}
	}
	return missing("Run with id=%s not found", id)
}

// list is one level of the run's files; a file or nothing gives no entries.
func (r Run) list(dir string) answer {
	if unsafe(dir) {
		return invalid("Invalid path")
	}
	entries := make(map[string]object)
	for file, content := range r.Files {
		rest := file
		if dir != "" {
			var below bool
			if rest, below = strings.CutPrefix(file, dir+"/"); !below {
				continue
			}
		}
		name, _, isDir := strings.Cut(rest, "/")
		entry := object{"path": path.Join(dir, name), "is_dir": isDir}
		if !isDir && content != "" {
			entry["file_size"] = len(content)
		}
		entries[name] = entry
	}
	result := object{"root_uri": r.ArtifactURI}
	if len(entries) > 0 {
		var files []object
		for _, name := range sortedKeys(entries) {
			files = append(files, entries[name])
		}
		result["files"] = files
	}
	return ok(result)
}

func (r Run) file(name string) answer {
	at := strings.TrimPrefix(r.ArtifactURI, "mlflow-artifacts:/") + "/" + name
	if unsafe(name) {
		return invalid("Invalid path")
	}
	if content, found := r.Files[name]; found {
		return answer{http.StatusOK, contentType(name), content}
	}
	if r.isDir(name) {
		return invalid("Artifact path refers to a directory, not a file: '%s'", at)
	}
	return missing("No such artifact: '%s'", at)
}

func (r Run) isDir(name string) bool {
	for file := range r.Files {
		if strings.HasPrefix(file, name+"/") {
			return true
		}
	}
	return false
}

// proxied is the route by path, which finds only what lies under the server's
// own root.
func (s *Server) proxied(file string) answer {
	if unsafe(file) {
		return invalid("Invalid path")
	}
	for _, run := range s.runs {
		root := run.ExperimentID + "/" + run.ID + "/artifacts/"
		if name, below := strings.CutPrefix(file, root); below {
			if run.isDir(name) { // another framework serves this route
				a := ok(object{"detail": "Artifact path refers to a directory, not a file: '" + file + "'"})
				a.status = http.StatusBadRequest
				return a
			}
			return run.file(name)
		}
	}
	return missing("No such artifact: '%s'", file)
}

func unsafe(name string) bool {
	return strings.ContainsAny(name, "#\\") || strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..")
}

// contentType is what MLflow guesses from a name.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".yml", ".yaml", ".json", ".jsonl", ".txt", ".log", ".csv", ".md", ".html":
		return "text/plain"
	}
	return "application/octet-stream"
}
