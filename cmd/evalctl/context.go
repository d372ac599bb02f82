package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
	"github.com/evalctl/evalctl/cmd/evalctl/internal/settings"
	"github.com/evalctl/evalctl/pkg/nemo"
)

func newContext(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "context",
		Short:   "Named places, and where credentials for them come from",
		GroupID: groupOther,
		Long: `context gives a server a name: its address, the experiments to look in where
--experiment names none, headers, and where the credentials come from. Those are
an environment variable or a command that prints a token, never the secret itself.

Where runs live is said, in this order, by --tracking-uri, by --context or
EVALCTL_CONTEXT, by MLFLOW_TRACKING_URI, by the current context, and else it is
what MLflow would use in this directory: ./mlruns or ./mlflow.db. A context brings
its own credentials: those that the variables of MLflow and evalctl hold are for
MLFLOW_TRACKING_URI and are not sent to it.

Contexts are kept in the user's configuration. A project's .evalctl.yaml, which
comes with a checkout, can have some with an address and experiments and nothing
else: it cannot run a command, read a variable or send a header, and gets the
credentials in netrc for its host at most, over https or on this machine.

` + exitStatusesHelp,
		Example: `  evalctl context set prod --tracking-uri https://mlflow.example.com --token-env MLFLOW_TOKEN
  evalctl context use prod
  evalctl invocations --context prod`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newContextSet(a, global), newContextUse(a, global), newContextLs(a, global), newContextShow(a, global), newContextRm(a, global))
	return cmd
}

func newContextSet(a *app, global *globalFlags) *cobra.Command {
	var c settings.Context
	var headers []string
	var project bool
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Write a context down",
		Long: `set writes a context with the address in --tracking-uri; one of the same name in the
same file is replaced. --header is a header with a value that may be read by
others, --header-env 'Name: VARIABLE' one whose value is in a variable. Secrets
are refused: a password in the address, a header or a command that holds one.

A relative path in the address is written down as an absolute one, with --project
as one from the project's file.

` + exitStatusesHelp,
		Example: `  evalctl context set prod --tracking-uri https://mlflow.example.com --token-env MLFLOW_TOKEN
  evalctl context set ci --tracking-uri http://ci:5000 --experiment 'nightly/*'
  evalctl context set gcp --tracking-uri https://run.example.com --token-command 'gcloud auth print-identity-token'
  evalctl context set local --tracking-uri sqlite:///mlflow.db --project`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if global.trackingURI == "" {
				return &usageError{message: "a context needs an address", hint: "--tracking-uri https://mlflow.example.com"}
			}
			place, err := a.placeOf(!project)
			if err != nil {
				return err
			}
			c.Place, c.Name, c.URI = place, args[0], strings.TrimSpace(global.trackingURI)
			c.Headers, c.TokenCommand = global.connection.Headers, global.connection.TokenCommand
			if uri := anchored(c.URI, folder(a.workDir)); uri != c.URI {
				if c.URI = uri; project {
					c.URI = relativeTo(uri, filepath.Dir(place.File))
				}
			}
			for _, text := range headers {
				name, variable, found := strings.Cut(text, ":")
				if !found || strings.TrimSpace(name) == "" {
					return usagef("--header-env is 'Name: VARIABLE'")
				}
				if c.HeadersEnv == nil {
					c.HeadersEnv = map[string]string{}
				}
				c.HeadersEnv[strings.TrimSpace(name)] = strings.TrimSpace(variable)
			}
			if strings.TrimSpace(c.Name) == "" {
				return usagef("a context has a name")
			}
			if err := c.Check(place.Scope); err != nil {
				return usagef("%v", err)
			}
			if err := settings.Edit(cmd.Context(), place, func(d *settings.Document) error { return d.SetContext(c) }); err != nil {
				return err
			}
			return a.printContexts(cmd, global, func(k settings.Context) bool { return k.Name == c.Name && k.Place == place })
		},
		ValidArgsFunction: a.completeContext,
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&c.Experiments, "experiment", nil, "look in this experiment where --experiment names none: a glob, /regex/ or id; repeatable")
	flags.StringVar(&c.Workspace, "workspace", "", "the MLflow workspace to read")
	flags.StringVar(&c.TokenEnv, "token-env", "", "the environment variable with the token")
	flags.StringVar(&c.UsernameEnv, "username-env", "", "the environment variable with the user name")
	flags.StringVar(&c.PasswordEnv, "password-env", "", "the environment variable with the password")
	flags.StringArrayVar(&headers, "header-env", nil, "a header whose value is in a variable, 'Name: VARIABLE'; repeatable")
	flags.BoolVar(&project, "project", false, "in the project's .evalctl.yaml: an address and experiments only")
	for _, name := range []string{"workspace", "token-env", "username-env", "password-env", "header-env"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	_ = cmd.RegisterFlagCompletionFunc("experiment", a.completeExperiments(global))
	global.output.register(cmd, kind.Context)
	return cmd
}

func newContextUse(a *app, global *globalFlags) *cobra.Command {
	var project, none bool
	cmd := &cobra.Command{
		Use:   "use NAME",
		Short: "Make a context the current one",
		Long: `use writes down which context counts where neither flags nor environment say where
runs live; --none, that there is none. A project's own choice goes before the user's.

` + exitStatusesHelp,
		Example: `  evalctl context use prod
  evalctl context use --none`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if none == (len(args) == 1) {
				return usagef("context use takes a name or --none")
			}
			place, err := a.placeOf(!project)
			if err != nil {
				return err
			}
			name := ""
			if !none {
				read, err := a.settings()
				if err != nil {
					return err
				}
				name = args[0]
				if _, ok := read.Context(name); !ok {
					return noContext(name, read)
				}
			}
			if err := settings.Edit(cmd.Context(), place, func(d *settings.Document) error { return d.SetCurrent(name) }); err != nil {
				return err
			}
			return a.printContexts(cmd, global, func(c settings.Context) bool { return none || c.Name == name })
		},
		ValidArgsFunction: a.completeContext,
	}
	cmd.Flags().BoolVar(&project, "project", false, "for this project, in .evalctl.yaml")
	cmd.Flags().BoolVar(&none, "none", false, "no context is the current one")
	global.output.register(cmd, kind.Context)
	return cmd
}

