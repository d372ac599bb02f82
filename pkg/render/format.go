package render

import (
	"slices"
	"strings"
)

// Format is a face of a [Document]: the value of -o.
type Format string

// Formats of this version.
const (
	FormatTable    Format = "table"
	FormatWide     Format = "wide"
	FormatBrief    Format = "brief"
	FormatJSON     Format = "json"
	FormatJSONL    Format = "jsonl"
	FormatCSV      Format = "csv"
	FormatTSV      Format = "tsv"
	FormatMarkdown Format = "md"
	FormatYAML     Format = "yaml"
	FormatName     Format = "name"
)

// Formats lists every format in the order in which help names them.
func Formats() []Format {
	return []Format{
		FormatTable, FormatWide, FormatBrief, FormatJSON, FormatJSONL,
		FormatCSV, FormatTSV, FormatMarkdown, FormatYAML, FormatName,
	}
}

// ParseFormat reads the name of a format; the error is a [*UsageError].
func ParseFormat(name string) (Format, error) {
	if format := Format(name); slices.Contains(Formats(), format) {
		return format, nil
	}
	names := make([]string, len(Formats()))
	for i, format := range Formats() {
		names[i] = string(format)
	}
	return "", usage("one of "+strings.Join(names, ", "), "unknown output format %q", name)
}

// HasHeaders reports whether the format prints headings that can be left out. A
// Markdown table without them is not a table.
func (f Format) HasHeaders() bool {
	return slices.Contains([]Format{FormatTable, FormatWide, FormatCSV, FormatTSV}, f)
}

// HasTables reports whether the format prints [Document.Tables], so that one of
// them and its columns can be chosen: table and wide do when one was.
func (f Format) HasTables() bool {
	return slices.Contains([]Format{FormatTable, FormatWide, FormatCSV, FormatTSV, FormatMarkdown}, f)
}
