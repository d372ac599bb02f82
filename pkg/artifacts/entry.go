package artifacts

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"

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
