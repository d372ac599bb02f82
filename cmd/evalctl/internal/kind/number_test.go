package kind

import (
	"testing"

	"github.com/evalctl/evalctl/pkg/compare/catalog"
	"github.com/evalctl/evalctl/pkg/decimal"
)

func number(text string) *decimal.Decimal {
	if text == "" {
		return nil
	}
	d := decimal.MustParse(text)
	return &d
}

func TestNumbersAreRoundedOnceAndSigned(t *testing.T) {
	for _, test := range []struct {
		value  string
		places int
		fixed  string
		signed string
	}{
		{"", 2, "—", "—"},
		{"0", 2, "0.00", "0.00"},
		{"0.005", 2, "0.01", "+0.01"}, // half away from zero
		{"-0.005", 2, "−0.01", "−0.01"},
		{"-0.04", 3, "−0.040", "−0.040"},
		{"12.5", 0, "13", "+13"},
		{"0.1", 4, "0.1000", "+0.1000"},
		{"99999999999999999999.5", 0, "100000000000000000000", "+100000000000000000000"},
		{"1e400", 4, "1e+400", "+1e+400"}, // its size says more
		{"-1234567891234567891234", 2, "−1.2346e+21", "−1.2346e+21"},
	} {
		if got := fixed(number(test.value), test.places); got != test.fixed {
			t.Errorf("fixed(%s, %d) is %s, want %s", test.value, test.places, got, test.fixed)
		}
		if got := signed(number(test.value), test.places); got != test.signed {
			t.Errorf("signed(%s, %d) is %s, want %s", test.value, test.places, got, test.signed)
		}
	}
}

// A difference that is not 0 never looks like it, and one that is 0 has no sign.
func TestSmallDifferencesShow(t *testing.T) {
	for value, want := range map[string]string{
		"0.0001": "+0.0001", "-0.0001": "−0.0001", "0": "0.00", "-0.005": "−0.01", "0.00000012": "+0.0000001", "-1e-30": "−1e-30",
	} {
		if got := signed(number(value), 2); got != want {
			t.Errorf("signed(%s, 2) is %s, want %s", value, got, want)
		}
	}
}

func TestPlacesFollowTheStandardError(t *testing.T) {
	for _, test := range []struct {
		name         string
		scale        catalog.Scale
		values, errs []string
		want         int
	}{
		{"two digits of an error that begins with 2", catalog.Fraction, []string{"0.89"}, []string{"0.0221"}, 3},
		{"one of an error that begins with 3", catalog.Fraction, []string{"0.7266666666666667"}, []string{"0.03655207821408665"}, 2},
		{"the smaller error decides", catalog.Fraction, []string{"0.89", "0.9175"}, []string{"0.0221", "0.00973"}, 3},
		{"an error above 1", catalog.Percent, []string{"80.5"}, []string{"31.2"}, 0},
		{"none: the digits that there are", catalog.Fraction, []string{"0.5", "0.25"}, nil, 2},
		{"none: at most four", catalog.Fraction, []string{"0.7266666666666667"}, nil, 4},
		{"none: at most two of a percentage", catalog.Percent, []string{"17.894"}, nil, 2},
		{"no value", catalog.Fraction, []string{""}, []string{""}, 0},
		{"an error of zero says nothing", catalog.Fraction, []string{"0.25"}, []string{"0"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			var values, errs []*decimal.Decimal
			for _, v := range test.values {
				values = append(values, number(v))
			}
			for _, e := range test.errs {
				errs = append(errs, number(e))
			}
			if got := placesOf(test.scale, values, errs); got != test.want {
				t.Errorf("%d places, want %d", got, test.want)
			}
		})
	}
}

func TestErrorsStandInUnitsOfTheLastDigit(t *testing.T) {
	for _, test := range []struct {
		value, stderr string
		places        int
		want          string
	}{
		{"0.89", "0.0221", 3, "0.890 ± 22"},
		{"0.7266666666666667", "0.03655207821408665", 2, "0.73 ± 4"},
		{"0.5", "", 2, "0.50"},
		{"0.5", "0", 2, "0.50"},
		{"", "0.02", 2, "—"},
		{"-1.25", "0.5", 1, "−1.3 ± 5"},
		{"80.5", "31.2", 0, "81 ± 31"},
		{"1e400", "1.23e399", 0, "1e+400 ± 1.2e+399"}, // not in units of a digit
		{"5", "2e300", 0, "5 ± 2e+300"},
	} {
		if got := withError(number(test.value), number(test.stderr), test.places); got != test.want {
			t.Errorf("%s with error %s is %q, want %q", test.value, test.stderr, got, test.want)
		}
	}
}

func TestCompactNumbers(t *testing.T) {
	for value, want := range map[string][2]string{
		"0.7266666666666667": {"0.7267", "+0.7267"},
		"-0.04":              {"-0.04", "-0.04"},
		"1.50":               {"1.5", "+1.5"},
		"0":                  {"0", "0"},
		"":                   {"-", "-"},
		"-1.5e30":            {"-1.5e+30", "-1.5e+30"},
	} {
		if got := [2]string{compact(number(value)), compactSigned(number(value))}; got != want {
			t.Errorf("%s is %q, want %q", value, got, want)
		}
	}
}

func TestByteCounts(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 1_234_567: "1.2 MB",
		5_000_000_000: "5.0 GB", 7_000_000_000_000_000: "7000.0 TB",
	} {
		if got := byteCount(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestListingsSayHowMuchOfTheListTheyAre(t *testing.T) {
	for _, test := range []struct {
		shown int
		more  bool
		want  string
	}{
		{0, false, "No runs."},
		{1, false, "1 run."},
		{20, false, "20 runs."},
		{20, true, "The newest 20 runs; there are more (--limit)."},
	} {
		listing := NewListing(test.shown, test.more)
		if got := listing.sentence("run"); got != test.want {
			t.Errorf("%+v is %q, want %q", test, got, test.want)
		}
		if known := listing.Total != nil; known == test.more {
			t.Errorf("%+v: a total is known: %t", test, known)
		}
	}
}
