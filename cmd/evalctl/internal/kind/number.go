package kind

import (
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
	return minus(d.Fixed(places))
}

// signed shows a difference with its sign. One that rounds to zero has none, so
// that the text of a difference is that of its opposite but for the sign.
func signed(d *decimal.Decimal, places int) string {
	if d == nil {
		return dash
	}
	rounded := d.Round(places)
	if rounded.Sign() > 0 {
		return "+" + rounded.Fixed(places)
	}
	return minus(rounded.Fixed(places))
}

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
	return d.Round(4).String()
}

// compactSigned is [compact] with a plus.
func compactSigned(d *decimal.Decimal) string {
	if d != nil && d.Sign() > 0 {
		return "+" + compact(d)
	}
	return compact(d)
}
