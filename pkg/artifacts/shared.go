package artifacts

import (
	"context"
	"sync"
)

// answers keeps what was asked for by key, so that several goroutines which want
// the same ask for it once. The zero value is empty.
type answers[T any] struct {
	mu    sync.Mutex
	byKey map[string]*answer[T]
}

// answer is one of them. Whoever holds turn may ask.
type answer[T any] struct {
	turn  chan struct{}
	known bool
	value T
	err   error
}

// get returns the answer for key, asking if nobody has yet. An error of an asker
// whose own ctx has ended says nothing about the answer: then the next in turn
// asks again.
func (a *answers[T]) get(ctx context.Context, key string, ask func() (T, error)) (T, error) {
	one := a.at(key)
	select {
	case one.turn <- struct{}{}: // before an end of ctx, so that what is lacking is told the same each time
	default:
		select {
		case one.turn <- struct{}{}:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
	defer func() { <-one.turn }()
	if one.known {
		return one.value, one.err
	}
	value, err := ask()
	if err == nil || ctx.Err() == nil {
		one.value, one.err, one.known = value, err, true
	}
	return value, err
}

func (a *answers[T]) at(key string) *answer[T] {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byKey == nil {
		a.byKey = map[string]*answer[T]{}
	}
	if a.byKey[key] == nil {
		a.byKey[key] = &answer[T]{turn: make(chan struct{}, 1)}
	}
	return a.byKey[key]
}
