package nemo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLine bounds one record: far above a question with its prompt and answers.
const maxLine = 64 << 20

// maxNesting bounds how deep a record nests.
const maxNesting = 1000

// jsonLines reads a file of JSON Lines, one object a line. It walks each line once
// and allocates nothing for what is not asked for: sample files have gigabytes of
// prompts around a few numbers.
type jsonLines struct {
	reader *bufio.Reader
	number int    // of the line last read, from 1
	long   []byte // a line longer than the reader's buffer
	record record
}

func newJSONLines(r io.Reader) *jsonLines {
	return &jsonLines{reader: bufio.NewReaderSize(r, 1<<20)}
}

// next returns the next record, which is valid until the call after; the error is
// io.EOF after the last one. Blank lines are no records, and a byte order mark is
// no part of the first.
func (l *jsonLines) next() (*record, error) {
	for {
		line, err := l.line()
		if err != nil {
			return nil, err
		}
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if line = trimSpace(line); len(line) > 0 {
			l.record.reset(line)
			return &l.record, nil
		}
	}
}

// line returns one line, its end included.
func (l *jsonLines) line() ([]byte, error) {
	line, err := l.reader.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = l.reader.ReadSlice('\n')
			if l.long = append(l.long, line...); len(l.long) > maxLine {
				l.number++
				return nil, l.fault("more than " + strconv.Itoa(maxLine>>20) + " MiB in one line")
			}
		}
		line = l.long
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		return nil, err
	}
	l.number++
	return line, nil
}

// fault is damage in the line last read.
func (l *jsonLines) fault(message string) error {
	return &SyntaxError{Line: l.number, Message: message}
}

// check returns what is wrong with the record that was walked, if anything is.
func (l *jsonLines) check(r *record) error {
	if r.fault == "" && r.pos < len(r.data) {
		r.fail("more follows after the record")
	}
	switch {
	case r.fault == "":
		return nil
	case r.pos >= len(r.data):
		return l.fault("ends within a record (cut short?)")
	default:
		return l.fault("not a JSON record: " + r.fault + " at byte " + strconv.Itoa(r.pos+1))
	}
}

