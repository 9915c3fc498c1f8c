package lint

import (
	"errors"
	"fmt"
	"strings"

	"redress/definitions"
	"redress/definitions/expr"
)

// The codes of the check of inputs.
const (
	CodeUnknownInput = "unknown-input"
	CodeMissingInput = "missing-input"
	CodeWrongInput   = "wrong-input"
)

// inputs checks what actions are given by `with`, as far as it is written out; what
// expressions give is checked with their types.
type inputs struct{}

func (inputs) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{
		{Code: CodeUnknownInput, Text: "The action has no such input. `redress actions NAME` shows what it takes."},
		{Code: CodeMissingInput, Text: "An input that the action needs is not given."},
		{Code: CodeWrongInput, Text: "The value does not fit the input's type. Text that looks like a number needs quotes; a number must have none."},
	}
}

func (inputs) check(b *book) {
	for _, s := range b.sites {
		c := s.call()
		if c == nil {
			continue
		}
		if action, ok := b.Actions.ActionType(c.Action); ok {
			what := "the action " + c.Action
			b.checkFields(s, what, "with", c.With, action.Input, b.key(s, string(s.Kind)))
		}
	}
}

// checkFields checks the fields of an object that a runbook writes out.
func (b *book) checkFields(s *site, what, path string, given []definitions.NamedArg, t expr.Type, at definitions.Position) {
	var known []string
	for _, f := range t.Fields {
		known = append(known, f.Name)
	}
	seen := map[string]bool{}
	for _, g := range given {
		seen[g.Name] = true
		here := path + "." + g.Name
		f, ok := t.Field(g.Name)
		if !ok {
			suggestion := definitions.DidYouMean(g.Name, known)
			if suggestion == "" && len(known) > 0 {
				suggestion = "it takes " + strings.Join(known, ", ")
			}
			b.report(b.input(s, here), CodeUnknownInput, suggestion, "%s has no input %q", what, g.Name)
			continue
		}
		b.checkArg(s, here, g.Arg, f.Type)
	}
	for _, f := range t.Fields {
		if !f.Optional && !seen[f.Name] {
			b.report(at, CodeMissingInput, strings.TrimSpace(fmt.Sprintf("add %s to `with`. %s", f.Name, f.Doc)), "%s needs the input %q", what, f.Name)
		}
	}
}

// checkArg checks a value that a runbook writes out against the type of its input.
func (b *book) checkArg(s *site, path string, a definitions.Arg, t expr.Type) {
	switch {
	case t.Kind == expr.Dynamic || t.Kind == "" || a.Expr != nil || missing(a.Literal) && len(a.Text)+len(a.List)+len(a.Map) == 0:
	case len(a.Text) > 0:
		if t.Kind != expr.String {
			b.report(a.Position, CodeWrongInput, "", "%s must be %s, and text with `${…}` inside is a string", path, describe(t))
		}
	case len(a.List) > 0:
		if t.Kind != expr.List {
			b.report(a.Position, CodeWrongInput, "", "%s must be %s, not a list", path, describe(t))
			return
		}
		for _, item := range a.List {
			b.checkArg(s, path, item, element(t))
		}
	case len(a.Map) > 0:
		b.checkMap(s, path, a, t)
	default:
		b.checkLiteral(path, a, t)
	}
}

func (b *book) checkMap(s *site, path string, a definitions.Arg, t expr.Type) {
	switch t.Kind {
	case expr.Object:
		b.checkFields(s, path, path, a.Map, t, a.Position)
	case expr.Map:
		for _, m := range a.Map {
			b.checkArg(s, path+"."+m.Name, m.Arg, element(expr.Type{Kind: expr.List, Elem: t.Elem}))
		}
	default:
		b.report(a.Position, CodeWrongInput, "", "%s must be %s, not a map", path, describe(t))
	}
}

// missing reports whether a literal has no value, which parsing reported.
func missing(v expr.Value) bool { return len(v.JSON) == 0 || string(v.JSON) == "null" }

func (b *book) checkLiteral(path string, a definitions.Arg, t expr.Type) {
	err := expr.Validate(a.Literal, t)
	misfits, ok := errors.AsType[expr.Misfits](err)
	if err != nil && !ok {
		b.report(a.Position, CodeWrongInput, "", "%s: %s", path, err)
	}
	for _, m := range misfits {
		here, suggestion := path, m.Suggestion
		if m.Path != "" {
			here += "." + m.Path
		}
		if quotes := quoting(a.Literal, t); quotes != "" {
			suggestion = quotes
		}
		b.report(a.Position, CodeWrongInput, suggestion, "%s %s", here, m.Message)
	}
}

// quoting suggests the quotes that a literal lacks or has too many.
func quoting(v expr.Value, t expr.Type) string {
	text := strings.HasPrefix(string(v.JSON), `"`)
	switch {
	case t.Kind == expr.String && !text:
		return fmt.Sprintf("put it in quotes: %q", v.JSON)
	case string(v.JSON) == `"yes"` || string(v.JSON) == `"no"` || string(v.JSON) == `"on"` || string(v.JSON) == `"off"`:
		return "write true or false"
	case text && (t.Kind == expr.Int || t.Kind == expr.Double || t.Kind == expr.Bool):
		return "write it without quotes"
	}
	return ""
}

// describe names a type in a message.
func describe(t expr.Type) string {
	switch t.Kind {
	case expr.Int:
		return "an int"
	case expr.Double:
		return "a double"
	case expr.Bool:
		return "true or false"
	case expr.Duration:
		return "a duration"
	case expr.Timestamp:
		return "a time"
	case expr.List:
		return "a list"
	case expr.Map, expr.Object:
		return "a map"
	case expr.String:
		if len(t.Enum) > 0 {
			return definitions.OneOf(t.Enum)
		}
		return "a string"
	}
	return "a value"
}