func newContextLs(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the contexts; * is the current one",
		Long:  "ls reads the settings files and asks no server.\n\n" + exitStatusesHelp,
		Example: `  evalctl context ls
  evalctl context ls -o name`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.printContexts(cmd, global, func(settings.Context) bool { return true })
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	global.output.register(cmd, kind.Context)
	return cmd
}

func newContextShow(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "What a context says",
		Long:  "show prints a context as it counts, without any secret. evalctl doctor tries it.\n\n" + exitStatusesHelp,
		Example: `  evalctl context show prod
  evalctl context show prod -o yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			read, err := a.settings()
			if err != nil {
				return err
			}
			wanted, ok := read.Context(args[0])
			if !ok {
				return noContext(args[0], read)
			}
			return a.printContexts(cmd, global, func(c settings.Context) bool { return c.Name == wanted.Name && c.Place == wanted.Place })
		},
		ValidArgsFunction: a.completeContext,
	}
	global.output.register(cmd, kind.Context)
	return cmd
}

func newContextRm(a *app, global *globalFlags) *cobra.Command {
	var project bool
	cmd := &cobra.Command{
		Use:   "rm NAME",
		Short: "Take a context out of the settings",
		Long:  "rm removes a context, and with it the choice of it as the current one.\n\n" + exitStatusesHelp,
		Example: `  evalctl context rm prod
  evalctl context rm local --project`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := a.placeOf(!project)
			if err != nil {
				return err
			}
			read, err := a.settings()
			if err != nil {
				return err
			}
			here := func(c settings.Context) bool { return c.Name == args[0] && c.Place.Scope == place.Scope }
			if !slices.ContainsFunc(read.Contexts, here) {
				return noContext(args[0], read)
			}
			// What is printed is what was there.
			doc := kind.ContextDocument(a.contextValue(read, here), []nemo.Warning{})
			if err := settings.Edit(cmd.Context(), place, func(d *settings.Document) error {
				if _, err := d.RemoveContext(args[0]); err != nil {
					return err
				}
				// Which one counts may be said elsewhere.
				if d.Current() == args[0] {
					return d.SetCurrent("")
				}
				return nil
			}); err != nil {
				return err
			}
			return a.print(cmd.Context(), doc, global.output)
		},
		ValidArgsFunction: a.completeContext,
	}
	cmd.Flags().BoolVar(&project, "project", false, "of the project's .evalctl.yaml")
	global.output.register(cmd, kind.Context)
	return cmd
}

// printContexts prints those that are wanted, as the files say now.
func (a *app) printContexts(cmd *cobra.Command, global *globalFlags, wanted func(settings.Context) bool) error {
	read, err := a.settings()
	if err != nil {
		return err
	}
	return a.print(cmd.Context(), kind.ContextDocument(a.contextValue(read, wanted), []nemo.Warning{}), global.output)
}

func (a *app) contextValue(read settings.Settings, wanted func(settings.Context) bool) kind.ContextValue {
	value := kind.ContextValue{Contexts: []kind.ContextEntry{}}
	current, _ := read.Context(read.Current)
	for _, c := range read.Contexts {
		if wanted(c) {
			value.Contexts = append(value.Contexts, a.contextEntry(c, c.Name == current.Name && c.Place == current.Place))
		}
	}
	slices.SortStableFunc(value.Contexts, func(x, y kind.ContextEntry) int { return strings.Compare(x.Name, y.Name) })
	value.Listing = kind.NewListing(len(value.Contexts), false)
	return value
}

func (a *app) contextEntry(c settings.Context, current bool) kind.ContextEntry {
	entry := kind.ContextEntry{
		Name: c.Name, Scope: string(c.Place.Scope), File: a.shownFile(c.Place), Current: current, URI: c.URI,
		Workspace: nemo.Optional(c.Workspace), Experiments: append([]string{}, c.Experiments...), Headers: []kind.ContextHeader{},
	}
	for _, header := range c.Headers {
		name, _, _ := strings.Cut(header, ":")
		entry.Headers = append(entry.Headers, kind.ContextHeader{Name: strings.TrimSpace(name)})
	}
	for _, name := range slices.Sorted(maps.Keys(c.HeadersEnv)) {
		entry.Headers = append(entry.Headers, kind.ContextHeader{Name: name, Variable: nemo.Optional(c.HeadersEnv[name])})
	}
	switch {
	case c.TokenCommand != "":
		entry.Credentials = nemo.Optional("command " + c.TokenCommand)
	case c.TokenEnv != "":
		entry.Credentials = nemo.Optional("token in " + c.TokenEnv)
	case c.UsernameEnv != "":
		entry.Credentials = nemo.Optional("login in " + c.UsernameEnv + ", " + c.PasswordEnv)
	}
	return entry
}

// completeContext offers contexts as the one argument of a verb.
func (a *app) completeContext(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeContexts(cmd, args, word)
}

func (a *app) completeContexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	read, err := a.settings()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return read.ContextNames(), cobra.ShellCompDirectiveNoFileComp
}
