package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// patience is how long a server may take to answer. An idle machine needs three
// seconds, one that compiles on every core much longer.
const patience = 3 * time.Minute

// Server is a running MLflow server on the loopback interface.
type Server struct {
	URL string // without a trailing slash
	Dir string // the store: mlflow.db and mlartifacts; with Shapes also key.json

	// lifeline is the pipe that serve.py watches. It must stay reachable: the
	// garbage collector closes files that are not.
	lifeline io.Closer
	exited   <-chan error
	log      *os.File
}

// Version is a release of MLflow.
type Version string

// Versions that servers can be: what is current, and the last of the 2.x that
// teams still run, with another web server and other routes for files.
const (
	MLflow3 Version = "3.17.2"
	MLflow2 Version = "2.22.5"
)

// Versions are all of them.
func Versions() []Version { return []Version{MLflow3, MLflow2} }

// requirements is the list of what a server of this version is installed from.
func (v Version) requirements() string {
	if v == MLflow2 {
		return "requirements-mlflow2.txt"
	}
	return "requirements.txt"
}

// Setup says which server to start. The zero value is a current one that holds
// test/data.
type Setup struct {
	Version     Version  // "" is MLflow3
	Content     Content  // what it holds
	Workers     int      // processes; 0 is 1, MLflow's own default is 4
	Environment []string // further variables, NAME=VALUE
	Options     []string // further options of `mlflow server`; a static prefix becomes part of the URL
}

// Start runs a server on a private copy of the filled store. It stops, and the copy
// goes away, when ctx ends, with [Server.Close], or when this process ends, however
// it ends.
func Start(ctx context.Context, setup Setup) (*Server, error) {
	setup.Version = cmp.Or(setup.Version, MLflow3)
	setup.Workers = cmp.Or(setup.Workers, 1)
	interpreter, err := environment(ctx, setup.Version.requirements())
	if err != nil {
		return nil, err
	}
	filled, err := template(ctx, interpreter, setup.Content)
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "evalctl-mlflow-")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(home, os.DirFS(filled)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	s, err := launch(ctx, interpreter, home, setup.Workers, setup.Environment, append([]string{"--remove", "--"}, setup.Options...)...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return s, nil
}

// launch starts serve.py on the store in home and waits until the server answers.
func launch(ctx context.Context, interpreter, home string, workers int, environment []string, options ...string) (*Server, error) {
	tests, err := folder()
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(home, "server.log"))
	if err != nil {
		return nil, err
	}
	args := append([]string{filepath.Join(tests, "stack", "serve.py"), home, port, strconv.Itoa(workers)}, options...)
	cmd := command(ctx, interpreter, args...)
	cmd.Env = append(cmd.Env, environment...)
	// A file, not our own streams: `go test` waits until nobody holds those.
	cmd.Stdout, cmd.Stderr = log, log
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	cmd.Cancel = lifeline.Close
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()

	root := "http://127.0.0.1:" + port
	url := root
	if at := slices.Index(options, "--static-prefix"); at >= 0 {
		url += options[at+1]
	}
	s := &Server{URL: url, Dir: home, lifeline: lifeline, exited: exited, log: log}
	if err := s.await(ctx, root); err != nil {
		said := s.said()
		return nil, errors.Join(fmt.Errorf("start MLflow: %w", err), errors.New(said), s.Close())
	}
	return s, nil
}

// Close stops the server and waits until it is gone.
func (s *Server) Close() error {
	err := s.lifeline.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil // the server ended before
	}
	return errors.Join(err, <-s.exited, s.log.Close())
}

// await polls until the server is healthy. It says so below its static prefix or,
// before 3.0, at its root.
func (s *Server) await(ctx context.Context, root string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if healthy(ctx, s.URL) || healthy(ctx, root) {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-s.exited:
			closed := make(chan error)
			close(closed)
			s.exited = closed // for Close
			return fmt.Errorf("it ended at once: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("no answer after %v: %w", patience, ctx.Err())
		}
	}
}

func healthy(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/health", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// said is the end of the server's log.
func (s *Server) said() string {
	text, err := io.ReadAll(io.NewSectionReader(s.log, 0, 1<<20))
	if err != nil {
		return err.Error()
	}
	return tail(string(text))
}

// freePort finds a port for a server that cannot choose one by itself. A
// connection through it, closed from the listening end, leaves the port in
// TIME-WAIT: for a minute the kernel gives it to nobody who asks for any port,
// while a server that asks for this one, with SO_REUSEADDR, gets it.
func freePort(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	client, err := (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return "", err
	}
	defer client.Close()
	accepted, err := listener.Accept()
	if err != nil {
		return "", err
	}
	if err := accepted.Close(); err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}
