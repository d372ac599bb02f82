package infer

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// NormalQuantile returns the x with Φ(x) = p, or nil unless 0 < p < 1.
func NormalQuantile(p float64) *float64 {
	if !(p > 0 && p < 1) {
		return nil
	}
	return finite(distuv.UnitNormal.Quantile(p))
}

// normalTail returns P(Z >= x) as Φ(−x), which keeps its precision far out where
// 1 − Φ(x) has none left.
func normalTail(x float64) float64 { return distuv.UnitNormal.CDF(-x) }

// studentTail returns P(T >= t) of Student's t with df > 0 degrees of freedom, to
// about 12 digits. gonum alone keeps 9 of them at df = 10⁶ and 7 at t = 10⁻⁶, where
// it subtracts nearly equal numbers.
func studentTail(t, df float64) float64 {
	switch {
	case t < 0:
		return 1 - studentTail(-t, df)
	case df >= 500 && square(t) <= df/5:
		return normalTail(hillDeviate(t, df))
	case t < 1:
		within := distuv.Beta{Alpha: 0.5, Beta: df / 2}.CDF(square(t) / (square(t) + df))
		return 0.5 - within/2
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Survival(t)
}

// hillDeviate returns the normal deviate z with P(Z >= z) = P(T >= t), for t >= 0
// (Hill 1970, Algorithm 395, CACM 13:617). Its error falls with df⁻⁴ and grows with
// t²/df.
func hillDeviate(t, df float64) float64 {
	a := df - 0.5
	b := 48 * square(a)
	y := float64(a * math.Log1p(square(t)/df))
	numerator := float64((float64((float64(-0.4*y)-3.3)*y)-24)*y) - 85.5
	denominator := float64(0.8*square(y)) + 100 + b
	return float64(((numerator/denominator+y+3)/b + 1) * math.Sqrt(y))
}

// StudentQuantile returns the x with P(T <= x) = p for Student's t with df degrees
// of freedom, not necessarily whole. It is nil unless 0 < p < 1 and df > 0, or if x
// is too large for a float64.
func StudentQuantile(p, df float64) *float64 {
	if !(p > 0 && p < 1 && df > 0) || math.IsInf(df, 1) {
		return nil
	}
	if p == 0.5 {
		return finite(0)
	}
	beyond := min(p, 1-p)
	excess := func(t float64) float64 { return studentTail(t, df) - beyond }
	// The tails of t are heavier than those of the normal distribution.
	least := max(0, -distuv.UnitNormal.Quantile(beyond))
	most := 2*least + 1
	for excess(most) > 0 {
		least, most = most, 2*most
		if math.IsInf(square(most), 1) {
			return nil
		}
	}
	x := solve(excess, least, most)
	if p < 0.5 {
		x = -x
	}
	return finite(x)
}

// critical returns the two-sided critical value at a confidence: of Student's t,
// or of the normal if df is nil.
func critical(confidence float64, df *float64) *float64 {
	alpha, ok := Alpha(confidence)
	if !ok {
		return nil
	}
	var quantile *float64
	if df == nil {
		quantile = NormalQuantile(alpha / 2)
	} else {
		quantile = StudentQuantile(alpha/2, *df)
	}
	if quantile == nil {
		return nil
	}
	return finite(-*quantile)
}

// tail returns P(X >= x) of Student's t, or of the normal if df is nil.
func tail(x float64, df *float64) float64 {
	if df == nil {
		return normalTail(x)
	}
	return studentTail(x, *df)
}

// twoSided returns P(|X| >= |x|), nil for nil.
func twoSided(x, df *float64) *float64 {
	if x == nil {
		return nil
	}
	return finite(min(1, 2*tail(math.Abs(*x), df)))
}
