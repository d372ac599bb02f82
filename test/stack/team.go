package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Access is how a server of a [Team] hands out the files of runs.
type Access string

// Ways of access.
const (
	Proxied Access = "proxied" // it fetches them from S3 for its clients, which is MLflow's default
	Direct  Access = "direct"  // --no-serve-artifacts: runs name s3:// addresses; it reads them for its own pages only
	Blind   Access = "blind"   // as Direct, and it has no credentials for S3 either
)

// Team is what stands behind the servers of a team: PostgreSQL and an S3 API, on
// the loopback interface, which hold what test/load makes of test/data.
type Team struct {
	services     *Server
	postgres, s3 string // ports
}

// team is one a test process, as the server of [MLflow] is; so are its servers.
var (
	team        = sync.OnceValues(func() (*Team, error) { return StartTeam(context.Background()) })
	teamServers = map[Access]func() (*Server, error){
		Proxied: sync.OnceValues(func() (*Server, error) { return teamServer(Proxied) }),
		Direct:  sync.OnceValues(func() (*Server, error) { return teamServer(Direct) }),
		Blind:   sync.OnceValues(func() (*Server, error) { return teamServer(Blind) }),
	}
)

func teamServer(access Access) (*Server, error) {
	t, err := team()
	if err != nil {
		return nil, err
	}
	return t.Serve(context.Background(), access)
}

// TeamMLflow returns the base URL of an MLflow server over PostgreSQL and S3 that
// holds test/data. It lives until the test process ends and is shared by all tests
// of the process.
func TeamMLflow(tb testing.TB, access Access) string {
	tb.Helper()
	s, err := teamServers[access]()
	if err != nil {
		tb.Fatalf("the MLflow server over PostgreSQL and S3 that this test needs: %v", err)
	}
	return s.URL
}

// StartTeam starts PostgreSQL and the S3 API on a private copy of the filled ones.
// They stop, and the copy goes away, when ctx ends, with [Team.Close], or when this
// process ends, however it ends.
func StartTeam(ctx context.Context) (*Team, error) {
	interpreter, err := Interpreter(ctx)
	if err != nil {
		return nil, err
	}
	filled, err := teamTemplate(ctx, interpreter)
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "evalctl-team-")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(home, os.DirFS(filled)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	t, err := startServices(ctx, interpreter, home, "--remove")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return t, nil
}

// Close stops PostgreSQL and the S3 API; servers are closed before.
func (t *Team) Close() error { return t.services.Close() }

// Serve starts an MLflow server over the team's PostgreSQL and S3.
func (t *Team) Serve(ctx context.Context, access Access) (*Server, error) {
	interpreter, err := Interpreter(ctx)
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "evalctl-mlflow-")
	if err != nil {
		return nil, err
	}
	s, err := launch(ctx, interpreter, home, 1, t.environment(access), append([]string{"--remove", "--"}, t.options(access)...)...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return s, nil
}

func (t *Team) options(access Access) []string {
	database, options := "direct", []string{"--no-serve-artifacts", "--default-artifact-root", "s3://mlflow"}
	if access == Proxied {
		database, options = "proxied", []string{"--artifacts-destination", "s3://mlflow"}
	}
	return append(options, "--backend-store-uri", "postgresql+psycopg2://postgres@127.0.0.1:"+t.postgres+"/"+database)
}

// environment is what a server needs to reach S3, and nothing of its user's own.
func (t *Team) environment(access Access) []string {
	environment := []string{
		"MLFLOW_S3_ENDPOINT_URL=http://127.0.0.1:" + t.s3, "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	if access != Blind {
		environment = append(environment, "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
	}
	return environment
}

// startServices starts services.py in home and waits until both services answer.
func startServices(ctx context.Context, interpreter, home string, options ...string) (*Team, error) {
	tests, err := folder()
	if err != nil {
		return nil, err
	}
	postgres, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	s3, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(home, "services.log"))
	if err != nil {
		return nil, err
	}
	cmd := command(ctx, interpreter, append([]string{filepath.Join(tests, "stack", "services.py"), home, postgres, s3}, options...)...)
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
	t := &Team{services: &Server{Dir: home, lifeline: lifeline, exited: exited, log: log}, postgres: postgres, s3: s3}
	if err := t.await(ctx); err != nil {
		said := t.services.said()
		return nil, errors.Join(fmt.Errorf("start PostgreSQL and S3: %w", err), errors.New(said), t.Close())
	}
	return t, nil
}

// await polls until services.py says that both answer.
func (t *Team) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(filepath.Join(t.services.Dir, "ready")); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-t.services.exited:
			closed := make(chan error)
			close(closed)
			t.services.exited = closed // for Close
			return fmt.Errorf("they ended at once: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("no answer after %v: %w", patience, ctx.Err())
		}
	}
}

// teamTemplate returns a folder with the database cluster and the objects of a
// server over PostgreSQL and S3 that load.py has filled, as [template] does.
func teamTemplate(ctx context.Context, interpreter string) (string, error) {
	tests, err := folder()
	if err != nil {
		return "", err
	}
	load, data := filepath.Join(tests, "load", "load.py"), filepath.Join(tests, "data")
	parts := [][]byte{[]byte(interpreter), []byte("team")}
	for _, source := range []string{
		load, filepath.Join(data, "truths.json"), filepath.Join(data, "launcher-output"), filepath.Join(tests, "stack", "services.py"),
	} {
		content, err := contents(source)
		if err != nil {
			return "", err
		}
		parts = append(parts, content...)
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "team-"+digest(parts...))
	err = once(dir, func(dir string) (err error) {
		// PostgreSQL cannot run in the cache where that is within root's folders.
		home, err := os.MkdirTemp("", "evalctl-team-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
		if err := fillTeam(ctx, interpreter, home, load, data); err != nil {
			return err
		}
		for _, part := range []string{"postgres", "objects"} {
			if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(home, part))); err != nil {
				return err
			}
		}
		return nil
	})
	return dir, err
}

// fillTeam makes the services in home and fills them through a server.
func fillTeam(ctx context.Context, interpreter, home, load, data string) (err error) {
	t, err := startServices(ctx, interpreter, home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	server, err := t.Serve(ctx, Proxied)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := run(ctx, interpreter, load, server.URL, data); err != nil {
		return fmt.Errorf("fill MLflow over PostgreSQL and S3: %w", err)
	}
	return nil
}
