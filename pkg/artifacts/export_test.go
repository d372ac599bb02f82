package artifacts

import "crypto/sha256"

// SetMaxFile changes what is read into memory at most.
func (f *Fetcher) SetMaxFile(bytes int64) { f.maxFile = bytes }

// NameOfFolder is for tests of a table of names.
var NameOfFolder = nameOfFolder

// OpenEntry is for tests of damaged entries.
var OpenEntry = openEntry

// NewEntry makes an entry of the cache.
func NewEntry(runID string, content []byte) []byte {
	return append(entryHead(label{RunID: runID}, sha256.Sum256(content)), content...)
}
