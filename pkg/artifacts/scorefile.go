package artifacts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/evalctl/evalctl/pkg/nemo"
	"github.com/evalctl/evalctl/pkg/query"
)

// readScoreFile adds to results what a task's headline is made of, if that is in
// another file. Without the file the task has no headline, which is said.
func (d *folder) readScoreFile(ctx context.Context, job *nemo.Job, results *nemo.Results, dir string) error {
	wanted, ok := nemo.ScoreFileOf(nemo.Text(job.Run.Harness), nemo.Text(job.Run.Task), results.Scores)
	if !ok {
		return nil
	}
	name := path.Join(dir, wanted.Name)
	files, err := d.list(ctx, dir)
	if err != nil {
		return d.withoutScoreFile(ctx, job, name, err)
	}
	i := slices.IndexFunc(files, func(f query.File) bool { return f.Path == name && !f.IsDir })
	if i < 0 {
		warn(job, "SCORE_FILE_MISSING", "the headline is in "+wanted.Name+", not in results.yml, and the run does not have that file; "+
			"only an export with only_required=false does, of launchers before 0.2.6, or the output directory")
		return nil
	}
	if files[i].Size > d.maxFile {
		return d.withoutScoreFile(ctx, job, name, d.tooLarge(name))
	}
	var scores []nemo.Score
	sum, err := d.pour(ctx, files[i], func(r io.Reader) (err error) {
		scores, err = wanted.Parse(r, nemo.File{Path: name})
		return err
	})
	if err != nil {
		return d.withoutScoreFile(ctx, job, name, err)
	}
	for _, s := range scores {
		s.File.SHA256 = sum
		results.Scores = append(results.Scores, s)
	}
	return nil
}

// withoutScoreFile warns of a file that is damaged or too large; any other error of
// a finished run is one.
func (d *folder) withoutScoreFile(ctx context.Context, job *nemo.Job, name string, err error) error {
	_, damaged := errors.AsType[*nemo.SyntaxError](err)
	if ctx.Err() != nil || d.finished() && !damaged && !errors.Is(err, errTooLarge) {
		return err
	}
	warn(job, "SCORE_FILE_UNREADABLE", fmt.Sprintf("the headline is in %s: %v", name, err))
	return nil
}
