package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
)

// schemaVersion is the version of the machine contract.
const schemaVersion = 1

func newVersion(a *app, global *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "The version of this program",
		GroupID: groupOther,
		Long:    "version prints what this program is and was built from.\n\n" + exitStatusesHelp,
		Example: `  evalctl version
  evalctl version --jq .data.version`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.print(cmd.Context(), kind.VersionDocument(a.versionValue()), global.output)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	global.output.register(cmd, kind.Version)
	return cmd
}

// versionValue takes what a release was built with, else what the Go toolchain
// recorded.
func (a *app) versionValue() kind.VersionValue {
	v := kind.VersionValue{
		Version: a.version, Commit: a.commit, Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, SchemaVersion: schemaVersion,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v.Version == "dev" && info.Main.Version != "" && info.Main.Version != "(devel)" {
			v.Version = info.Main.Version
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && v.Commit == "" {
				v.Commit = setting.Value
			}
		}
	}
	return v
}
