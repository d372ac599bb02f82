// Package decimal holds exact decimal numbers: what a file says is what is
// computed with. A score such as 0.7266666666666667 is the text in the file,
// never its nearest binary fraction, so 0.7 - 0.6 is 0.1.
//
// It is the leaf of the module: everything else may import it and it imports
// nothing of the module.
package decimal

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// SignificantDigits is how many digits [Decimal.String] prints of a value whose
// decimal expansion does not end, such as 1/3.
const SignificantDigits = 34

// maxExponent bounds the written exponent, and maxDigits the length, of a parsed
// number: a few bytes such as 1e999999999 must not ask for gigabytes.
const (
	maxExponent = 400
	maxDigits   = 1000
)

// ErrSyntax is returned by [Parse] for text that is not a finite decimal number
// within the bounds of this package.
var ErrSyntax = errors.New("not a decimal number")

// Decimal is an exact rational number that prints as a decimal. Values are
// immutable; the zero value is 0.
//
// Numbers read from files terminate. Quotients need not; they stay exact in
// arithmetic and are rounded to [SignificantDigits] when printed.
type Decimal struct {
	rat *big.Rat // nil is 0
}

// Parse reads a number as YAML, JSON and Python write finite ones: an optional
// sign, digits with an optional point, and an optional exponent of at most 400
// in size. It rejects what [big.Rat.SetString] would also take: fractions,
// underscores and hexadecimal.
func Parse(text string) (Decimal, error) {
	if len(text) > maxDigits || !isNumber(text) {
		return Decimal{}, fmt.Errorf("%w: %s", ErrSyntax, quote(text))
	}
	rat, ok := new(big.Rat).SetString(text)
	if !ok {
		return Decimal{}, fmt.Errorf("%w: %s", ErrSyntax, quote(text))
	}
	return Decimal{rat}, nil
}

// quote shortens hostile text before it goes into an error.
func quote(text string) string {
	if len(text) > 40 {
		text = text[:40] + "…"
	}
	return strconv.Quote(text)
}

// isNumber reports whether text matches
// ^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$ with |exponent| <= maxExponent.
func isNumber(text string) bool {
	rest := strings.TrimLeft(text, "+-")
	if len(text)-len(rest) > 1 {
		return false
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(rest), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole == "" && fraction == "" || !areDigits(whole) || !areDigits(fraction) {
		return false
	}
	if !hasExponent {
		return true
	}
	if exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	if exponent == "" || len(exponent) > 4 || !areDigits(exponent) {
		return false
	}
	n, err := strconv.Atoi(exponent)
	return err == nil && n <= maxExponent
}

func areDigits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}

// MustParse is [Parse] for constants in code and tests; it panics on bad text.
func MustParse(text string) Decimal {
	d, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// FromInt returns n.
func FromInt(n int64) Decimal { return Decimal{new(big.Rat).SetInt64(n)} }

// FromFloat returns the shortest decimal that reads back as f, which is what
// a file would have said. It fails for NaN and the infinities.
func FromFloat(f float64) (Decimal, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Decimal{}, fmt.Errorf("%w: %v", ErrSyntax, f)
	}
	return Parse(strconv.FormatFloat(f, 'g', -1, 64))
}

// value never returns nil, and its result must not be written to.
func (d Decimal) value() *big.Rat {
	if d.rat == nil {
		return new(big.Rat)
	}
	return d.rat
}

// Add returns d + other, exactly.
func (d Decimal) Add(other Decimal) Decimal {
	return Decimal{new(big.Rat).Add(d.value(), other.value())}
}

// Sub returns d - other, exactly.
func (d Decimal) Sub(other Decimal) Decimal {
	return Decimal{new(big.Rat).Sub(d.value(), other.value())}
}

// Mul returns d × other, exactly.
func (d Decimal) Mul(other Decimal) Decimal {
	return Decimal{new(big.Rat).Mul(d.value(), other.value())}
}

// Quo returns d ÷ other, exactly; ok is false if other is 0.
func (d Decimal) Quo(other Decimal) (quotient Decimal, ok bool) {
	if other.Sign() == 0 {
		return Decimal{}, false
	}
	return Decimal{new(big.Rat).Quo(d.value(), other.value())}, true
}

// Neg returns -d.
func (d Decimal) Neg() Decimal { return Decimal{new(big.Rat).Neg(d.value())} }

// Abs returns |d|.
func (d Decimal) Abs() Decimal { return Decimal{new(big.Rat).Abs(d.value())} }

// Cmp returns -1, 0 or 1 as d is below, equal to or above other.
func (d Decimal) Cmp(other Decimal) int { return d.value().Cmp(other.value()) }

// Equal reports whether the two numbers are the same; it lets go-cmp compare
// values that hold a Decimal.
func (d Decimal) Equal(other Decimal) bool { return d.Cmp(other) == 0 }

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int { return d.value().Sign() }

// IsInt reports whether d is a whole number.
func (d Decimal) IsInt() bool { return d.value().IsInt() }

