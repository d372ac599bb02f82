package filterlang

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads a filter; the empty text is the empty filter, one of spaces is
// refused. Errors are of type *query.Error with code Usage; the hint shows the
// place.
func Parse(text string) (Filter, error) {
	if text == "" {
		return nil, nil
	}
	p := parser{text: text, tokens: scan(text)}
	if p.peek().kind == end {
		return nil, p.failure(p.peek(), "the filter is blank", "")
	}
	var filter Filter
	joined := true
	for {
		t := p.peek()
		switch {
		case t.kind == end:
			return filter, nil
		case t.is("AND") && p.tokens[p.next+1].kind != dot:
			p.take()
			joined = true
			continue
		}
		c, err := p.comparison()
		if err != nil {
			return nil, err
		}
		if !joined && c.apart() && (len(filter) == 0 || !filter[len(filter)-1].isNull()) {
			return nil, p.failure(t, "AND is missing before "+t.text, "")
		}
		filter = append(filter, c)
		joined = false
	}
}

// isNull reports whether a comparison asks whether there is a value.
func (c Comparison) isNull() bool { return c.Op == IsNull || c.Op == NotNull }

// apart reports whether MLflow's parser of SQL does not see that this is a
// comparison, and needs an AND before it.
func (c Comparison) apart() bool { return c.isNull() || c.Op == In || c.Op == NotIn }

// parser goes through the tokens of one text.
type parser struct {
	text   string
	tokens []token
	next   int
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != end {
		p.next++
	}
	return t
}

// is reports whether a token is a word of the language, in whatever case.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

const hintFilter = "a filter is comparisons joined by AND, such as\n" +
	"metrics.`gsm8k_exact_match` > 0.5 AND params.executor = 'slurm' AND status = 'FINISHED'"

// comparison reads one.
func (p *parser) comparison() (Comparison, error) {
	if t := p.peek(); t.is("OR") || t.is("NOT") || t.kind == opening || t.kind == closing {
		return Comparison{}, p.failure(t, t.text+" has no meaning here: MLflow's filters know AND only, no OR, NOT or parentheses", "")
	}
	field, at, err := p.field(false)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Field: field}
	opAt := p.peek()
	if c.Op, err = p.operator(); err != nil {
		return Comparison{}, err
	}
	if !field.knows(c.Op) {
		return Comparison{}, p.failure(opAt, fmt.Sprintf("%s cannot be compared with %s", strings.TrimSpace(p.text[at.at:opAt.at]), c.Op),
			"it takes "+listed(field.operators()))
	}
	switch value := p.peek(); {
	case c.isNull():
	case c.Op == In || c.Op == NotIn:
		c.List, err = p.list()
	case field.Entity == Metric || field.isTime():
		p.take()
		known := false
		if c.Number, known = parseNumber(value.text); value.kind != number || !known {
			return Comparison{}, p.failure(value, "a number is missing", "numbers have no quotes: 12, -1.5, .5, 1.5e-3; times are in milliseconds since 1970")
		}
	case value.kind == single || value.kind == double:
		p.take()
		c.Text = value.text[1 : len(value.text)-1]
	case value.kind == unclosed:
		return Comparison{}, p.failure(value, "the quote has no end", "")
	default:
		return Comparison{}, p.failure(value, "a value in quotes is missing", "values of tags, parameters and attributes are in single or double quotes, numbers too: params.n = '5'")
	}
	return c, err
}

// listed is operators as a person reads them.
func listed(ops []Op) string {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = string(op)
	}
	return strings.Join(names, " ")
}

// attributeOf is an attribute's name, its aliases resolved.
func attributeOf(name string, inOrder bool) (string, bool) {
	switch name {
	case RunID, RunName, Status, ArtifactURI, UserID, StartTime, EndTime:
		return name, true
	case "created", "Created":
		return StartTime, true
	case "run name", "Run name", "Run Name":
		return RunName, !inOrder
	}
	return "", false
}

func entityOf(name string) (Entity, bool) {
	switch name {
	case "metric", "metrics":
		return Metric, true
	case "parameter", "parameters", "param", "params":
		return Param, true
	case "tag", "tags":
		return Tag, true
	case "attribute", "attributes", "attr", "run":
		return Attribute, true
	case "dataset", "datasets":
		return Dataset, true
	}
	return "", false
}

