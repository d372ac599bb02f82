package infer

import (
	"strconv"
	"testing"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// BenchmarkMoments adds a million differences that are all different, the worst
// case of a paired comparison.
func BenchmarkMoments(b *testing.B) {
	d := newDice(41)
	values := make([]decimal.Decimal, 1_000_000)
	for i := range values {
		values[i] = decimal.MustParse(strconv.FormatFloat(d.Float64(), 'g', -1, 64))
	}
	b.ResetTimer()
	for b.Loop() {
		m := MomentsOf(values)
		if PairedT(m, 0.95).P == nil {
			b.Fatal("undefined")
		}
	}
}

func BenchmarkTango(b *testing.B) {
	for b.Loop() {
		Tango(Discordance{17, 9, 164}, 0.95)
	}
}

func BenchmarkMiettinenNurminen(b *testing.B) {
	for b.Loop() {
		MiettinenNurminen(TwoProportions{137, 164, 145, 164}, 0.95)
	}
}
