package definitions

import (
	"errors"
	"strings"

	"redress/definitions/expr"

	"gopkg.in/yaml.v3"
)

// condition reads a key that holds bare CEL. It is nil after a problem.
func (d *decoder) condition(n *yaml.Node, what string) *Expr {
	s, ok := d.text(n, what)
	if !ok {
		return nil
	}
	trimmed := strings.TrimSpace(s)
	at := d.src.PlaceAt(d.content(n), n.Value, runes(s[:strings.Index(s, trimmed)]))
	if strings.HasPrefix(trimmed, "${") {
		d.reportAt(at, CodeBadExpression, "remove `${` and `}`", "%s is CEL as it stands", what)
		return nil
	}
	return d.expr(trimmed, at)
}

// expr parses a CEL expression that begins at the position. It is nil after a problem.
func (d *decoder) expr(source string, at Position) *Expr {
	names, err := expr.Names(source)
	if err == nil {
		return &Expr{Source: source, Position: at, Names: names}
	}
	list, ok := errors.AsType[expr.Errors](err)
	if !ok {
		d.reportAt(at, CodeBadExpression, "", "the expression cannot be parsed: %s", err)
	}
	for _, e := range list {
		d.reportAt(d.src.Place(at, source, e.Line, e.Column), e.Code, e.Suggestion, "%s", e.Message)
	}
	return nil
}

// template reads a text that people read. It is nil after a problem.
func (d *decoder) template(n *yaml.Node, what string) *Text {
	s, ok := d.text(n, what)
	if !ok {
		return nil
	}
	return &Text{Source: s, Position: d.content(n)}
}

// piece is a part of a value: text, or the inside of `${…}`.
type piece struct {
	text   string
	isExpr bool
	offset int // of its first character in the value
}

// maxPieces bounds the parts of one value: far more than people write, and few enough
// that finding their places costs nothing.
const maxPieces = 200

// pieces splits a value at its `${…}`. Braces and quotes inside of CEL are respected.
// Otherwise problem says what is wrong, at the offset of the opening.
func pieces(s string) (list []piece, open int, problem string) {
	for at := 0; at < len(s); {
		if len(list) > maxPieces {
			return nil, 0, "the value has too many `${…}`"
		}
		begin := strings.Index(s[at:], "${")
		if begin < 0 {
			list = append(list, piece{text: s[at:], offset: runes(s[:at])})
			break
		}
		begin += at
		if begin > at {
			list = append(list, piece{text: s[at:begin], offset: runes(s[:at])})
		}
		length := celEnd(s[begin+2:])
		if length < 0 {
			return nil, runes(s[:begin]), "`${` is not closed with `}`"
		}
		list = append(list, piece{text: s[begin+2 : begin+2+length], isExpr: true, offset: runes(s[:begin+2])})
		at = begin + 2 + length + 1
	}
	return list, 0, ""
}

// celEnd returns where the brace stands that closes a CEL expression; -1 when none does.
func celEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				return i
			}
		case '"', '\'':
			raw := i > 0 && (s[i-1] == 'r' || s[i-1] == 'R')
			length := celString(s[i:], raw)
			if length < 0 {
				return -1
			}
			i += length - 1
		}
	}
	return -1
}

// celString returns the length of the string literal at the beginning of s, quotes
// counted; -1 when it does not end.
func celString(s string, raw bool) int {
	quote := s[:1]
	if strings.HasPrefix(s, strings.Repeat(quote, 3)) {
		quote = s[:3]
	}
	for i := len(quote); i < len(s); i++ {
		switch {
		case s[i] == '\\' && !raw:
			i++
		case strings.HasPrefix(s[i:], quote):
			return i + len(quote)
		}
	}
	return -1
}

func runes(s string) int { return len([]rune(s)) }
