package compare

import (
	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// Standing is where a side stands among several, over the tasks that its average
// counts. Every pairing of the side with another one on a task is won, lost or
// tied by the sign of the exact difference in the good direction, without a test:
// Wins + Losses + Ties = tasks × (sides − 1). All are nil for one side alone, for
// an unknown direction and for an average that was withheld.
type Standing struct {
	Wins   *int `json:"wins"`
	Losses *int `json:"losses"`
	Ties   *int `json:"ties"`
	Rank   *int `json:"rank"` // by the mean, from 1; equal means share a rank, and the next one counts them all
}

// stand fills in the standings of the averages of all sides over the same tasks.
func stand(list []SideAverage, used []*line) {
	if len(list) < 2 || list[0].Direction == catalog.UnknownDirection {
		return
	}
	better := func(x, y decimal.Decimal) int {
		if list[0].Direction == catalog.Lower {
			return y.Cmp(x)
		}
		return x.Cmp(y)
	}
	for i := range list {
		if list[i].Value == nil {
			continue
		}
		rank, wins, losses, ties := 1, 0, 0, 0
		for other := range list {
			if other == i {
				continue
			}
			if list[other].Value != nil && better(*list[other].Value, *list[i].Value) > 0 {
				rank++
			}
			for _, l := range used {
				switch sign := better(*l.values[i].Value, *l.values[other].Value); {
				case sign > 0:
					wins++
				case sign < 0:
					losses++
				default:
					ties++
				}
			}
		}
		list[i].Standing = Standing{Wins: &wins, Losses: &losses, Ties: &ties, Rank: &rank}
	}
}
