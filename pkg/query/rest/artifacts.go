package rest

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/evalctl/evalctl/pkg/query"
)

const proxyPath = "/api/2.0/mlflow-artifacts/artifacts/"

// List returns one level of a run's files. The server cannot tell an empty
// folder from a file or from nothing.
func (s *Store) List(ctx context.Context, run query.Run, dir string) ([]query.File, error) {
	if !isRunID(run.ID) {
		return nil, notThere(run, dir, errors.New("the run's id is none that MLflow gives"))
	}
	dir = strings.TrimSuffix(dir, "/")
	values := url.Values{"run_id": {run.ID}}
	if dir != "" {
		if err := validPath(dir); err != nil {
			return nil, notThere(run, dir, err)
		}
		values.Set("path", dir)
	}
	byPath := make(map[string]query.File)
	tokens := make(map[string]bool)
	for {
		var page filesPage
		if err := s.get(ctx, "artifacts/list", values, &page); err != nil {
			return nil, elsewhere(run, err)
		}
		for _, f := range page.Files {
			if below(dir, f.Path) {
				byPath[f.Path] = query.File{Path: f.Path, IsDir: f.IsDir, Size: max(int64(f.Size), 0)}
			}
		}
		if len(page.Files) == 0 || page.Token == "" || tokens[page.Token] {
			break
		}
		tokens[page.Token] = true
		values.Set("page_token", page.Token)
	}
	if self, ok := byPath[dir+"/"+path.Base(dir)]; ok && len(byPath) == 1 && !self.IsDir {
		return nil, nil // some servers list a file as itself
	}
	files := make([]query.File, 0, len(byPath))
	for _, f := range byPath {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b query.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// below reports whether file is an entry of dir. Anything else in a listing is
// not to be trusted as a path.
func below(dir, file string) bool {
	parent, _ := path.Split(file)
	return validPath(file) == nil && strings.TrimSuffix(parent, "/") == dir
}

var (
	errHash    = errors.New("MLflow serves no path with a # in it")
	errOutside = errors.New("not a path below the run")
)

// validPath reports why a path within a run can never be served, as
// mlflow/utils/uri.py has it.
func validPath(p string) error {
	if strings.Contains(p, "#") {
		return errHash
	}
	if strings.ContainsAny(p, "\\\x00") {
		return errOutside
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == "" || part == "." || part == ".." {
			return errOutside
		}
	}
	return nil
}

func notThere(run query.Run, file string, err error) *query.Error {
	return &query.Error{Code: query.NotFound, Message: fmt.Sprintf("run %s has no file %s", clip(run.ID), oneLine(file)), Err: err}
}

// route is one way to a file.
type route struct {
	address string
	name    string // what it has in common with the routes to other files
}

// Open reads one file of a run, by the route that its artifact URI asks for. A
// server may not serve that one; then the other is tried.
func (s *Store) Open(ctx context.Context, run query.Run, file string) (query.Content, error) {
	if err := validPath(file); err != nil {
		return query.Content{}, notThere(run, file, err)
	}
	routes, err := s.routes(run, file)
	if err != nil {
		return query.Content{}, notThere(run, file, err)
	}
	var failed *routeError
	for _, r := range routes {
		content, err := s.fetch(ctx, run, file, r)
		if failed != nil && failed.lasting && (err == nil || err.Code == query.NotFound) {
			s.unserved.Store(failed.route, true)
		}
		if err == nil {
			return content, nil
		}
		// A server that says nothing of use does not hide what the other route said.
		if failed == nil || failed.Code == query.Uncertain || !err.elsewhere && err.Code != query.Uncertain {
			failed = err
		}
		if !err.elsewhere {
			break
		}
	}
	return query.Content{}, elsewhere(run, failed.Error)
}

// elsewhere says of a server that breaks over the files of a run, where it keeps
// none of them itself, what that may be about: the server reads them with its own
// credentials, and mostly gives no reason.
func elsewhere(run query.Run, err error) error {
	said, ok := errors.AsType[*answerError](err)
	scheme, _, _ := strings.Cut(run.ArtifactURI, "://")
	if e, known := errors.AsType[*query.Error](err); ok && known && said.status == http.StatusInternalServerError && !served(scheme) {
		explained := *e
		explained.Message = fmt.Sprintf("the server cannot read the files of run %s, which are at %s: %s", clip(run.ID), oneLine(run.ArtifactURI), e.Message)
		explained.Hint = "it needs credentials for " + scheme + "://, or to run with --serve-artifacts and to hold the files itself; evalctl reads files through it only.\n" +
			"mlflow artifacts download --run-id " + clip(run.ID) + " --dst-path DIR   fetches them with your own credentials;\n" +
			"then ./DIR is a selector"
		return &explained
	}
	return err
}

// served reports whether files with such addresses are the server's own to give.
func served(scheme string) bool {
	return slices.Contains([]string{"mlflow-artifacts", "http", "https", "file"}, strings.ToLower(scheme)) ||
		len(scheme) < 2 || strings.ContainsAny(scheme, `:/\`) // a path, or a drive
}

// routes are the ways to a file, the likeliest first.
func (s *Store) routes(run query.Run, file string) ([]route, error) {
	if !isRunID(run.ID) {
		return nil, errors.New("the run's id is none that MLflow gives")
	}
	byRun := route{s.URI() + "/get-artifact?run_id=" + escape(run.ID) + "&path=" + escape(file), "get-artifact"}
	routes := []route{byRun}
	scheme, rest, _ := strings.Cut(run.ArtifactURI, ":")
	switch strings.ToLower(scheme) {
	case "mlflow-artifacts":
		host, root := "", rest
		if after, ok := strings.CutPrefix(rest, "//"); ok {
			host, root, _ = strings.Cut(after, "/")
		}
		segments, err := escapePath(root, file)
		if err != nil {
			return nil, err
		}
		server := *s.base
		if host = host[strings.LastIndex(host, "@")+1:]; host != "" {
			server.Host = host // the scheme and the prefix stay, as in MLflow's client
		}
		routes = []route{{server.String() + proxyPath + segments, "proxy " + server.Host}, byRun}
	case "http", "https":
		u, err := url.Parse(run.ArtifactURI)
		if err != nil || u.Hostname() == "" {
			return nil, errors.New("the run's artifact address cannot be read")
		}
		segments, err := escapePath(u.Path, file)
		if err != nil {
			return nil, err
		}
		direct := url.URL{Scheme: u.Scheme, Host: u.Host}
		address := direct.String() + "/" + segments
		if u.RawQuery != "" {
			address += "?" + u.RawQuery
		}
		routes = []route{{address, "direct " + u.Host}, byRun}
	default:
		// The proxy serves by path what the server has set up as its default root,
		// of which an own root is known by its end.
		end := run.ExperimentID + "/" + run.ID + "/artifacts"
		if strings.HasSuffix(run.ArtifactURI, "/"+end) {
			if segments, err := escapePath(end, file); err == nil {
				routes = append(routes, route{s.URI() + proxyPath + segments, "proxy " + s.base.Host})
			}
		}
	}
	slices.SortStableFunc(routes, func(a, b route) int { return s.refuses(a) - s.refuses(b) })
	return routes, nil
}

// refuses is 1 for a route that is known not to be served, where the other is.
func (s *Store) refuses(r route) int {
	if _, ok := s.unserved.Load(r.name); ok {
		return 1
	}
	return 0
}

// escape writes text so that it is one segment of a path or one value of a
// query: a space is %20 and a plus %2B in both.
func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// escapePath joins a root, as it stands in a URI, and a file below it.
func escapePath(root, file string) (string, error) {
	if plain, err := url.PathUnescape(root); err == nil {
		root = plain
	}
	joined := strings.Trim(root, "/")
	if joined != "" {
		joined += "/"
	}
	joined += file
	if err := validPath(joined); err != nil {
		return "", fmt.Errorf("the run's artifact address: %w", err)
	}
	segments := strings.Split(joined, "/")
	for i, segment := range segments {
		segments[i] = escape(segment)
	}
	return strings.Join(segments, "/"), nil
}

// routeError says whether another route can do better.
type routeError struct {
	*query.Error
	route     string // its name
	elsewhere bool   // this route is not served here
	lasting   bool   // nor is it for any other file
}

// fetch opens a file by one route.
func (s *Store) fetch(ctx context.Context, run query.Run, file string, r route) (query.Content, *routeError) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.address, nil)
	if err != nil {
		return query.Content{}, &routeError{Error: notThere(run, file, errors.New("the run's artifact address cannot be read"))}
	}
	foreign := !sameServer(s.base, req.URL)
	// Without it net/http decompresses on the way and forgets the length.
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := s.files.Do(req)
	if err != nil {
		other := foreign && ctx.Err() == nil
		return query.Content{}, &routeError{Error: s.failure(err), route: r.name, elsewhere: other, lasting: other}
	}
	if resp.StatusCode == http.StatusOK {
		if isPage(resp) && !isPageName(file) {
			discard(resp)
			e := s.loginPage(address(resp.Request.URL))
			return query.Content{}, &routeError{Error: e, route: r.name, elsewhere: foreign, lasting: foreign}
		}
		body := &transfer{ReadCloser: resp.Body, store: s, path: file, size: resp.ContentLength}
		return query.Content{ReadCloser: body, Size: resp.ContentLength}, nil
	}
	defer resp.Body.Close()
	failed := s.fileRefusal(resp, run, file, foreign)
	failed.route = r.name
	return query.Content{}, failed
}

// fileRefusal is what a status other than 200 means on a route to a file.
func (s *Store) fileRefusal(resp *http.Response, run query.Run, file string, foreign bool) *routeError {
	said := read(resp)
	e := &routeError{Error: s.refused(resp, said)}
	gone := notThere(run, file, said)
	switch said.status {
	case http.StatusBadRequest:
		e.Error = gone // a folder, or a path that the server refuses
	case http.StatusNotFound:
		if said.known() {
			e.Error = gone
			break
		}
		// The route may be missing as well as the file.
		e.Code, e.elsewhere = query.Uncertain, true
	case http.StatusInternalServerError:
		e.Code = query.Uncertain
	case http.StatusServiceUnavailable:
		if strings.Contains(strings.ToLower(said.message), "disabled") {
			e.Code, e.elsewhere, e.lasting = query.IO, true, true
			e.Hint = "the server runs without serving artifacts (--no-serve-artifacts)"
		}
	case http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusConflict:
		e.elsewhere, e.lasting = true, true
	case http.StatusUnauthorized, http.StatusForbidden:
		// The tracking server may read with its own credentials what that host
		// does not show to strangers.
		e.elsewhere, e.lasting = foreign, foreign
	}
	return e
}

func isPage(resp *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// isPageName reports whether a file may be HTML, as a harness's report is.
func isPageName(file string) bool {
	ext := strings.ToLower(path.Ext(file))
	return ext == ".html" || ext == ".htm" || ext == ".xhtml"
}
