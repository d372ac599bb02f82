package artifacts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/evalctl/evalctl/pkg/query"
)

// maxHeld is the length up to which a file that is read as it comes is read whole
// all the same, because then it is cached.
const maxHeld = 16 << 20

var errEnough = errors.New("the reader has seen enough")

// pour gives a listed file's content to use, which reads it to the end or to its
// own error, and returns the content's checksum. A transfer that broke is begun
// again, and use with it. A long file is never in memory as a whole, and not
// cached.
func (d *folder) pour(ctx context.Context, file query.File, use func(io.Reader) error) (sha256 string, err error) {
	if file.Size <= maxHeld {
		blob, err := d.read(ctx, file.Path)
		if query.HasCode(err, query.NotFound) {
			err = undeliverable(file.Path, err)
		}
		if err != nil {
			return "", err
		}
		return blob.SHA256(), use(bytes.NewReader(blob.Content))
	}
	if d.progress != nil {
		d.progress.Want(1)
		defer func() { d.progress.Got(file.Path, file.Size) }()
	}
	for range tries {
		sha256, err = d.pourOnce(ctx, file, use)
		if !isCutShort(err) || ctx.Err() != nil {
			break
		}
	}
	if query.HasCode(err, query.Uncertain) || query.HasCode(err, query.NotFound) {
		return "", undeliverable(file.Path, err)
	}
	return sha256, d.broken(err)
}

func (d *folder) pourOnce(ctx context.Context, file query.File, use func(io.Reader) error) (string, error) {
	reader, writer := io.Pipe()
	sum := sha256.New()
	transferred := make(chan error, 1)
	go func() {
		err := d.stream(ctx, file, io.MultiWriter(sum, writer))
		writer.CloseWithError(err)
		transferred <- err
	}()
	usedErr := use(reader)
	reader.CloseWithError(errEnough)
	// What a broken transfer delivered may look damaged: its own error is the cause.
	if err := <-transferred; err != nil && !errors.Is(err, errEnough) {
		return "", err
	}
	return checksum(sum), usedErr
}
