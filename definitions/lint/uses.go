package lint

import (
	"redress/definitions"
	"redress/definitions/expr"
)

// use is one expression of a runbook: what it is for, and what it may read.
type use struct {
	*definitions.Expr
	what string    // in messages: "guard", "with.value"
	want expr.Type // the type that its value must have; of kind "" when any will do
	site *site     // nil for the key `when`
	// result is the type of the variable `result`; nil where there is none.
	result *expr.Type
}

// uses lists all expressions of the runbook that could be parsed.
func (b *book) uses() []use {
	condition := expr.Type{Kind: expr.Bool}
	var list []use
	add := func(e *definitions.Expr, u use) {
		if e != nil && e.Source != "" {
			u.Expr = e
			list = append(list, u)
		}
	}
	add(b.When, use{what: "when", want: condition})
	for _, s := range b.sites {
		add(s.If, use{what: "if", want: condition, site: s})
		if s.Guard != nil {
			add(&s.Guard.Condition, use{what: "guard", want: condition, site: s})
		}
		if s.Verify != nil {
			result, _ := b.result(s)
			add(&s.Verify.Until, use{what: "until", want: condition, site: s, result: &result})
			add(s.Verify.Within.Expr, use{what: "within", want: expr.Type{Kind: expr.Duration}, site: s})
		}
		list = append(list, b.inputUses(s)...)
	}
	return list
}

// inputUses lists the expressions in the inputs of a step.
func (b *book) inputUses(s *site) []use {
	c := s.call()
	if c == nil {
		return nil
	}
	action, known := b.Actions.ActionType(c.Action)
	var list []use
	for _, arg := range c.With {
		want := expr.Type{}
		if f, ok := action.Input.Field(arg.Name); known && ok {
			want = f.Type
		}
		list = append(list, argUses(s, "with."+arg.Name, arg.Arg, want)...)
	}
	return list
}

func argUses(s *site, what string, a definitions.Arg, want expr.Type) []use {
	var list []use
	if a.Expr != nil {
		list = append(list, use{Expr: a.Expr, what: what, want: want, site: s})
	}
	for _, p := range a.Text {
		if p.Expr != nil {
			list = append(list, use{Expr: p.Expr, what: what, site: s})
		}
	}
	for _, item := range a.List {
		list = append(list, argUses(s, what, item, element(want))...)
	}
	for _, m := range a.Map {
		list = append(list, argUses(s, what+"."+m.Name, m.Arg, member(want, m.Name))...)
	}
	return list
}

// element returns the type of the items of a list, of kind "" when that is not known.
func element(t expr.Type) expr.Type {
	if t.Kind == expr.List && t.Elem != nil {
		return *t.Elem
	}
	return expr.Type{}
}

// member returns the type of what a map or an object holds under a name, of kind ""
// when that is not known.
func member(t expr.Type, name string) expr.Type {
	if t.Kind == expr.Map && t.Elem != nil {
		return *t.Elem
	}
	f, _ := t.Field(name)
	return f.Type
}
