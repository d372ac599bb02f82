package infer

import (
	"strconv"

	"github.com/evalctl/evalctl/pkg/decimal"
)

// derivedDigits is how many significant digits of a computed float are the same on
// every platform.
const derivedDigits = 12

// Derived returns x cut to 12 significant digits, as display and JSON show computed
// floats. Decide on x itself.
func Derived(x float64) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', derivedDigits-1, 64), 64)
	return short
}

// RoundPDG writes a value and its error with the digits that the error supports, by
// the rule of the Particle Data Group (Review of Particle Physics, introduction
// §5.3): of the three leading digits of the error 100–354 keep two, 355–949 one,
// and 950–999 round up to 1000 and keep two. From 100 on zeros stand left of the
// point: 123.4 is 120. ok is false unless the error is positive.
func RoundPDG(value, deviation decimal.Decimal) (valueText, errorText string, ok bool) {
	places, ok := decimal.ErrorPlaces(deviation)
	if !ok {
		return "", "", false
	}
	return roundText(value, places), roundText(deviation, places), true
}

// maxPlaces bounds the digits a caller may ask for.
const maxPlaces = 1000

// RoundDecimal rounds half away from zero to places digits after the point, to
// tens, hundreds and so on for negative places; a value that rounds to zero has no
// sign. ok is false beyond 1000 places either way.
func RoundDecimal(value decimal.Decimal, places int) (text string, ok bool) {
	if places > maxPlaces || places < -maxPlaces {
		return "", false
	}
	return roundText(value, places), true
}

func roundText(value decimal.Decimal, places int) string {
	if places < 0 {
		return value.Round(places).Fixed(0)
	}
	return value.Fixed(places)
}
