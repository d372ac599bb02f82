package nemo

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// digestVersion begins what is hashed, so that another form has other digests.
const digestVersion = "evalctl scores 1\n"

// ScoreDigest is the SHA-256, in hexadecimal, of the numbers of jobs: of one line
// for each score with harness, task, section, name, metric, score, value and the
// statistics beside it, each as a Go string literal, numbers as their exact
// canonical text; a job without results has a line with the reason. Lines are
// sorted. Ids, times, settings and places of files are no part of it: another
// export of the same results has the same digest.
func ScoreDigest(jobs []Job) string {
	var lines []string
	add := func(fields ...string) {
		quoted := make([]string, len(fields))
		for i, field := range fields {
			quoted[i] = strconv.Quote(field)
		}
		lines = append(lines, strings.Join(quoted, " ")+"\n")
	}
	for _, job := range jobs {
		harness, task := Text(job.Run.Harness), Text(job.Run.Task)
		if job.Results == nil {
			add(harness, task, job.Reason)
			continue
		}
		for _, s := range job.Results.Scores {
			value := digits(s.Value)
			if s.Value == nil {
				value = "! " + s.Invalid
			}
			add(harness, task, s.Section, s.Name, s.Metric, s.Score, value, digits(s.Stats.Count), digits(s.Stats.Mean),
				digits(s.Stats.Variance), digits(s.Stats.Stddev), digits(s.Stats.Stderr))
		}
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(digestVersion + strings.Join(lines, "")))
	return hex.EncodeToString(sum[:])
}

func digits(d *decimal.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}
