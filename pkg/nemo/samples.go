package nemo

// Samples are the outcomes of the questions of one job, as the sample files of
// its harness record them.
type Samples struct {
	Files    []File     // that were read, sorted by path
	Outcomes []Outcomes // one for each score, sorted by Name, Metric, Score
}

// Outcomes are the values of one score on each of its questions.
type Outcomes struct {
	Name, Metric, Score string // the score of results.yml that they make up

	JoinedBy string   // what identifies a question: "doc_hash", "id", …; JoinPosition if nothing else does
	Answers  []Answer // sorted by ID, then Repeat

	NonFinite int // answers left out because their value is no finite number
	Unscored  int // answers left out because the harness did not score them
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

// JoinPosition says that questions are known by their place in the file alone.
const JoinPosition = "position"

// Answer is the value of one answer to one question.
type Answer struct {
	ID     [16]byte // of the question: equal ids are the same question, on any side
	Repeat int32    // from 0
	Value  float64  // finite; the nearest float64 to the text, which has 17 digits at most
}