// Int64 returns d as an integer; ok is false if it is not one or does not fit.
func (d Decimal) Int64() (n int64, ok bool) {
	if !d.IsInt() || !d.value().Num().IsInt64() {
		return 0, false
	}
	return d.value().Num().Int64(), true
}

// Float64 returns the nearest float64, for statistics; never use it for
// differences, sums or thresholds.
func (d Decimal) Float64() float64 {
	f, _ := d.value().Float64()
	return f
}

// Mean returns the exact mean of values; ok is false if there are none.
func Mean(values []Decimal) (mean Decimal, ok bool) {
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, v.value())
	}
	return Decimal{sum}.Quo(FromInt(int64(len(values))))
}

// Terminates reports whether the decimal expansion of d ends, so that
// [Decimal.String] prints it in full.
func (d Decimal) Terminates() bool {
	_, exact := d.value().FloatPrec()
	return exact
}

// String prints d in plain notation without trailing zeros: in full where the
// expansion ends, else with [SignificantDigits] digits rounded half away from
// zero. Zero is never signed.
func (d Decimal) String() string {
	places, exact := d.value().FloatPrec()
	if exact {
		return trimZeros(d.Fixed(places))
	}
	return d.RoundSignificant(SignificantDigits).String()
}

func trimZeros(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(text, "0")
		text = strings.TrimSuffix(text, ".")
	}
	return text
}

// Fixed prints d with exactly places digits after the point, rounded half away
// from zero; a value that rounds to zero is not signed. places must not be
// negative.
func (d Decimal) Fixed(places int) string {
	text := d.value().FloatString(places)
	if strings.HasPrefix(text, "-") && strings.Trim(text, "-0.") == "" {
		return text[1:]
	}
	return text
}

// Scientific prints d as 1.2346e+400, rounded half away from zero to at most so
// many significant digits: for screens, where 400 digits say less than their number.
func (d Decimal) Scientific(digits int) string {
	rounded := d.RoundSignificant(digits)
	exponent := rounded.Magnitude()
	mantissa, _ := rounded.Quo(Decimal{powerOfTen(exponent)})
	sign := "+"
	if exponent < 0 {
		sign = "-"
	}
	return mantissa.String() + "e" + sign + strconv.Itoa(max(exponent, -exponent))
}

// Round returns d rounded half away from zero to places digits after the point;
// negative places round to tens, hundreds and so on.
func (d Decimal) Round(places int) Decimal {
	scale := powerOfTen(places)
	shifted := Decimal{new(big.Rat).Mul(d.value(), scale)}
	whole, _ := new(big.Rat).SetString(shifted.Fixed(0))
	return Decimal{whole.Quo(whole, scale)}
}

// RoundSignificant returns d rounded half away from zero to the given number of
// significant digits, at least 1.
func (d Decimal) RoundSignificant(digits int) Decimal {
	if d.Sign() == 0 {
		return d
	}
	rounded := d.Round(digits - 1 - d.Magnitude())
	return rounded
}

// Magnitude returns the power of ten of the leading digit: 0 for 7, 2 for 123,
// -3 for 0.00456; 0 for 0.
func (d Decimal) Magnitude() int {
	if d.Sign() == 0 {
		return 0
	}
	abs := d.Abs().value()
	// The bit lengths give the exponent to within one; the loops settle it.
	bits := abs.Num().BitLen() - abs.Denom().BitLen()
	magnitude := int(math.Floor(float64(bits) * math.Log10(2)))
	for abs.Cmp(powerOfTen(magnitude)) < 0 {
		magnitude--
	}
	for abs.Cmp(powerOfTen(magnitude+1)) >= 0 {
		magnitude++
	}
	return magnitude
}

// Places returns how many digits follow the point in full; ok is false if the
// expansion does not end.
func (d Decimal) Places() (places int, ok bool) {
	return d.value().FloatPrec()
}

func powerOfTen(exponent int) *big.Rat {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
	if exponent < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), power)
	}
	return new(big.Rat).SetInt(power)
}

// MarshalJSON writes the text of [Decimal.String] as a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a JSON number.
func (d *Decimal) UnmarshalJSON(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// ErrorPlaces is how many digits after the point a value with this error is shown
// with, by the rule of the Particle Data Group (Review of Particle Physics,
// introduction §5.3): of the three leading digits of the error, 100–354 keep two,
// 355–949 one, and 950–999 round up to 1000 and keep two. Negative for errors of
// tens and more; ok is false for an error that is not positive.
func ErrorPlaces(deviation Decimal) (places int, ok bool) {
	if deviation.Sign() <= 0 {
		return 0, false
	}
	magnitude := deviation.Magnitude()
	leading := Decimal{new(big.Rat).Mul(deviation.value(), powerOfTen(2-magnitude))}
	three := new(big.Int).Quo(leading.value().Num(), leading.value().Denom()).Int64()
	switch {
	case three <= 354:
		return 1 - magnitude, true
	case three <= 949:
		return -magnitude, true
	default:
		return -magnitude, true // 950–999 become 1000: two digits of the next power
	}
}
