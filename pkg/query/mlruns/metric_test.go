package mlruns

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLatest(t *testing.T) {
	for _, test := range []struct {
		text string
		want float64
	}{
		{"1 0.5 0\n", 0.5},
		{"1 0.5\n", 0.5},                                   // the first MLflows
		{"1 0.5 0\n2 0.25 0\n", 0.25},                      // by time
		{"2 0.25 0\n1 0.5 0\n", 0.25},                      // in whatever order
		{"9 0.5 1\n1 0.25 2\n", 0.25},                      // by step first
		{"1 0.5 0\n1 0.75 0\n1 0.25 0\n", 0.75},            // then the largest
		{"1 0.5 -3\n1 0.25 -4\n", 0.5},                     // steps may be negative
		{"1 0.5 9 name digest\n1 0.25 1\n", 0.25},          // five words have step 0, as MLflow reads them
		{"1 nan 0\n1 0.5 0\n", math.NaN()},                 // Python's max keeps what came first
		{"1 0.5 0\n1 nan 0\n", 0.5},                        // the same
		{"1 nan 0\n2 0.5 0\n", 0.5},                        //
		{"1 inf 0\n", math.Inf(1)},                         //
		{"1 -inf 0\n", math.Inf(-1)},                       //
		{"1 1e-07 0\n", 1e-7},                              //
		{"1 0.8614087301587303 0\r\n", 0.8614087301587303}, // written on Windows
	} {
		got, err := latest(test.text)
		if err != nil || got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("%q: %v, %v; want %v", test.text, got, err, test.want)
		}
	}
}

// TestLatestCutShort cuts a file after each byte: no value comes of a line without
// its end.
func TestLatestCutShort(t *testing.T) {
	const whole = "1000 0.5 5\n2000 0.75 12\n"
	for n := range len(whole) {
		got, err := latest(whole[:n])
		if atEnd := n == len("1000 0.5 5\n"); (err == nil) != atEnd || atEnd && got != 0.5 {
			t.Errorf("%q: %v, %v", whole[:n], got, err)
		}
	}
}

func FuzzLatest(f *testing.F) {
	f.Add("1 0.5 0\n2 nan 1\n")
	f.Add("1 0.5 3 name digest\n")
	f.Add("1 0.5")
	f.Fuzz(func(t *testing.T, text string) {
		value, err := latest(text)
		again, errAgain := latest(text)
		if (err == nil) != (errAgain == nil) || value != again && !math.IsNaN(value) {
			t.Errorf("%v, %v and %v, %v", value, err, again, errAgain)
		}
	})
}

// FuzzScan holds the fast reader of meta.yaml to the one that knows all of YAML.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		"run_id: ab12\nstatus: 3\ntags: []\nend_time: null\nrun_name: 'a b'\n", "a: b: c\n", "a: 'it''s'\n", "a: Null\n", "a: -\n", "a: x:\n",
		"a: [b\n", "a: 1\na: 2\n", "a: 1\na: null\n", "a: /x/%20y\n", "---\na: 1\n", "a: 1\n b: 2\n", "a: \n", "a: 'b\n", "a: '\n",
		"a: 0x1f\n", "a: 1e3\n", "a: 12:30\n", "a: yes\n", "a: x\r\n",
	} {
		f.Add(text)
	}
	keys := []string{"a", "b", "run_id", "status", "end_time", "run_name"}
	f.Fuzz(func(t *testing.T, text string) {
		fast, ok := scanScalars(text, keys)
		if !ok || text == "" || text[len(text)-1] != '\n' {
			return
		}
		slow, err := parseWholeYAML([]byte(text), keys)
		if err != nil {
			t.Fatalf("taken though it is no YAML: %v", err)
		}
		if diff := cmp.Diff(slow, fast); diff != "" {
			t.Errorf("(-YAML +scanned):\n%s", diff)
		}
	})
}