const (
	hintEntities = "entities are metrics, params, tags, attributes and datasets"
	hintKeys     = "keys with other characters than letters, digits, _ and . between them are quoted as a whole: tags.`a key/1`"
)

// field reads a field and returns where it began.
func (p *parser) field(inOrder bool) (Field, token, error) {
	t := p.take()
	name := t.text
	switch t.kind {
	case backtick, double:
		name = t.text[1 : len(t.text)-1]
	case word:
	case unclosed:
		return Field{}, t, p.failure(t, "the quote has no end", "")
	case comment:
		return Field{}, t, p.failure(t, "there are no comments", "")
	case end:
		return Field{}, t, p.failure(t, "a field is missing", hintFilter)
	default:
		return Field{}, t, p.failure(t, "a comparison begins with a field, not with "+t.text, hintFilter)
	}
	if p.peek().kind != dot {
		key, known := attributeOf(name, inOrder)
		if !known {
			return Field{}, t, p.failure(t, "there is no attribute "+t.text,
				"attributes are "+strings.Join(attributeNames(), ", ")+"; anything else has an entity in front: metrics.NAME, params.NAME, tags.NAME")
		}
		return Field{Attribute, key}, t, nil
	}
	entity, known := entityOf(name)
	if !known || t.kind == double {
		return Field{}, t, p.failure(t, "there is no entity "+t.text, hintEntities)
	}
	key, err := p.key()
	if err != nil {
		return Field{}, t, err
	}
	switch entity {
	case Attribute:
		if key, known = attributeOf(key, inOrder); !known {
			last := p.tokens[p.next-1]
			return Field{}, t, p.failure(last, "there is no attribute "+last.text, "attributes are "+strings.Join(attributeNames(), ", "))
		}
	case Dataset:
		if !slices.Contains([]string{DatasetName, DatasetDigest, DatasetContext}, key) {
			return Field{}, t, p.failure(p.tokens[p.next-1], "datasets have no "+key, "they have name, digest and context")
		}
	case Metric, Param, Tag:
	}
	return Field{entity, key}, t, nil
}

func attributeNames() []string {
	return []string{RunID, RunName, Status, StartTime, EndTime, UserID, ArtifactURI}
}

// key reads what follows the first dot, and that dot.
func (p *parser) key() (string, error) {
	key := ""
	for segments := 0; p.peek().kind == dot; segments++ {
		point := p.take()
		t := p.peek()
		switch {
		case point.gap, t.kind != end && t.gap:
			return "", p.failure(point, "there is no space around the dot", hintKeys)
		case segments == 0 && (t.kind == single || t.kind == double || t.kind == backtick):
			p.take()
			if after := p.peek(); after.kind == dot || after.kind == word && !after.gap {
				return "", p.failure(after, "the key goes on behind its quotes", hintKeys)
			}
			return unquoted(t), nil
		case t.kind == unclosed:
			return "", p.failure(t, "the quote has no end", "")
		case t.kind != word:
			return "", p.failure(t, "the key is missing", hintKeys)
		case !isSegment(t.text):
			return "", p.failure(t, t.text+" cannot be in a key without quotes", hintKeys)
		}
		p.take()
		if segments > 0 {
			key += "."
		}
		key += t.text
	}
	if t := p.peek(); !t.gap && t.kind != operator && t.kind != end {
		return "", p.failure(t, t.text+" cannot be in a key without quotes", hintKeys)
	}
	return key, nil
}

// unquoted is a key without its quotes, and without backticks inside others.
func unquoted(t token) string {
	key := t.text[1 : len(t.text)-1]
	if t.kind != backtick && len(key) >= 2 && key[0] == '`' && key[len(key)-1] == '`' {
		key = key[1 : len(key)-1]
	}
	return key
}

