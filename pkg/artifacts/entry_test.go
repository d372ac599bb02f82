package artifacts_test

import (
	"bytes"
	"testing"

	"github.com/evalctl/evalctl/pkg/artifacts"
)

// An entry is what was kept, or damaged.
func FuzzEntry(f *testing.F) {
	good := artifacts.NewEntry("a run", []byte("content"))
	f.Add(good, 0, byte(0))
	f.Add(good[:len(good)-1], 3, byte(1))
	f.Add([]byte("evalctl1"), 0, byte(0))
	f.Add([]byte{}, 0, byte(0))
	f.Fuzz(func(t *testing.T, data []byte, at int, flip byte) {
		if l, content, err := artifacts.OpenEntry(data); err == nil && !bytes.HasSuffix(data, content) {
			t.Errorf("%+v: %q of %q", l, content, data)
		}
		entry := artifacts.NewEntry("r", data)
		if _, content, err := artifacts.OpenEntry(entry); err != nil || !bytes.Equal(content, data) {
			t.Fatalf("%q, %v", content, err)
		}
		if at >= 0 && at < len(entry) && flip != 0 {
			entry[at] ^= flip
			if _, content, err := artifacts.OpenEntry(entry); err == nil {
				t.Errorf("flipped at %d: %q", at, content)
			}
		}
	})
}
