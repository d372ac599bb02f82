package artifacts

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnswersAreAskedForOnce(t *testing.T) {
	for name, want := range map[string]error{"an answer": nil, "an error": errors.New("no")} {
		synctest.Test(t, func(t *testing.T) {
			var all answers[int]
			asked := 0
			for range 5 {
				go func() {
					got, err := all.get(t.Context(), "key", func() (int, error) {
						asked++
						<-time.After(time.Second)
						return asked, want
					})
					if got != 1 || !errors.Is(err, want) {
						t.Errorf("%s: %d, error %v", name, got, err)
					}
				}()
			}
			<-time.After(time.Minute)
			if asked != 1 {
				t.Errorf("%s: asked %d times", name, asked)
			}
			if got, err := all.get(t.Context(), "other", func() (int, error) { return 7, nil }); got != 7 || err != nil {
				t.Errorf("another key: %d, error %v", got, err)
			}
		})
	}
}

// One who gives up neither spoils the answer for the others nor waits for them.
func TestAskerThatGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all answers[int]
		begin := time.Now()
		leaving, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		go func() { // asks, and gives up
			if _, err := all.get(leaving, "key", func() (int, error) {
				<-leaving.Done()
				return 0, leaving.Err()
			}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		}()
		synctest.Wait()
		go func() { // waits for the first
			got, err := all.get(t.Context(), "key", func() (int, error) {
				<-time.After(time.Hour)
				return 7, nil
			})
			if got != 7 || err != nil {
				t.Errorf("%d, error %v", got, err)
			}
		}()
		synctest.Wait()
		<-leaving.Done()
		synctest.Wait()
		if _, err := all.get(leaving, "key", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err) // the second is asking now
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("it took %v", took)
		}
		<-time.After(2 * time.Hour)
	})
}
