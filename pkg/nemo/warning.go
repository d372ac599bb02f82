package nemo

// Warning is something that qualifies an answer without preventing it. Codes are
// listed in docs/json.md. A warning about one row sits on the row; the
// envelope has those about the whole, and each code of the rows once with Count.
type Warning struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Side    string   `json:"side,omitempty"`
	Task    string   `json:"task,omitempty"`
	RunIDs  []string `json:"run_ids,omitempty"`
	Keys    []string `json:"keys,omitempty"`
	Count   int      `json:"count,omitempty"`
}

// Source is where a number stands: the file, and the number's place in it as a
// JSON Pointer (RFC 6901; names in results.yml contain dots).
type Source struct {
	RunID  string `json:"run_id"`
	Path   string `json:"path"`
	Key    string `json:"key"`
	SHA256 string `json:"sha256"`
}

// SyntaxError is damage in a file: what is wrong and on which line.
type SyntaxError struct {
	Line    int // from 1; 0 if unknown
	Message string
}

// Error returns the message with its line.
func (e *SyntaxError) Error() string {
	if e.Line > 0 {
		return "line " + itoa(e.Line) + ": " + e.Message
	}
	return e.Message
}
