package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evalctl/evalctl/pkg/query"
	"github.com/evalctl/evalctl/pkg/query/rest"
	"github.com/evalctl/evalctl/test/conformance"
	"github.com/evalctl/evalctl/test/stack"
)

// A team's servers stand on PostgreSQL and object storage. They must answer as the
// small one does, whether they hand out the files of runs themselves or name s3://.
func TestTeamServers(t *testing.T) {
	ids := invocations(t)
	options := conformance.Exported(os.DirFS(filepath.Join(stack.Data(t), "launcher-output")))
	options.Unsure = true
	for _, access := range []stack.Access{stack.Proxied, stack.Direct} {
		t.Run(string(access), func(t *testing.T) {
			t.Parallel()
			url := stack.TeamMLflow(t, access)
			options := options
			if access == stack.Direct { // the database answers as the other does
				options.Parts = []string{"SearchAll", "List", "ListNothing", "Open", "OpenMissing", "OpenOutside"}
			}
			conformance.Run(t, func(t *testing.T) query.Store {
				store, err := rest.New(rest.Options{URI: url})
				if err != nil {
					t.Fatal(err)
				}
				return store
			}, options)

			remote := exportedTo(t, "server", process{env: map[string]string{"MLFLOW_TRACKING_URI": url, "EVALCTL_CACHE_DIR": t.TempDir()}})
			for _, pair := range [][2]string{{"A1", "B1"}, {"A2", "B3"}, {"THINK", "A1"}, {"TWICE", "LIMIT"}} {
				t.Run(pair[0]+"-"+pair[1], func(t *testing.T) {
					words := withoutSamples(ids[pair[0]], ids[pair[1]])
					want := asExported(process{}.compare(t, append(words, "--tracking-uri", output(t))...))
					if diff := cmp.Diff(want, remote.asDirectories(remote.compare(t, words...))); diff != "" {
						t.Errorf("(-directories +server):\n%s", diff)
					}
				})
			}
		})
	}
}

// Where the server has no credentials for the bucket, its runs are known and their
// files are not. That is said, and never taken for runs without results.
func TestTeamServerThatCannotReadTheFiles(t *testing.T) {
	t.Parallel()
	remote := process{env: map[string]string{"MLFLOW_TRACKING_URI": stack.TeamMLflow(t, stack.Blind), "EVALCTL_CACHE_DIR": t.TempDir()}}
	exportedTo(t, "server", remote)
	for _, args := range [][]string{
		{"show", "ce963eed"},
		{"compare", "ce963eed", "c0bd961e"},
		{"artifacts", "ls", "ce963eed"},
		{"artifacts", "get", "ce963eed", "--dir", t.TempDir()},
	} {
		got := remote.run(t, args...)
		said := regexp.MustCompile(`^evalctl: the server cannot read the files of run [0-9a-f]{32}, which are at s3://mlflow/[0-9]/[0-9a-f]{32}/artifacts: ` +
			`127\.0\.0\.1:[0-9]+ answered 500 Internal Server Error.*\nhint: it needs credentials for s3://, or to run with --serve-artifacts`)
		if got.status != exitUnreachable || got.stdout != "" || !said.MatchString(got.stderr) {
			t.Errorf("%v: %+v", args, got)
		}
	}
}
