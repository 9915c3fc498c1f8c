package definitions

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"redress/definitions/expr"

	"gopkg.in/yaml.v3"
)

// Numbers are those of JSON and CEL: what else YAML takes for one (octal, 1_000, .inf)
// surprises people, and stays text, which the type of the input then refuses.
var (
	wholeNumber   = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	decimalNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
)

// namedArgs reads the map `with`.
func (d *decoder) namedArgs(n *yaml.Node, what string) []NamedArg {
	if !d.isMap(n, what) {
		return nil
	}
	var args []NamedArg
	for _, p := range d.pairs(n) {
		d.src.mark(d.path, what+"."+p.name, d.position(p.key), d.content(p.value))
		args = append(args, NamedArg{Name: p.name, Arg: d.arg(p.value, what+"."+p.name)})
	}
	return args
}

// arg reads a value for an action.
func (d *decoder) arg(n *yaml.Node, what string) Arg {
	a := Arg{Position: d.position(n)}
	switch {
	case d.bad[n]:
		a.Literal = literal(nil)
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		a.Map = d.namedArgs(n, what)
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		for _, c := range n.Content {
			a.List = append(a.List, d.arg(c, "an item of "+what))
		}
	case n.Kind == yaml.MappingNode:
		a.Literal = literal(map[string]any{})
	case n.Kind == yaml.SequenceNode:
		a.Literal = literal([]any{})
	case isNull(n):
		d.report(n, CodeEmptyValue, `give it a value; an empty text is ""`, "%s is empty", what)
		a.Literal = literal(nil)
	default:
		a.Position = d.content(n)
		d.scalarArg(n, &a)
	}
	return a
}

// scalarArg reads a scalar: a literal, an expression, or text with expressions inside.
func (d *decoder) scalarArg(n *yaml.Node, a *Arg) {
	list, open, problem := pieces(n.Value)
	switch {
	case problem != "":
		d.reportAt(d.src.PlaceAt(a.Position, n.Value, open), CodeBadExpression, "", "%s", problem)
		a.Literal = literal(n.Value)
	case !strings.Contains(n.Value, "${"):
		a.Literal = plainOrText(n)
	case len(list) == 1 || len(list) == 2 && strings.TrimSpace(list[1].text) == "" && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		a.Expr = d.pieceExpr(n, list[0], a.Position)
	default:
		for _, p := range list {
			if !p.isExpr {
				a.Text = append(a.Text, Part{Literal: p.text})
			} else if e := d.pieceExpr(n, p, a.Position); e != nil {
				a.Text = append(a.Text, Part{Expr: e})
			}
		}
	}
}

func (d *decoder) pieceExpr(n *yaml.Node, p piece, start Position) *Expr {
	trimmed := strings.TrimSpace(p.text)
	at := d.src.PlaceAt(start, n.Value, p.offset+runes(p.text[:strings.Index(p.text, trimmed)]))
	if trimmed == "" {
		d.reportAt(at, CodeBadExpression, "", "`${}` holds no expression")
		return nil
	}
	return d.expr(trimmed, at)
}

// plainOrText gives a scalar its JSON type: plain numbers and booleans keep theirs,
// all else is text.
func plainOrText(n *yaml.Node) expr.Value {
	if n.Style != 0 {
		return literal(n.Value)
	}
	switch n.Value {
	case "true":
		return literal(true)
	case "false":
		return literal(false)
	}
	if wholeNumber.MatchString(n.Value) {
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return literal(i)
		}
	}
	if decimalNumber.MatchString(n.Value) {
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil && !math.IsInf(f, 0) {
			return literal(f)
		}
	}
	return literal(n.Value)
}

// literal wraps a value that JSON can always hold.
func literal(v any) expr.Value {
	data, err := json.Marshal(v)
	if err != nil {
		return expr.Value{Unknown: map[string]string{"": err.Error()}}
	}
	return expr.Value{JSON: data}
}

// durationArg reads a duration, or `${…}` that computes one.
func (d *decoder) durationArg(n *yaml.Node, what string, least time.Duration) Arg {
	s, ok := d.text(n, what)
	if !ok {
		return literalDuration(Duration(least), d.position(n))
	}
	if !strings.Contains(s, "${") {
		return literalDuration(d.duration(n, what, least), d.content(n))
	}
	a := d.arg(n, what)
	if len(a.Text) > 0 {
		d.reportAt(a.Position, CodeBadDuration, "write all of it inside of one `${…}`", "%s cannot have text around `${…}`", what)
		return literalDuration(Duration(least), a.Position)
	}
	return a
}

func literalDuration(v Duration, at Position) Arg {
	return Arg{Literal: literal(v.String()), Position: at}
}
