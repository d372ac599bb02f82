package render

// CheckQuery reports whether a jq expression is well formed, so that a mistake is
// found before anything is fetched. The error is a [*UsageError].
func CheckQuery(expr string) error {
	_, err := compile(expr)
	return err
}

// SanitizeLines is [Sanitize] for text of several lines: line breaks and tabs
// stay.
func SanitizeLines(text string) string { return sanitizeLines(text) }