func trimSpace(line []byte) []byte {
	for len(line) > 0 && isSpace(line[0]) {
		line = line[1:]
	}
	for len(line) > 0 && isSpace(line[len(line)-1]) {
		line = line[:len(line)-1]
	}
	return line
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// record walks one JSON text (RFC 8259, with Python's NaN and Infinity). Its
// methods read one value each and do nothing after a fault. Text that is not
// UTF-8 is let through, as encoding/json does.
type record struct {
	data  []byte
	pos   int
	depth int
	fault string // the first that was found; "" if none was
	plain []byte // a text with its escapes resolved
}

func (r *record) reset(data []byte) {
	r.data, r.pos, r.depth, r.fault = data, 0, 0, ""
}

func (r *record) fail(message string) {
	if r.fault == "" {
		r.fault = message
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (r *record) peek() byte {
	for r.pos < len(r.data) {
		c := r.data[r.pos]
		if !isSpace(c) {
			return c
		}
		r.pos++
	}
	return 0
}

// object walks an object. visit is given each key, valid until it reads the value,
// and returns false if it has not read the value. Anything but an object is a
// fault.
func (r *record) object(visit func(key []byte) bool) {
	if r.fault != "" {
		return
	}
	if r.peek() != '{' {
		r.fail("an object is expected")
		return
	}
	r.enter('}', func() {
		if r.peek() != '"' {
			r.fail("a key is expected")
			return
		}
		key := r.string()
		if r.fault != "" {
			return
		}
		if r.peek() != ':' {
			r.fail("a colon is expected")
			return
		}
		r.pos++
		if !visit(key) {
			r.skip()
		}
	})
}

// array walks an array; visit reads each element, all of it.
func (r *record) array(visit func()) {
	if r.fault != "" {
		return
	}
	if r.peek() != '[' {
		r.fail("an array is expected")
		return
	}
	r.enter(']', visit)
}

// enter walks what stands between brackets, of which the first is next.
func (r *record) enter(end byte, element func()) {
	r.pos++
	if r.depth++; r.depth > maxNesting {
		r.fail("nested too deep")
		return
	}
	for first := true; r.fault == ""; first = false {
		if first && r.peek() == end {
			break
		}
		element()
		if r.fault != "" {
			return
		}
		if r.peek() == end {
			break
		}
		if r.peek() != ',' {
			r.fail("a comma is expected")
			return
		}
		r.pos++
	}
	r.pos++
	r.depth--
}

// isObject reports whether the next value is an object.
func (r *record) isObject() bool { return r.fault == "" && r.peek() == '{' }

// skip walks one value, whatever it is.
func (r *record) skip() {
	if r.fault != "" {
		return
	}
	switch c := r.peek(); c {
	case '"':
		r.bounds()
	case '{':
		r.object(func([]byte) bool { return false })
	case '[':
		r.array(r.skip)
	default:
		r.scalar()
	}
}

// raw walks one value and returns its bytes.
func (r *record) raw() []byte {
	r.peek()
	start := r.pos
	r.skip()
	if r.fault != "" {
		return nil
	}
	return r.data[start:r.pos]
}

// text reads a string, valid until the next one is read; ok is false for any other
// value, which is skipped.
func (r *record) text() (text []byte, ok bool) {
	if r.fault != "" {
		return nil, false
	}
	if r.peek() != '"' {
		r.skip()
		return nil, false
	}
	text = r.string()
	return text, r.fault == ""
}

// string reads a string, of which the quote is next.
func (r *record) string() []byte {
	start, end, escaped := r.bounds()
	if !escaped || r.fault != "" {
		return r.data[start:end]
	}
	r.plain = unescape(r.plain[:0], r.data[start:end])
	return r.plain
}

// bounds walks a string and returns where its content stands.
func (r *record) bounds() (start, end int, escaped bool) {
	r.pos++
	start = r.pos
	for {
		r.pos += plainBytes(r.data[r.pos:])
		if r.pos >= len(r.data) {
			r.fail("a string does not end")
			return start, start, false
		}
		switch c := r.data[r.pos]; c {
		case '"':
			r.pos++
			return start, r.pos - 1, escaped
		case '\\':
			escaped = true
			if !r.escape() {
				return start, start, false
			}
		default:
			r.fail("a control character in a string")
			return start, start, false
		}
	}
}

// escape walks one escape sequence.
func (r *record) escape() bool {
	rest := r.data[r.pos+1:]
	if len(rest) == 0 {
		r.pos = len(r.data)
		r.fail("a string does not end")
		return false
	}
	switch rest[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		r.pos += 2
		return true
	case 'u':
		for i := 1; i <= 4; i++ {
			if i >= len(rest) {
				r.pos = len(r.data)
				r.fail("a string does not end")
				return false
			}
			if _, ok := hexDigit(rest[i]); !ok {
				r.fail(`\u without four hexadecimal digits`)
				return false
			}
		}
		r.pos += 6
		return true
	}
	r.fail("an unknown escape in a string")
	return false
}

// plainBytes is how many bytes of a string come before the next quote, backslash
// or control character. It looks at eight at a time (the "determine if a word has
// a byte" tricks of S. E. Anderson's Bit Twiddling Hacks; the lowest hit is exact).
func plainBytes(data []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(data)-n >= 8; n += 8 {
		word := binary.LittleEndian.Uint64(data[n:])
		quote, slash := word^(ones*'"'), word^(ones*'\\')
		hit := (word-ones*0x20)&^word | (quote-ones)&^quote | (slash-ones)&^slash
		if hit &= highs; hit != 0 {
			return n + bits.TrailingZeros64(hit)/8
		}
	}
	for n < len(data) && data[n] >= 0x20 && data[n] != '"' && data[n] != '\\' {
		n++
	}
	return n
}

func hexDigit(c byte) (value rune, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0'), true
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}

// unescape appends the text of a string that was walked without a fault. Half of a
// surrogate pair becomes U+FFFD.
func unescape(to, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			to = append(to, text[i])
			continue
		}
		i++
		switch text[i] {
		case 'b':
			to = append(to, '\b')
		case 'f':
			to = append(to, '\f')
		case 'n':
			to = append(to, '\n')
		case 'r':
			to = append(to, '\r')
		case 't':
			to = append(to, '\t')
		case 'u':
			c := codeUnit(text[i+1:])
			i += 4
			if utf16.IsSurrogate(c) {
				low := rune(0)
				if len(text)-i > 6 && text[i+1] == '\\' && text[i+2] == 'u' {
					low = codeUnit(text[i+3:])
				}
				if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
					i += 6
				}
			}
			to = utf8.AppendRune(to, c)
		default:
			to = append(to, text[i])
		}
	}
	return to
}

