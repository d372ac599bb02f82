package kind

import (
	"fmt"
	"strconv"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/render"
)

// CacheValue is the value of the kind "cache": what is kept, and what was taken out.
type CacheValue struct {
	Entries []CacheEntry `json:"entries"`
	Listing
	Bytes   int64         `json:"bytes"`
	Limit   int64         `json:"limit"`   // bytes
	Removed *CacheRemoved `json:"removed"` // nil where nothing was to be
}

// CacheEntry is what is kept of one run, or of the searches in one store.
type CacheEntry struct {
	Store string  `json:"store"`
	RunID *string `json:"run_id"` // nil: searches
	JobID *string `json:"job_id"`
	Files int     `json:"files"` // of a run; of a store the searches
	Bytes int64   `json:"bytes"` // on disk
}

// CacheRemoved is what prune or clear took out.
type CacheRemoved struct {
	Entries int   `json:"entries"`
	Bytes   int64 `json:"bytes"`
}

// CacheDocument draws what a cache holds.
func CacheDocument(v CacheValue, warnings []nemo.Warning) render.Document {
	table := render.Table{Columns: []render.Column{
		{Title: "job"}, {Title: "run"}, {Title: "files", Align: render.Right}, {Title: "bytes", Align: render.Right}, {Title: "store", Flexible: true},
	}}
	records := render.Records{
		Name: "entries", Columns: []string{"store", "run_id", "job_id", "files", "bytes"}, Numeric: []bool{3: true, 4: true},
	}
	for _, e := range v.Entries {
		job := plain(orDash(nemo.Text(e.JobID)))
		if e.RunID == nil {
			job = muted("searches")
		}
		files, bytes := strconv.Itoa(e.Files), strconv.FormatInt(e.Bytes, 10)
		table.Rows = append(table.Rows, render.Row{job, muted(orDash(nemo.Text(e.RunID))), plain(files), plain(bytes), plain(e.Store)})
		records.Rows = append(records.Rows, []string{e.Store, nemo.Text(e.RunID), nemo.Text(e.JobID), files, bytes})
	}
	sentence := fmt.Sprintf("%s of at most %s.", byteCount(v.Bytes), byteCount(v.Limit))
	if v.Removed != nil {
		sentence = fmt.Sprintf("Took out %s of %d files; %s stay.", byteCount(v.Removed.Bytes), v.Removed.Entries, byteCount(v.Bytes))
	}
	return render.Document{
		Kind: Cache, Data: v, Warnings: warnings,
		Items: items(v.Entries), ItemKind: "entry", Summary: struct {
			Listing
			Bytes   int64         `json:"bytes"`
			Limit   int64         `json:"limit"`
			Removed *CacheRemoved `json:"removed"`
		}{v.Listing, v.Bytes, v.Limit, v.Removed},
		Screen: listScreen(table, sentence, warnings), Brief: []string{sentence}, Tables: []render.Records{records},
	}
}
