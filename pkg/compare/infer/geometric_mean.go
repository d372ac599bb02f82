package infer

import (
	"math"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// GeometricMean is a mean of positive ratios, exp(mean log). Of accuracies it would
// be undefined at 0 and dominated by values near it.
type GeometricMean struct {
	Value  *float64
	CI     *Interval // t interval on logs, m − 1 degrees of freedom
	Reason Reason
}

// GeometricMeanOf averages positive values; one at or below 0 makes it undefined.
// The interval needs 2 values that differ.
func GeometricMeanOf(values []decimal.Decimal, confidence float64) GeometricMean {
	logs, reason := logsOf(values)
	if reason != "" {
		return GeometricMean{Reason: reason}
	}
	return exponentiate(PairedT(logs, confidence))
}

// RatioOfMeans compares two samples of a positive ratio-scale quantity, such as the
// latencies of repeated runs, by [Welch] on logs: Value is the ratio of the
// geometric means, candidate over baseline, with its interval.
func RatioOfMeans(base, cand []decimal.Decimal, confidence float64) (GeometricMean, Estimate) {
	x, reason := logsOf(base)
	if reason != "" {
		return GeometricMean{Reason: reason}, undefined(nil, reason)
	}
	y, reason := logsOf(cand)
	if reason != "" {
		return GeometricMean{Reason: reason}, undefined(nil, reason)
	}
	logs := Welch(x, y, confidence)
	return exponentiate(logs), logs
}

func exponentiate(logs Estimate) GeometricMean {
	g := GeometricMean{Value: finite(math.Exp(logs.Value.Float64())), Reason: logs.Reason}
	if logs.CI != nil {
		g.CI = interval(logs.CI.Level, math.Exp(logs.CI.Lo), math.Exp(logs.CI.Hi))
	}
	if g.Reason == "" && g.CI == nil {
		g.Reason = ReasonOutOfRange
	}
	return g
}

// logsOf returns the moments of the logarithms. They are taken as the decimals that
// read back as these floats, so equal values have a variance of exactly 0.
func logsOf(values []decimal.Decimal) (Moments, Reason) {
	var logs Moments
	if len(values) == 0 {
		return logs, ReasonTooFew
	}
	for _, value := range values {
		if value.Sign() <= 0 {
			return Moments{}, ReasonNonPositive
		}
		exact, err := decimal.FromFloat(math.Log(value.Float64()))
		if err != nil {
			return Moments{}, ReasonOutOfRange
		}
		logs.Add(exact, 1)
	}
	return logs, ""
}
