package decimal

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

func TestParseRejects(t *testing.T) {
	for _, text := range []string{
		"", ".", "+", "1/3", "1_000", "0x1p-2", "nan", "inf", "1e", "1e+", "--1", "+-1",
		"1e401", "1e99999", "1 ", " 1", "1.2.3", "٣", strings.Repeat("9", 2000),
	} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%.20q) = %v, want an error", text, got)
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		"0.7266666666666667":     "0.7266666666666667",
		"-0":                     "0",
		"-0.0":                   "0",
		"1.60":                   "1.6",
		"100.0":                  "100",
		"1e-07":                  "0.0000001",
		"1E3":                    "1000",
		".5":                     "0.5",
		"5.":                     "5",
		"+3":                     "3",
		"1.7976931348623157e308": "17976931348623157" + strings.Repeat("0", 292),
	} {
		if got := MustParse(text).String(); got != want {
			t.Errorf("Parse(%q).String() = %q, want %q", text, got, want)
		}
	}
	third, _ := FromInt(1).Quo(FromInt(3))
	if got, want := third.String(), "0."+strings.Repeat("3", 34); got != want {
		t.Errorf("1/3 = %s, want %s", got, want)
	}
	twoThirds, _ := FromInt(-200).Quo(FromInt(3))
	if got, want := twoThirds.String(), "-66."+strings.Repeat("6", 31)+"7"; got != want {
		t.Errorf("-200/3 = %s, want %s", got, want)
	}
	if third.Terminates() || !MustParse("0.1").Terminates() {
		t.Error("Terminates: 1/3 must not, 0.1 must")
	}
}

func TestArithmeticIsExact(t *testing.T) {
	check := func(got Decimal, want string) {
		t.Helper()
		if got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check(MustParse("0.7").Sub(MustParse("0.6")), "0.1")
	check(MustParse("0.75").Sub(MustParse("0.735")), "0.015")
	check(Decimal{}.Add(MustParse("0.1")), "0.1")
	check(MustParse("80.5").Mul(MustParse("0.01")), "0.805")
	mean, _ := Mean([]Decimal{MustParse("0.1"), MustParse("0.2"), MustParse("0.3")})
	check(mean, "0.2")
	if _, ok := Mean(nil); ok {
		t.Error("the mean of nothing must not be a number")
	}
	if _, ok := FromInt(1).Quo(Decimal{}); ok {
		t.Error("1/0 must not be a number")
	}
}

func TestRoundHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		text   string
		places int
		want   string
	}{
		{"2.675", 2, "2.68"},
		{"1.005", 2, "1.01"},
		{"0.125", 2, "0.13"},
		{"-0.125", 2, "-0.13"},
		{"-0.0004", 3, "0.000"},
		{"-0.0005", 3, "-0.001"},
		{"0.85", 3, "0.850"},
		{"3", 0, "3"},
	} {
		if got := MustParse(c.text).Fixed(c.places); got != c.want {
			t.Errorf("%s to %d places = %s, want %s", c.text, c.places, got, c.want)
		}
	}
	for _, c := range []struct {
		text   string
		digits int
		want   string
	}{
		{"123456", 2, "120000"}, {"0.0009996", 3, "0.001"}, {"99.95", 3, "100"}, {"-0.123456789012345", 12, "-0.123456789012"}, {"0", 5, "0"},
	} {
		if got := MustParse(c.text).RoundSignificant(c.digits).String(); got != c.want {
			t.Errorf("%s to %d digits = %s, want %s", c.text, c.digits, got, c.want)
		}
	}
}

func TestMagnitude(t *testing.T) {
	for text, want := range map[string]int{"7": 0, "123": 2, "0.00456": -3, "0": 0, "10": 1, "9.99": 0, "0.1": -1, "1e300": 300, "-1e-300": -300} {
		if got := MustParse(text).Magnitude(); got != want {
			t.Errorf("Magnitude(%s) = %d, want %d", text, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	var d *Decimal
	if err := json.Unmarshal([]byte("0.10"), &d); err != nil || d.String() != "0.1" {
		t.Fatalf("got %v, %v", d, err)
	}
	if err := json.Unmarshal([]byte("null"), &d); err != nil || d != nil {
		t.Fatalf("null: got %v, %v", d, err)
	}
	text, err := json.Marshal(map[string]any{"a": MustParse("1e-3"), "b": (*Decimal)(nil)})
	if err != nil || string(text) != `{"a":0.001,"b":null}` {
		t.Fatalf("got %s, %v", text, err)
	}
}

// FuzzParse: whatever parses prints as plain text that parses to the same number.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"0.1", "-1e-400", "1e400", ".5", "5.", "+0", "1/3", "0x10", "1_0", "1e9999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		printed := d.String()
		if strings.ContainsAny(printed, "eE+/_") {
			t.Fatalf("%q prints as %q", text, printed)
		}
		again, ok := new(big.Rat).SetString(printed)
		if !ok || again.Cmp(d.value()) != 0 {
			t.Fatalf("%q prints as %q, another number", text, printed)
		}
	})
}

func TestScientific(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0e+0", "7": "7e+0", "-1234567": "-1.235e+6", "0.00045678": "4.568e-4", "9.9999": "1e+1", "1e400": "1e+400", "1e-400": "1e-400",
	} {
		if got := MustParse(text).Scientific(4); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}
