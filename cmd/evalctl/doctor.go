package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
)

func newDoctor(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "What is wrong with the connection, and what to do about it",
		GroupID: groupOther,
		Long: `doctor goes the way to the tracking server step by step: the address and the
settings around it, name resolution, connection, TLS, the server's check of the
host, login, version, permission to read, and one small file by the route that
evaluations need. It says what to do about the first step that fails.

Where settings and credentials come from: docs/connections.md.

` + exitStatusesHelp,
		Example: `  evalctl doctor
  evalctl doctor --tracking-uri https://mlflow.example.com -o brief`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if where, err := a.stores(global).where(); global.offline && err == nil && isServer(where.uri) {
				return usagef("doctor asks the server, which --offline forbids")
			}
			value, failed := a.doctor(cmd.Context(), global)
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			if err := a.print(cmd.Context(), kind.DoctorDocument(value, nil), global.output); err != nil || failed == nil {
				return err
			}
			// The document says what to do; the status is that of what went wrong.
			return &query.Error{Code: failed.Code, Message: "the checkup failed at the step " + value.Failed().Name}
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	global.output.register(cmd, kind.Doctor)
	return cmd
}

// Steps that are not the store's own.
const (
	stepURI         = "uri"
	stepPermissions = "permissions"
	stepArtifacts   = "artifacts"
)

// checkup collects steps. After a step that failed no other is taken.
type checkup struct {
	kind.DoctorValue
	failed *query.Error
}

func (c *checkup) add(name, status, detail string) {
	step := kind.DoctorStep{Name: name, Status: status}
	if detail != "" {
		step.Detail = &detail
	}
	c.Steps = append(c.Steps, step)
}

// fail adds a step that failed; an error of another type is a defect of the store.
func (c *checkup) fail(name string, err error) {
	found, ok := errors.AsType[*query.Error](err)
	if !ok {
		found = &query.Error{Code: query.IO, Message: err.Error()}
	}
	c.failed = found
	c.add(name, kind.StepFailed, found.Error())
	hint := found.Hint
	if hint == "" {
		hint = "show this to whoever runs the server"
	}
	c.Steps[len(c.Steps)-1].Hint = &hint
}

// doctor takes the steps, all of which are in the value, and returns the error of
// the one that failed.
func (a *app) doctor(ctx context.Context, global *globalFlags) (kind.DoctorValue, *query.Error) {
	c := &checkup{}
	a.examine(ctx, global, c)
	for _, name := range []string{
		stepURI, string(rest.StepName), string(rest.StepTCP), string(rest.StepTLS), string(rest.StepHost),
		string(rest.StepLogin), string(rest.StepVersion), stepPermissions, stepArtifacts,
	}[len(c.Steps):] {
		c.add(name, kind.StepNotReached, "")
	}
	return c.DoctorValue, c.failed
}

func (a *app) examine(ctx context.Context, global *globalFlags, c *checkup) {
	stores := a.stores(global)
	where, err := stores.where()
	if err != nil {
		c.fail(stepURI, err)
		return
	}
	scheme, _, _ := strings.Cut(where.uri, ":")
	route := func(query.Run) string { return "on this machine" }
	var store query.Store
	if scheme == "http" || scheme == "https" {
		server, found, err := stores.connect(ctx, where.uri, "")
		if err != nil {
			c.fail(stepURI, err)
			return
		}
		c.add(stepURI, kind.StepOK, strings.Join(append([]string{server.URI()}, found.Notes...), "; "))
		for _, f := range server.Checkup(ctx) {
			switch {
			case f.Err != nil:
				if e, ok := errors.AsType[*query.Error](f.Err); ok && f.Step == rest.StepLogin && found.Identity != "" {
					e.Hint += "; they are from " + found.Identity
				}
				c.fail(string(f.Step), f.Err)
				return
			case !f.Needed:
				c.add(string(f.Step), kind.StepSkipped, f.Detail)
			case f.Step == rest.StepLogin && found.Identity != "":
				c.add(string(f.Step), kind.StepOK, "the server takes the credentials from "+found.Identity)
			default:
				c.add(string(f.Step), kind.StepOK, f.Detail)
			}
		}
		store, route = server, server.Route
	} else {
		if store, err = stores.Default(ctx); err != nil {
			c.fail(stepURI, err)
			return
		}
		c.add(stepURI, kind.StepOK, store.URI())
		for _, step := range []rest.Step{rest.StepName, rest.StepTCP, rest.StepTLS, rest.StepHost, rest.StepLogin, rest.StepVersion} {
			c.add(string(step), kind.StepSkipped, "no server")
		}
	}
	run, found := c.permissions(ctx, store)
	if c.failed != nil {
		return
	}
	if !found {
		c.add(stepArtifacts, kind.StepSkipped, "no finished evaluation to read a file of")
		return
	}
	c.artifacts(ctx, store, run, route)
}

