package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/connection"
	"github.com/evalctl/evalctl/pkg/artifacts"
)

// run executes one command line and returns the exit status.
func run(ctx context.Context, a *app, args []string) int {
	global := &globalFlags{}
	root := newRoot(a, global, slices.Contains(args, "stat"))
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	reached, err := root.ExecuteContextC(ctx)
	// That the cache could not be measured changes no answer.
	_ = global.cache.Trim()
	if err == nil {
		return exitOK
	}
	if !global.started {
		// Anything that cobra refuses before a verb starts is usage: unknown
		// commands and flags, numbers of arguments.
		err = asUsage(reached, err)
	}
	err = lacking(global, err)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	f := classify(err)
	if wantsNelStatuses(args) {
		f = f.besideVerdicts()
	}
	return a.report(f, wantsJSON(global, args))
}

// wantsJSON reports whether errors are to be JSON. Where flags were not parsed to
// the end, the words decide.
func wantsJSON(global *globalFlags, args []string) bool {
	if global.started {
		return global.output.isJSON()
	}
	for i, arg := range args {
		if arg == "--jq" || strings.HasPrefix(arg, "--jq=") {
			return true
		}
		value, found := strings.CutPrefix(arg, "--output=")
		if !found {
			value, found = strings.CutPrefix(arg, "-o")
			value = strings.TrimPrefix(value, "=")
		}
		if (arg == "-o" || arg == "--output") && i+1 < len(args) {
			value, found = args[i+1], true
		}
		if found && isJSONToStdout(value) {
			return true
		}
	}
	return false
}

// globalFlags are the flags that every verb takes.
type globalFlags struct {
	trackingURI  string
	artifactsURI string
	context      string
	connection   connection.Settings
	noCache      bool
	refresh      bool
	offline      bool
	cacheSize    string
	quiet        bool
	output       outputFlags
	search       searchFlags
	stores       *stores          // those of this call, once there are any
	cache        *artifacts.Cache // the same
	started      bool             // a verb has begun: errors are no longer about usage
}

// newRoot makes the tree of commands, with those of stat only if they are asked
// for.
func newRoot(a *app, global *globalFlags, withStat bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "evalctl",
		Short: "Find and compare NeMo Evaluator results, exactly",
		Long: `evalctl finds the evaluations that NVIDIA NeMo Evaluator Launcher exported to
MLflow, by invocation id over every experiment, and compares them: exact
differences, averages with their denominators, and what is missing.

A selector names one side:
  71f3f3199ea5e1f0      an invocation id, or a prefix of 4 digits or more
  71f3f3199ea5e1f0.2    one of its jobs
  <32 digits>           an MLflow run id; also the address of its page
  eval-20260402T120000Z-mmlu_pro   a run of nel-next
  model:acme/falcon-8b  for each task the newest finished run of a model
  models:/falcon-8b@champion   the evaluations of a version in the model registry
  @latest, @latest~1    the newest invocation, and the one before
  @main                 a named baseline (evalctl baseline)
  ./results             a launcher output directory, a job's, or a results.yml;
                        of nel-next, its output directory or an eval-*.json
  demo:c0bd961e         the same in the built-in data
  bf16=71f3,82a4        a label, and two sources that are repeats of each other`,
		Example: `  evalctl demo
  evalctl invocations --tracking-uri http://localhost:5000
  evalctl compare c0bd961e50124ab3 ce963eed5b5b91b0
  evalctl compare bf16=demo:c0bd961e nvfp4=demo:ce963eed -o json --jq '.data.averages[0].delta'`,
		Version:       a.version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("evalctl {{.Version}}\n")
	flags := root.PersistentFlags()
	flags.StringVar(&global.trackingURI, "tracking-uri", "", "where runs live: http(s)://…, sqlite:///FILE, an mlruns or launcher output directory, launcher:, nel:, demo: (default $MLFLOW_TRACKING_URI)")
	flags.StringVar(&global.artifactsURI, "artifacts-uri", "", "a folder that has the files of runs of a database or file store, in place of where it says")
	flags.StringVar(&global.context, "context", "", "a place that evalctl context has named (default $EVALCTL_CONTEXT)")
	flags.StringArrayVar(&global.connection.Headers, "header", nil, "a header 'Name: value' for the tracking server, repeatable (also $EVALCTL_HEADERS, one a line)")
	flags.StringVar(&global.connection.TokenCommand, "token-command", "", "a command that prints the token to log in with (default $EVALCTL_TOKEN_COMMAND)")
	flags.StringArrayVar(&global.connection.ArtifactHosts, "allow-artifact-host", nil, "another host that may get the credentials, repeatable (also $EVALCTL_ARTIFACT_HOSTS)")
	flags.BoolVar(&global.offline, "offline", false, "ask no server: answer from the cache")
	flags.BoolVar(&global.refresh, "refresh", false, "fetch files again that are in the cache")
	flags.BoolVar(&global.noCache, "no-cache", false, "neither read nor write the cache")
	flags.StringVar(&global.cacheSize, "cache-size", "", "how large the cache may become, such as 500MB (default 2GB, or $EVALCTL_CACHE_SIZE)")
	flags.BoolVarP(&global.quiet, "quiet", "q", false, "no progress, and no line that says which place was chosen")
	flags.SortFlags = false
	_ = root.RegisterFlagCompletionFunc("cache-size", cobra.NoFileCompletions)
	_ = root.RegisterFlagCompletionFunc("context", a.completeContexts)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddGroup(
		&cobra.Group{ID: groupAnswer, Title: "Questions:"},
		&cobra.Group{ID: groupOther, Title: "Other:"},
	)
	root.SetHelpCommandGroupID(groupOther)
	root.AddCommand(
		newInvocations(a, global),
		newRuns(a, global),
		newModels(a, global),
		newShow(a, global),
		newCompare(a, global),
		newGate(a, global),
		newAverage(a, global),
		newConfig(a, global),
		newArtifacts(a, global),
		newBaseline(a, global),
		newCache(a, global),
		newContext(a, global),
		newStat(a, global, withStat),
		newRender(a, global),
		newDemo(a, global),
		newDoctor(a, global),
		newSchema(a),
		newVersion(a, global),
		newCompletion(a),
	)
	wrap(root, global)
	return root
}

// Groups of verbs in the help.
const (
	groupAnswer = "answer"
	groupOther  = "other"
)

// wrap marks, for every command, the moment at which its own code starts: an
// error before it is a mistake in the call.
func wrap(cmd *cobra.Command, global *globalFlags) {
	if inner := cmd.RunE; inner != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if err := global.output.check(cmd); err != nil {
				return err
			}
			global.started = true
			return inner(cmd, args)
		}
	}
	for _, child := range cmd.Commands() {
		wrap(child, global)
	}
}
