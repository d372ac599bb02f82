package nemo

import (
	"io"
	"path"
	"slices"
	"strings"
)

// Samples are the outcomes of the questions of one job, as the sample files of
// its harness record them.
type Samples struct {
	Files    []File     // that were read, sorted by path
	Outcomes []Outcomes // one for each score, sorted by Name, Metric, Score
	Excluded []Excluded // scores whose outcomes are no evidence, in the same order
}

// Outcomes are the values of one score on each of its questions.
type Outcomes struct {
	Name, Metric, Score string // the score of results.yml that they make up

	// Scale is what the mean of the values is multiplied by to be the score: 1, or
	// 100 where results.yml has percent. That it is, within the rounding of the
	// harness, has been checked.
	Scale float64

	JoinedBy string   // what identifies a question: "doc_hash", "id", …; JoinPosition if nothing else does
	Answers  []Answer // sorted by ID, then Repeat

	// Removed are the questions that have an answer whose value is no finite number,
	// sorted. None of their answers is in Answers, and no comparison may count them.
	Removed [][16]byte

	Unscored int // answers left out because the harness did not score them
}

// Excluded is a score that has sample files which are no evidence for it.
type Excluded struct {
	Name, Metric, Score string
	Reason              string // for a person
}

// Of returns the outcomes that make up a score of results.yml; nil if there are none.
func (s *Samples) Of(name, metric, score string) *Outcomes {
	for i, o := range s.Outcomes {
		if o.Name == name && o.Metric == metric && o.Score == score {
			return &s.Outcomes[i]
		}
	}
	return nil
}

// WhyNot says, for a person, why no outcomes make up a score.
func (s *Samples) WhyNot(name, metric, score string) string {
	for _, e := range s.Excluded {
		if e.of() == (scoreName{name, metric, score}) {
			return e.Reason
		}
	}
	return "its sample files do not tell this score"
}

// JoinPosition says that questions are known by their place in the file alone.
const JoinPosition = "position"

// Answer is the value of one answer to one question.
type Answer struct {
	ID     [16]byte // of the question: equal ids are the same question, on any side
	Repeat int32    // from 0
	Value  float64  // finite; the nearest float64 to the text, which has 17 digits at most
}

// SampleSet is the sample files that one program wrote for a job.
type SampleSet struct {
	Files  []string // to be read, sorted
	format sampleFormat
}

// sampleFormat is one program's sample files.
type sampleFormat interface {
	// find picks the format's files out of a job's.
	find(files []string) []string
	// decode reads them, and adds the answers to the scores they make up.
	decode(in *sampleReader, to *outcomeSet) error
}

// sampleFormats are tried in this order: a harness's own files before what the
// core makes of them.
func sampleFormats() []sampleFormat {
	return []sampleFormat{lmEvalSamples{}, byobSamples{}, bfclSamples{}, ifbenchSamples{}, skillsSamples{}, nextSamples{}, coreSamples{}}
}

// FindSamples picks the sample files out of a job's files, all below the folder of
// its results.yml.
func FindSamples(files []string) []SampleSet {
	var sets []SampleSet
	for _, format := range sampleFormats() {
		if found := format.find(files); len(found) > 0 {
			slices.Sort(found)
			sets = append(sets, SampleSet{Files: found, format: format})
		}
	}
	return sets
}

// DecodeSamples reads sample files as streams and returns the outcomes of the
// scores of results; without any, those excluded. Of sets that tell of the same
// score the first counts. open returns one of the files, which is read to its end
// and closed.
//
// Damage is a [*SyntaxError], wrapped with the file's path; any other error is one
// of open or of reading. Samples.Files is left to the caller.
func DecodeSamples(sets []SampleSet, results *Results, open func(name string) (io.ReadCloser, error)) (*Samples, error) {
	samples := &Samples{}
	for _, set := range sets {
		outcomes := newOutcomeSet(results)
		if err := set.format.decode(&sampleReader{set.Files, open}, outcomes); err != nil {
			return nil, err
		}
		outcomes.appendTo(samples)
	}
	samples.sort()
	return samples, nil
}

// sampleReader gives a format its files.
type sampleReader struct {
	files []string
	open  func(name string) (io.ReadCloser, error)
}

// records calls visit for each record of a file of JSON Lines.
func (in *sampleReader) records(name string, visit func(r *record) error) (err error) {
	file, err := in.open(name)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}()
	lines := newJSONLines(file)
	for {
		r, err := lines.next()
		if err == io.EOF { //nolint:errorlint // next returns it bare, as Read does
			return nil
		}
		if err == nil {
			err = visit(r)
			if damage := lines.check(r); damage != nil {
				err = damage
			}
		}
		if err != nil {
			return inFile(name, lines.number, err)
		}
	}
}

// object walks a file that is one object.
func (in *sampleReader) object(name string, visit func(r *record, key []byte) bool) error {
	file, err := in.open(name)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxLine+1))
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if len(content) > maxLine {
		return inFile(name, 0, problemf("more than %d MiB", maxLine>>20))
	}
	r := &record{data: trimSpace(content)}
	r.object(func(key []byte) bool { return visit(r, key) })
	return inFile(name, 0, (&jsonLines{}).check(r))
}

// matching are the files whose base name the pattern of [path.Match] matches.
func matching(files []string, pattern string) []string {
	var found []string
	for _, file := range files {
		if ok, _ := path.Match(pattern, path.Base(file)); ok {
			found = append(found, file)
		}
	}
	return found
}

// between cuts prefix and suffix off the base name of a file.
func between(file, prefix, suffix string) string {
	return strings.TrimSuffix(strings.TrimPrefix(path.Base(file), prefix), suffix)
}

// parent is the name of the folder that holds a file.
func parent(file string) string { return path.Base(path.Dir(file)) }