// permissions looks for experiments, and for the newest evaluation that finished.
func (c *checkup) permissions(ctx context.Context, store query.Store) (query.Run, bool) {
	experiments, err := store.Experiments(ctx, query.Active)
	if err == nil && len(experiments) == 0 && store.Remote() {
		// Servers hide what a login may not read.
		err = &query.Error{
			Code: query.Forbidden, Message: "no experiment is visible",
			Hint: "ask who runs the server for permission to read the experiments with evaluations",
		}
	}
	var runs []query.Run
	if err == nil {
		filter := append(evaluationRuns(), query.Condition{Entity: query.Attribute, Key: "status", Op: query.Equal, Value: query.StatusFinished})
		runs, err = query.All(store.Search(ctx, query.Search{Filter: filter, Limit: 1}))
	}
	if err != nil {
		c.fail(stepPermissions, err)
		return query.Run{}, false
	}
	detail := countOf(len(experiments), "experiment") + " can be read"
	if len(experiments) == 0 {
		detail = "evaluations can be read"
	}
	if len(runs) == 0 {
		c.add(stepPermissions, kind.StepOK, detail+", and no finished evaluation is there")
		return query.Run{}, false
	}
	c.add(stepPermissions, kind.StepOK, detail)
	return runs[0], true
}

// smallFile bounds what is read as a trial.
const smallFile = 1 << 20

// artifacts lists the files of a run and reads a small one.
func (c *checkup) artifacts(ctx context.Context, store query.Store, run query.Run, route func(query.Run) string) {
	usual := path.Join(run.Folder, "results.yml")
	files, err := store.List(ctx, run, run.Folder)
	if err != nil {
		// The route of the file itself may know the reason better.
		if e := trial(ctx, store, run, query.File{Path: usual, Size: -1}); e != nil && !query.HasCode(e, query.Uncertain) && !query.HasCode(e, query.NotFound) {
			err = e
		}
		c.fail(stepArtifacts, err)
		return
	}
	at := -1
	for i, f := range files {
		switch {
		case f.IsDir || f.Size > smallFile:
		case f.Path == usual, at < 0, f.Size < files[at].Size && files[at].Path != usual:
			at = i
		}
	}
	if at < 0 {
		c.add(stepArtifacts, kind.StepSkipped, "the newest evaluation, run "+run.ID+", has no small file to read")
		return
	}
	if err := trial(ctx, store, run, files[at]); err != nil {
		c.fail(stepArtifacts, err)
		return
	}
	c.add(stepArtifacts, kind.StepOK, fmt.Sprintf("%s of run %s is readable %s", path.Base(files[at].Path), run.ID, route(run)))
}

// trial reads a file to its end; a size below 0 is not known.
func trial(ctx context.Context, store query.Store, run query.Run, file query.File) error {
	content, err := store.Open(ctx, run, file.Path)
	if err != nil {
		return err
	}
	defer content.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(content, smallFile+1))
	if err == nil && file.Size >= 0 && n != file.Size {
		err = &query.Error{
			Code:    query.Corrupt,
			Message: fmt.Sprintf("%s has %d bytes and %d arrived", file.Path, file.Size, n),
			Hint:    "a proxy on the way may drop bodies that are sent in chunks: ask who runs it",
		}
	}
	return err
}