func codeUnit(digits []byte) rune {
	var c rune
	for _, d := range digits[:4] {
		value, _ := hexDigit(d)
		c = c<<4 | value
	}
	return c
}

// scalar is a value that may be a number.
type scalar struct {
	kind  scalarKind
	value float64
}

type scalarKind int8

const (
	ofAbsent    scalarKind = iota // no such key
	ofNull                        // Python's None
	ofNumber                      // a finite number, or a truth value as 1 or 0
	ofNonFinite                   // NaN, an infinity, or too large for a float64
	ofOther                       // a text, an array, an object
)

// measure reads a value as a scalar; texts, arrays and objects are skipped.
func (r *record) measure() scalar {
	if r.fault != "" {
		return scalar{}
	}
	switch r.peek() {
	case '"', '{', '[':
		r.skip()
		return scalar{kind: ofOther}
	default:
		return r.scalar()
	}
}

// place reads a number that says where something stands; a truth value is none.
func (r *record) place() scalar {
	if c := r.peek(); c == 't' || c == 'f' {
		r.skip()
		return scalar{kind: ofOther}
	}
	return r.measure()
}

// maxPlace is the largest number below which each whole number is a float64 that no
// other number rounds to.
const maxPlace = 1<<53 - 1

// whole returns a number from 0 to limit; ok is false for any other value.
func (s scalar) whole(limit int64) (n int64, ok bool) {
	if s.kind != ofNumber || s.value < 0 || s.value > float64(limit) || s.value != math.Trunc(s.value) {
		return 0, false
	}
	return int64(s.value), true
}

// scalar reads a number or a word.
func (r *record) scalar() scalar {
	rest := r.data[r.pos:]
	if len(rest) > 0 && (rest[0] == '-' || '0' <= rest[0] && rest[0] <= '9') && !bytes.HasPrefix(rest, []byte("-I")) {
		return r.number()
	}
	for _, word := range [...]struct {
		text string
		scalar
	}{
		{"true", scalar{ofNumber, 1}},
		{"false", scalar{ofNumber, 0}},
		{"null", scalar{kind: ofNull}},
		{"NaN", scalar{ofNonFinite, math.NaN()}},
		{"Infinity", scalar{ofNonFinite, math.Inf(1)}},
		{"-Infinity", scalar{ofNonFinite, math.Inf(-1)}},
	} {
		if len(rest) >= len(word.text) && string(rest[:len(word.text)]) == word.text {
			r.pos += len(word.text)
			return word.scalar
		}
		if len(rest) < len(word.text) && string(rest) == word.text[:len(rest)] {
			r.pos = len(r.data)
		}
	}
	r.fail("a value is expected")
	return scalar{}
}

// number reads a number.
func (r *record) number() scalar {
	start := r.pos
	if r.data[r.pos] == '-' {
		r.pos++
	}
	whole := r.pos
	if !r.digits() {
		return scalar{}
	}
	if r.data[whole] == '0' && r.pos > whole+1 {
		r.pos = whole
		r.fail("a number with a leading zero")
		return scalar{}
	}
	if r.pos < len(r.data) && r.data[r.pos] == '.' {
		r.pos++
		if !r.digits() {
			return scalar{}
		}
	}
	if r.pos < len(r.data) && r.data[r.pos]|0x20 == 'e' {
		r.pos++
		if r.pos < len(r.data) && (r.data[r.pos] == '+' || r.data[r.pos] == '-') {
			r.pos++
		}
		if !r.digits() {
			return scalar{}
		}
	}
	if text := r.data[start:r.pos]; len(text) == 1 { // most scores are 0 or 1
		return scalar{ofNumber, float64(text[0] - '0')}
	}
	return parseScalar(string(r.data[start:r.pos]))
}

// parseScalar takes a number that overflows for an infinity, as Python does.
func parseScalar(text string) scalar {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return scalar{ofNonFinite, value}
	}
	return scalar{ofNumber, value}
}

// digits walks at least one digit.
func (r *record) digits() bool {
	start := r.pos
	for r.pos < len(r.data) && '0' <= r.data[r.pos] && r.data[r.pos] <= '9' {
		r.pos++
	}
	if r.pos == start {
		r.fail("a digit is expected")
	}
	return r.pos > start
}

// canonical walks a value and returns its text, or its bytes if it is none; valid
// until the next string is read.
func (r *record) canonical() []byte {
	if r.fault == "" && r.peek() == '"' {
		return r.string()
	}
	return r.raw()
}
