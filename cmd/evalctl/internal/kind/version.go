package kind

import "github.com/evalctl/evalctl/pkg/render"

// VersionValue is the value of the kind "version".
type VersionValue struct {
	Version       string `json:"version"`
	Commit        string `json:"commit"`
	Go            string `json:"go"`
	Platform      string `json:"platform"`
	SchemaVersion int    `json:"schema_version"`
}

// VersionDocument draws the version.
func VersionDocument(v VersionValue) render.Document {
	commit := v.Commit
	if commit == "" {
		commit = "unknown commit"
	}
	line := "evalctl " + v.Version + " (" + commit + ", " + v.Go + ", " + v.Platform + ")"
	return render.Document{
		Kind: Version, Data: v, Warnings: []string{},
		Screen: []render.Block{render.Paragraph{plain(line)}}, Brief: []string{line},
		Tables: []render.Records{{
			Name: "version", Columns: []string{"version", "commit", "go", "platform"},
			Numeric: []bool{false, false, false, false}, Rows: [][]string{{v.Version, v.Commit, v.Go, v.Platform}},
		}},
	}
}
