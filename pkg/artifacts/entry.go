package artifacts

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/evalctl/evalctl/pkg/query"
)

// label says what an entry of the cache is of, for whoever looks into the cache.
type label struct {
	Store string `json:"store"`
	RunID string `json:"run_id,omitempty"`
	JobID string `json:"job_id,omitempty"`
	Path  string `json:"path,omitempty"`
}

func ofRun(store query.Store, run query.Run, path string) label {
	return label{Store: store.URI(), RunID: run.ID, JobID: run.JobID(), Path: path}
}

// An entry is a file: magic, the checksum of its content, that of its label, the
// label's length, the label as JSON, the content.
const (
	entryMagic = "evalctl1"
	contentSum = len(entryMagic) // where the content's checksum is
	labelSum   = contentSum + sha256.Size
	labelSize  = labelSum + sha256.Size
	labelStart = labelSize + 4
	maxLabel   = 1 << 16
)

// maxEntry bounds what is read into memory.
const maxEntry = int64(labelStart + maxLabel + defaultMaxFile)

var errDamaged = errors.New("damaged")

// entryHead is what stands before the content of an entry.
func entryHead(l label, sum [sha256.Size]byte) []byte {
	text, err := json.Marshal(l)
	if err != nil || len(text) > maxLabel {
		text = []byte("{}")
	}
	of := sha256.Sum256(text)
	head := append([]byte(entryMagic), sum[:]...)
	head = append(head, of[:]...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(text)))
	return append(head, text...)
}

// readHead reads the head of an entry from its beginning, which may hold less than
// the whole entry: the label, the content's checksum and where the content starts.
func readHead(data []byte) (l label, sum []byte, start int, err error) {
	if len(data) < labelStart || string(data[:contentSum]) != entryMagic {
		return l, nil, 0, errDamaged
	}
	size := binary.BigEndian.Uint32(data[labelSize:labelStart])
	if size > maxLabel || uint64(len(data)) < uint64(labelStart)+uint64(size) {
		return l, nil, 0, errDamaged
	}
	start = labelStart + int(size)
	text := data[labelStart:start]
	if of := sha256.Sum256(text); !bytes.Equal(of[:], data[labelSum:labelSize]) || json.Unmarshal(text, &l) != nil {
		return l, nil, 0, errDamaged
	}
	return l, data[contentSum:labelSum], start, nil
}

// openEntry takes a whole entry apart. The error is for one that is damaged.
func openEntry(data []byte) (label, []byte, error) {
	l, sum, start, err := readHead(data)
	if err != nil {
		return l, nil, err
	}
	content := data[start:]
	if actual := sha256.Sum256(content); !bytes.Equal(actual[:], sum) {
		return l, nil, errDamaged
	}
	return l, content, nil
}

// heldEntry is an entry that was read through and is whole.
type heldEntry struct {
	label
	sum   []byte
	start int64 // of the content
	size  int64 // of the content
}

// checkEntry reads an entry through, whatever its size. The error is for one that is
// damaged or cannot be read.
func checkEntry(name string) (entry heldEntry, err error) {
	file, err := openRegular(name)
	if err != nil {
		return entry, err
	}
	defer file.Close()
	head := make([]byte, labelStart+maxLabel)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return entry, err
	}
	l, promised, start, err := readHead(head[:n])
	if err != nil {
		return entry, err
	}
	sum := sha256.New()
	sum.Write(head[start:n])
	size, err := io.Copy(sum, file)
	if err == nil && !bytes.Equal(sum.Sum(nil), promised) {
		err = errDamaged
	}
	return heldEntry{label: l, sum: promised, start: int64(start), size: size + int64(n-start)}, err
}

// openRegular opens a file that is one. What else may stand under its name, a pipe
// say, may never end, nor begin.
func openRegular(name string) (*os.File, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errDamaged
	}
	return os.Open(name)
}

// readRegular reads a file of at most so many bytes.
func readRegular(name string, most int64) ([]byte, error) {
	file, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, errDamaged
	}
	var content bytes.Buffer
	content.Grow(int(info.Size()) + bytes.MinRead)
	if _, err := content.ReadFrom(io.LimitReader(file, most)); err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}
