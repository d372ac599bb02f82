package rest

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evalctl/evalctl/pkg/query"
)

const (
	experimentsAPage = 1000
	runsAPage        = 200  // a run costs the server 5 ms; thousands kill a worker
	experimentsACall = 1000 // ids in one search, to begin with
)

type experimentsRequest struct {
	ViewType   string `json:"view_type,omitempty"` // the server's default is ACTIVE_ONLY
	MaxResults int    `json:"max_results"`         // required, in spite of the protocol's text
	Token      string `json:"page_token,omitempty"`
}

type runsRequest struct {
	Experiments []string `json:"experiment_ids"`
	Filter      string   `json:"filter,omitempty"`
	ViewType    string   `json:"run_view_type"`
	MaxResults  int      `json:"max_results"`
	OrderBy     []string `json:"order_by"`
	Token       string   `json:"page_token,omitempty"`
}

// experimentList holds the experiments once they are known. It is asked for once,
// by whoever comes first, unless that fails.
type experimentList struct {
	turn  chan struct{} // holds one token, for whoever may look
	lists map[query.View][]query.Experiment
}

func newExperimentList() experimentList {
	l := experimentList{turn: make(chan struct{}, 1), lists: map[query.View][]query.Experiment{}}
	l.turn <- struct{}{}
	return l
}

// Experiments lists the experiments, by id: shorter ids first, so that numbers are
// in order. A list is asked for once in the life of the store.
func (s *Store) Experiments(ctx context.Context, view query.View) ([]query.Experiment, error) {
	select {
	case <-s.experiments.turn:
	case <-ctx.Done():
		return nil, s.failure(context.Cause(ctx))
	}
	defer func() { s.experiments.turn <- struct{}{} }()
	list, known := s.experiments.lists[view]
	if !known {
		var err error
		if list, err = s.fetchExperiments(ctx, view); err != nil {
			return nil, err
		}
		s.experiments.lists[view] = list
	}
	return slices.Clone(list), nil
}

