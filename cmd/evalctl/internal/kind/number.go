package kind

import (
	"strconv"
	"strings"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
)

// Numbers on screens are rounded once, here, from exact values (statistics §15).

// maxPlaces is how many decimals a value without an error is shown with at most.
func maxPlaces(scale catalog.Scale) int {
	if scale == catalog.Percent || scale == catalog.Signed100 {
		return 2
	}
	return 4
}

// placesOf is how many decimals the values of one row are shown with: as the
// smallest standard error among them says, else as many as the values have.
func placesOf(scale catalog.Scale, values, errors []*decimal.Decimal) int {
	places, found := 0, false
	for _, e := range errors {
		if e == nil {
			continue
		}
		if p, ok := decimal.ErrorPlaces(*e); ok && (!found || p > places) {
			places, found = p, true
		}
	}
	if found {
		return max(places, 0)
	}
	for _, v := range values {
		if v == nil {
			continue
		}
		p, ends := v.Places()
		if !ends || p > maxPlaces(scale) {
			p = maxPlaces(scale)
		}
		places = max(places, p)
	}
	return places
}

// fixed shows a value; "—" for none.
func fixed(d *decimal.Decimal, places int) string {
	if d == nil {
		return dash
	}
	if isHuge(*d) {
		return minus(d.Scientific(hugeDigits))
	}
	return minus(d.Fixed(places))
}

// whole shows a count.
func whole(d *decimal.Decimal) string {
	if d != nil && isHuge(*d) {
		return minus(d.Scientific(hugeDigits))
	}
	return orDash(text(d))
}

// A number of more digits than huge says less than its size does; it is shown in
// scientific notation, on screens only.
const (
	huge       = 21
	hugeDigits = 5
)

func isHuge(d decimal.Decimal) bool { return d.Magnitude() >= huge }

// signed shows a difference with its sign. One that is not zero and rounds to it
// is shown by its first digit instead: a screen must not say that nothing changed.
func signed(d *decimal.Decimal, places int) string {
	if d == nil {
		return dash
	}
	shown := d.Fixed(places)
	if isHuge(*d) {
		shown = d.Scientific(hugeDigits)
	}
	if d.Sign() != 0 && d.Round(places).Sign() == 0 {
		shown = d.RoundSignificant(1).String()
		if d.Magnitude() < -smallest {
			shown = "1e" + strconv.Itoa(d.Magnitude())
			if d.Sign() < 0 {
				shown = "-" + shown
			}
		}
	}
	if d.Sign() > 0 {
		return "+" + shown
	}
	return minus(shown)
}

// smallest is how many decimals a small difference may take on a screen.
const smallest = 9

// minus replaces the hyphen by the sign that is as wide as a plus.
func minus(s string) string {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return "−" + rest
	}
	return s
}

// withError shows "0.890 ± 22": the standard error in units of the last digit
// shown.
func withError(value, stderr *decimal.Decimal, places int) string {
	shown := fixed(value, places)
	if value == nil || stderr == nil || stderr.Sign() <= 0 {
		return shown
	}
	if isHuge(*value) || isHuge(*stderr) {
		return shown + " ± " + stderr.Scientific(2) // of no digit that is shown
	}
	units := stderr.Round(places)
	for range places {
		units = units.Mul(decimal.FromInt(10))
	}
	return shown + " ± " + units.Fixed(0)
}

// compact shows a number with at most 4 decimals and no trailing zeros, for one
// line of prose.
func compact(d *decimal.Decimal) string {
	if d == nil {
		return "-"
	}
	if isHuge(*d) {
		return d.Scientific(hugeDigits)
	}
	if d.Sign() != 0 && d.Round(4).Sign() == 0 {
		return d.RoundSignificant(1).String()
	}
	return d.Round(4).String()
}

// compactSigned is [compact] with a plus.
func compactSigned(d *decimal.Decimal) string {
	if d != nil && d.Sign() > 0 {
		return "+" + compact(d)
	}
	return compact(d)
}
