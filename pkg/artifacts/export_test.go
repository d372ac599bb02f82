package artifacts

// SetMaxFile changes what is read into memory at most.
func (f *Fetcher) SetMaxFile(bytes int64) { f.maxFile = bytes }

// NameOfFolder is for tests of a table of names.
var NameOfFolder = nameOfFolder
