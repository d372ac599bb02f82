package kind

import (
	"fmt"
	"strconv"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// ArtifactsValue is the value of the kind "artifacts".
type ArtifactsValue struct {
	Artifacts []Artifact `json:"artifacts"`
	Listing
}

// Artifact is one entry of a run's tree.
type Artifact struct {
	RunID string  `json:"run_id"`
	JobID *string `json:"job_id"`
	Task  *string `json:"task"`
	Path  string  `json:"path"`
	Size  *int64  `json:"size"` // bytes; nil for a folder
	IsDir bool    `json:"is_dir"`
}

// ArtifactsDocument draws the files of runs.
func ArtifactsDocument(v ArtifactsValue, warnings []nemo.Warning) render.Document {
	names := []string{}
	table := render.Table{Columns: []render.Column{{Title: "job"}, {Title: "size", Align: render.Right}, {Title: "path"}}}
	records := render.Records{Name: "artifacts", Columns: []string{"run_id", "job_id", "task", "path", "size", "is_dir"}, Numeric: []bool{4: true, 5: false}}
	var bytes int64
	files := 0
	for _, a := range v.Artifacts {
		names = append(names, a.Path)
		size, path := "", a.Path
		if a.IsDir {
			path += "/"
		}
		if a.Size != nil {
			size = strconv.FormatInt(*a.Size, 10)
			bytes += *a.Size
			files++
		}
		table.Rows = append(table.Rows, render.Row{plain(orDash(nemo.Text(a.JobID))), muted(size), plain(path)})
		records.Rows = append(records.Rows, []string{a.RunID, nemo.Text(a.JobID), nemo.Text(a.Task), a.Path, size, strconv.FormatBool(a.IsDir)})
	}
	return render.Document{
		Kind: Artifacts, Data: v, Warnings: warnings,
		Items: items(v.Artifacts), ItemKind: "artifact", Summary: v.Listing,
		Screen: listScreen(table, fmt.Sprintf("%s, %s.", plural(files, "file"), byteCount(bytes)), warnings),
		Brief:  artifactsBrief(v, files, bytes), Tables: []render.Records{records}, Names: names,
	}
}

func artifactsBrief(v ArtifactsValue, files int, bytes int64) []string {
	lines := []string{fmt.Sprintf("%s, %s", plural(files, "file"), byteCount(bytes))}
	for _, a := range v.Artifacts {
		if !a.IsDir && len(lines) <= briefList {
			lines = append(lines, orDash(nemo.Text(a.JobID))+" "+a.Path)
		}
	}
	return lines
}

// byteCount shows a size in decimal units.
func byteCount(n int64) string {
	const unit = 1000
	if n < unit {
		return plural(int(n), "byte")
	}
	value, prefix := float64(n), ""
	for _, p := range []string{"k", "M", "G", "T"} {
		if value < unit {
			break
		}
		value /= unit
		prefix = p
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + " " + prefix + "B"
}

// DownloadsValue is the value of the kind "downloads".
type DownloadsValue struct {
	Downloads []Download `json:"downloads"`
	Listing
}

// Download is one file that was saved.
type Download struct {
	RunID  string  `json:"run_id"`
	JobID  *string `json:"job_id"`
	Task   *string `json:"task"`
	Path   string  `json:"path"`
	Size   int64   `json:"size"`
	File   string  `json:"file"` // where it was saved
	SHA256 string  `json:"sha256"`
	Cached bool    `json:"cached"`
}

// DownloadsDocument draws what was saved.
func DownloadsDocument(v DownloadsValue, warnings []nemo.Warning) render.Document {
	table := render.Table{Columns: []render.Column{{Title: "size", Align: render.Right}, {Title: "file"}}}
	records := render.Records{
		Name:    "downloads",
		Columns: []string{"run_id", "job_id", "task", "path", "size", "file", "sha256", "cached"},
		Numeric: []bool{4: true, 7: false},
	}
	var bytes int64
	for _, d := range v.Downloads {
		bytes += d.Size
		size := strconv.FormatInt(d.Size, 10)
		table.Rows = append(table.Rows, render.Row{muted(size), plain(d.File)})
		records.Rows = append(records.Rows, []string{d.RunID, nemo.Text(d.JobID), nemo.Text(d.Task), d.Path, size, d.File, d.SHA256, strconv.FormatBool(d.Cached)})
	}
	kept := 0
	for _, d := range v.Downloads {
		if d.Cached {
			kept++
		}
	}
	sentence := fmt.Sprintf("%s, %s; %d fetched, %d were at hand.", plural(len(v.Downloads), "file"), byteCount(bytes), len(v.Downloads)-kept, kept)
	return render.Document{
		Kind: Downloads, Data: v, Warnings: warnings,
		Items: items(v.Downloads), ItemKind: "download", Summary: v.Listing,
		Screen: listScreen(table, sentence, warnings), Brief: []string{sentence}, Tables: []render.Records{records},
	}
}