// fetchExperiments returns a list that is not nil.
func (s *Store) fetchExperiments(ctx context.Context, view query.View) ([]query.Experiment, error) {
	byID := make(map[string]query.Experiment)
	request := experimentsRequest{MaxResults: experimentsAPage}
	if view == query.WithDeleted {
		request.ViewType = viewAll
	}
	tokens := make(map[string]bool)
	for {
		var page experimentsPage
		if err := s.post(ctx, "experiments/search", request, &page); err != nil {
			return nil, err
		}
		for _, e := range page.Experiments {
			decoded, err := e.decode()
			if err != nil {
				return nil, s.corrupt(err)
			}
			if view == query.WithDeleted || !decoded.Deleted {
				byID[decoded.ID] = decoded
			}
		}
		if len(page.Experiments) == 0 || page.Token == "" || tokens[page.Token] {
			break
		}
		tokens[page.Token] = true
		request.Token = page.Token
	}
	list := make([]query.Experiment, 0, len(byID))
	for _, e := range byID {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b query.Experiment) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Run returns the run with this id, deleted or not.
func (s *Store) Run(ctx context.Context, id string) (query.Run, error) {
	if !isRunID(id) {
		return query.Run{}, &query.Error{Code: query.NotFound, Message: "no run has the id " + clip(id)}
	}
	var answer runAnswer
	if err := s.get(ctx, "runs/get", url.Values{"run_id": {id}}, &answer); err != nil {
		if query.HasCode(err, query.NotFound) {
			err = &query.Error{Code: query.NotFound, Message: "no run " + id + " on " + s.URI(), Err: errors.Unwrap(err)}
		}
		return query.Run{}, err
	}
	found, err := answer.Run.decode()
	if err != nil {
		return query.Run{}, s.corrupt(err)
	}
	found.Experiment, err = s.experimentName(ctx, found.ExperimentID)
	return found, err
}

// experimentName is the name of an experiment, deleted or not; "" if it is gone.
func (s *Store) experimentName(ctx context.Context, id string) (string, error) {
	active, err := s.Experiments(ctx, query.Active)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(active, func(e query.Experiment) bool { return e.ID == id }); i >= 0 {
		return active[i].Name, nil
	}
	var answer experimentAnswer
	err = s.get(ctx, "experiments/get", url.Values{"experiment_id": {id}}, &answer)
	if query.HasCode(err, query.NotFound) {
		return "", nil
	}
	return answer.Experiment.Name, err
}

// Search yields the runs that match, as [query.Store] says. There is no search
// over all experiments, so it names them: one request for the list, and one for
// each page of runs in each thousand of experiments and each alternative.
func (s *Store) Search(ctx context.Context, search query.Search) iter.Seq2[query.Run, error] {
	return func(yield func(query.Run, error) bool) {
		experiments, err := s.Experiments(ctx, search.View)
		if err != nil {
			yield(query.Run{}, err)
			return
		}
		names := make(map[string]string)
		var ids []string
		for _, e := range experiments {
			if search.Experiments == nil || slices.Contains(search.Experiments, e.ID) {
				names[e.ID] = e.Name
				ids = append(ids, e.ID)
			}
		}
		streams, err := s.open(ctx, ids, search)
		if err != nil {
			yield(query.Run{}, err)
			return
		}
		seen := make(map[string]bool)
		for yielded := 0; search.Limit <= 0 || yielded < search.Limit; {
			run, ok, err := next(ctx, streams)
			if err != nil {
				yield(query.Run{}, err)
				return
			}
			if !ok {
				return
			}
			name, listed := names[run.ExperimentID]
			if seen[run.ID] || run.Deleted && search.View != query.WithDeleted || !listed || !search.Match(run) {
				continue
			}
			seen[run.ID] = true
			run.Experiment = name
			if !yield(run, nil) {
				return
			}
			yielded++
		}
	}
}

// stream is the result of a search over some experiments, page by page.
type stream struct {
	store   *Store
	request runsRequest
	page    []query.Run
	tokens  map[string]bool // that were followed
	done    bool
}

// viewAll is MLflow's name for what is active and what is deleted.
const viewAll = "ALL"

// open begins the search over the experiments: the alternatives side by side, each
// in as many streams as the server demands.
func (s *Store) open(ctx context.Context, ids []string, search query.Search) ([]*stream, error) {
	alternatives := search.Any
	if len(alternatives) == 0 {
		alternatives = []query.Filter{nil}
	}
	streams := make([][]*stream, len(alternatives))
	group, ctx := errgroup.WithContext(ctx)
	for i, alternative := range alternatives {
		group.Go(func() (err error) {
			streams[i], err = s.openOne(ctx, ids, search, slices.Concat(search.Filter, alternative))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(streams...), nil
}

// openOne begins the search for what meets one filter.
func (s *Store) openOne(ctx context.Context, ids []string, search query.Search, filter query.Filter) ([]*stream, error) {
	size := runsAPage
	if expected := cmp.Or(max(search.Limit, 0), search.Expected); expected > 0 {
		size = min(size, expected)
	}
	view := "ACTIVE_ONLY"
	if search.View == query.WithDeleted {
		view = viewAll
	}
	var streams []*stream
	for n := experimentsACall; len(ids) > 0; {
		n = min(n, len(ids))
		st := &stream{
			store: s,
			request: runsRequest{
				Experiments: ids[:n],
				Filter:      s.language(filter, search.Raw),
				ViewType:    view,
				MaxResults:  size,
				OrderBy:     []string{"attributes.start_time DESC"}, // then by run id, always
			},
			tokens: make(map[string]bool),
		}
		err := st.fetch(ctx)
		if refusedClause(err) && st.withoutNull(filter, search.Raw) {
			if err = st.fetch(ctx); err == nil {
				s.noNull.Store(true)
			}
		}
		switch {
		case err == nil:
			streams = append(streams, st)
			ids = ids[n:]
		case n > 1 && tooMany(err):
			n = (n + 1) / 2
		case search.Raw != "" && query.HasCode(err, query.Usage):
			return nil, refusedFilter(err, search.Raw)
		default:
			return nil, err
		}
	}
	return streams, nil
}

// language is a filter in the server's language, as far as this server knows it.
func (s *Store) language(filter query.Filter, raw string) string {
	if s.noNull.Load() {
		filter = withoutNull(filter)
	}
	text := filter.String()
	if text != "" && raw != "" {
		text += " AND "
	}
	return text + raw
}

// withoutNull leaves out what servers before 3.11 do not know. They then find
// more, which the client drops.
func withoutNull(filter query.Filter) query.Filter {
	return slices.DeleteFunc(slices.Clone(filter), func(c query.Condition) bool { return c.Op == query.Absent })
}

// withoutNull changes a request so; false if that makes no difference.
func (st *stream) withoutNull(filter query.Filter, raw string) bool {
	before := st.request.Filter
	st.request.Filter = st.store.language(withoutNull(filter), raw)
	return st.request.Filter != before
}

// refusedClause reports whether the server did not understand a filter.
func refusedClause(err error) bool {
	said, ok := errors.AsType[*answerError](err)
	return ok && said.status == http.StatusBadRequest && !tooMany(err)
}

// refusedFilter is the error for a filter that a person wrote.
func refusedFilter(err error, raw string) *query.Error {
	refused := &query.Error{
		Code: query.Usage, Message: "the server does not understand the filter " + clip(raw),
		Hint: "it is in MLflow's language: comparisons joined by AND, such as\n" +
			"metrics.`gsm8k_exact_match` > 0.5 AND params.executor = 'slurm'",
	}
	if said, ok := errors.AsType[*answerError](err); ok {
		refused.Err = said
	}
	return refused
}

// tooMany reports whether an error means that the search named more experiments
// than the server takes: Databricks' answer, a reverse proxy's, or sqlite's.
func tooMany(err error) bool {
	said, ok := errors.AsType[*answerError](err)
	if !ok {
		return false
	}
	switch message := strings.ToLower(said.message); said.status {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusBadRequest:
		return strings.Contains(message, "too many")
	case http.StatusServiceUnavailable:
		return strings.Contains(message, tooManyVariables)
	}
	return false
}

// fetch gets the next page.
func (st *stream) fetch(ctx context.Context) error {
	var page runsPage
	if err := st.store.post(ctx, "runs/search", st.request, &page); err != nil {
		return err
	}
	runs, err := page.decode()
	if err != nil {
		return st.store.corrupt(err)
	}
	st.page = runs
	st.request.Token = page.Token
	// A full last page may come with a token, and some tokens lead in a circle.
	st.done = len(runs) == 0 || page.Token == "" || st.tokens[page.Token]
	st.tokens[page.Token] = true
	return nil
}

// decode makes runs of a page, in the order of a search.
func (p runsPage) decode() ([]query.Run, error) {
	runs := make([]query.Run, len(p.Runs))
	for i, r := range p.Runs {
		var err error
		if runs[i], err = r.decode(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(runs, query.NewestFirst)
	return runs, nil
}

// next takes the first run of all streams; false at their end.
func next(ctx context.Context, streams []*stream) (query.Run, bool, error) {
	var first *stream
	for _, st := range streams {
		for len(st.page) == 0 && !st.done {
			if err := st.fetch(ctx); err != nil {
				return query.Run{}, false, err
			}
		}
		if len(st.page) > 0 && (first == nil || query.NewestFirst(st.page[0], first.page[0]) < 0) {
			first = st
		}
	}
	if first == nil {
		return query.Run{}, false, nil
	}
	run := first.page[0]
	first.page = first.page[1:]
	return run, true, nil
}

// corrupt is the error for an answer that holds what cannot be.
func (s *Store) corrupt(err error) *query.Error {
	return &query.Error{Code: query.Corrupt, Message: address(s.base) + " sent an answer that cannot be read", Hint: hintAgain, Err: err}
}
