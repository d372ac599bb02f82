package main

import (
	"testing"

	"github.com/spf13/cobra"

	"github.com/evalctl/evalctl/cmd/evalctl/internal/kind"
)

// A verb whose store sorts has a --sort-by of its own, which stays as it is.
func TestSortingOfTheStoreIsKept(t *testing.T) {
	cmd := &cobra.Command{}
	own := ""
	cmd.Flags().StringVar(&own, "sort-by", "newest", "")
	var output outputFlags
	output.register(cmd, kind.Runs)
	if err := cmd.ParseFlags([]string{"--sort-by", "duration"}); err != nil {
		t.Fatal(err)
	}
	if err := output.check(cmd); err != nil || own != "duration" || output.sortBy != "" {
		t.Errorf("own %q, of the output %q, error %v", own, output.sortBy, err)
	}
}