// isSegment reports whether MLflow's parser of SQL takes a word for a name where a
// dot is before it: these keywords it does not, nor what begins like a number.
func isSegment(text string) bool {
	switch strings.ToUpper(text) {
	case "CASE", "IN", "VALUES", "USING", "FROM", "AS":
		return false
	}
	if !unicode.IsNumber(leading(text)) {
		return true
	}
	if !digitAt(text, 0) || len(text) == 1 {
		return false
	}
	letter, _ := utf8.DecodeRuneInString(text[1:])
	if letter != '_' && (letter > 'ÿ' || !unicode.IsLetter(letter)) {
		return false
	}
	scientific := (letter == 'e' || letter == 'E') && digitAt(text, 2)
	hexadecimal := text[0] == '0' && letter == 'x' && len(text) > 2 && strings.ContainsRune("0123456789abcdefABCDEF", rune(text[2]))
	return !scientific && !hexadecimal
}

func leading(text string) rune {
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

// operator reads one.
func (p *parser) operator() (Op, error) {
	t := p.take()
	switch {
	case t.kind == operator && slices.Contains([]Op{Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual}, Op(t.text)):
		return Op(t.text), nil
	case t.is("LIKE"):
		return Like, nil
	case t.is("ILIKE"):
		return ILike, nil
	case t.is("IN"):
		return In, nil
	case t.is("NOT") && p.peek().is("IN"):
		p.take()
		return NotIn, nil
	case t.is("IS"):
		op := IsNull
		if p.peek().is("NOT") {
			p.take()
			op = NotNull
		}
		if null := p.peek(); !null.is("NULL") {
			return "", p.failure(null, "NULL is missing behind IS", "")
		}
		p.take()
		return op, nil
	case t.kind == unclosed:
		return "", p.failure(t, "the quote has no end", "")
	case t.kind == end || t.kind == single || t.kind == double || t.kind == number || t.kind == backtick:
		return "", p.failure(t, "an operator is missing", "operators are = != < <= > >= LIKE ILIKE IN, and IS NULL")
	}
	return "", p.failure(t, t.text+" is no operator", "operators are = != < <= > >= LIKE ILIKE IN, and IS NULL")
}

// list reads a list of strings.
func (p *parser) list() ([]string, error) {
	const hint = "a list is ('one', 'two')"
	if t := p.take(); t.kind != opening {
		return nil, p.failure(t, "a list in parentheses is missing", hint)
	}
	var list []string
	for {
		t := p.take()
		switch {
		case t.kind == closing && len(list) > 0:
			return list, nil
		case t.kind == single || t.kind == double:
			text := t.text[1 : len(t.text)-1]
			if strings.ContainsAny(text, "\\\n\r") || strings.Contains(text, t.text[:1]) {
				return nil, p.failure(t, "values in a list have no backslashes, ends of lines or doubled quotes", hint)
			}
			list = append(list, text)
		case t.kind == unclosed:
			return nil, p.failure(t, "the quote has no end", "")
		default:
			return nil, p.failure(t, "a value in quotes is missing", hint)
		}
		switch t := p.take(); t.kind {
		case comma:
		case closing:
			return list, nil
		default:
			return nil, p.failure(t, "the list has no end", hint)
		}
	}
}

// ParseOrder reads what runs are sorted by, one field an element. A field that is
// there already is left out. Errors are those of [Parse].
func ParseOrder(clauses []string) ([]Order, error) {
	var orders []Order
	for _, text := range clauses {
		p := parser{text: text, tokens: scan(text)}
		if p.peek().kind == end {
			return nil, p.failure(p.peek(), "the order is blank", hintOrder)
		}
		field, at, err := p.field(true)
		if err != nil {
			return nil, err
		}
		if field.Entity == Dataset {
			return nil, p.failure(at, "runs cannot be sorted by datasets", hintOrder)
		}
		order := Order{Field: field}
		switch t := p.peek(); {
		case t.is("ASC"):
			p.take()
		case t.is("DESC"):
			p.take()
			order.Descending = true
		}
		if t := p.peek(); t.kind != end {
			return nil, p.failure(t, t.text+" is no direction", hintOrder)
		}
		if !slices.ContainsFunc(orders, func(o Order) bool { return o.Field == field }) {
			orders = append(orders, order)
		}
	}
	return orders, nil
}

const hintOrder = "an order is one field, and ASC or DESC: metrics.`score` DESC"
