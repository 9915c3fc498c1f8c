package lint

import (
	"errors"

	"redress/definitions"
	"redress/definitions/expr"
)

// CodeWrongType is the code of an expression whose value does not fit its place.
const CodeWrongType = "wrong-type"

// types checks the expressions against the types of the actions' results.
type types struct{}

func (types) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeWrongType, Text: "The expression has a value of another type than its place needs: conditions are true or false, `within` is a duration, an input has the type that the action declares."}}
}

// expressionCodes documents the codes of package expr.
func expressionCodes() []definitions.CodeDoc {
	return []definitions.CodeDoc{
		{Code: expr.CodeSyntax, Text: "The text is not CEL."},
		{Code: expr.CodeUndefined, Text: "The expression calls a function or reads a name that does not exist."},
		{Code: expr.CodeField, Text: "The result of the action has no such field. `redress actions NAME` shows its fields."},
		{Code: expr.CodeType, Text: "Two parts of the expression have types that do not go together."},
		{Code: expr.CodeEnum, Text: "The value can never have this word: the field is one of a fixed list."},
		{Code: expr.CodeIntDivision, Text: "Both sides are whole numbers, and CEL would cut the fraction off. Use ratio(a, b), or make one side a double."},
		{Code: expr.CodeCost, Text: "The expression is too long, nested too deeply, or would take too long to evaluate."},
	}
}

func (types) check(b *book) {
	for _, u := range b.uses() {
		env, err := expr.NewEnv(b.decls(u))
		if err != nil {
			b.report(u.Position, expr.CodeType, "", "the expression cannot be checked: %s", err)
			continue
		}
		checked, err := env.Check(u.Source)
		if err != nil {
			b.reportErrors(u, err)
			continue
		}
		if !fits(checked.Type, u.want) {
			b.report(u.Position, CodeWrongType, "", "%s must be %s, and this is %s", u.what, describe(u.want), describe(checked.Type))
		}
	}
}

// decls declares what the expression reads. Names that the check of names refuses are
// declared as dynamic, so that the rest of the expression is still checked.
func (b *book) decls(u use) []expr.Decl {
	var list []expr.Decl
	for _, name := range u.Names {
		list = append(list, expr.Decl{Name: name, Type: b.typeOf(u, name)})
	}
	return list
}

func (b *book) typeOf(u use, name string) expr.Type {
	if _, bad := b.lookup(u.site, name, u.result != nil); bad {
		return expr.Type{Kind: expr.Dynamic}
	}
	if name == definitions.Result {
		return *u.result
	}
	for _, v := range definitions.Variables() {
		if v.Name == name {
			return v.Type
		}
	}
	t, _ := b.result(u.site.visible[name])
	return t
}

func (b *book) reportErrors(u use, err error) {
	list, ok := errors.AsType[expr.Errors](err)
	if !ok {
		b.report(u.Position, expr.CodeType, "", "%s", err)
	}
	for _, e := range list {
		b.report(b.src.Place(u.Position, u.Source, e.Line, e.Column), e.Code, e.Suggestion, "%s", e.Message)
	}
}

// fits reports whether a value of type have can stand where want is needed.
func fits(have, want expr.Type) bool {
	switch {
	case want.Kind == "" || want.Kind == expr.Dynamic || have.Kind == expr.Dynamic:
		return true
	case want.Kind == expr.Double && have.Kind == expr.Int:
		return true
	case want.Kind != have.Kind:
		return want.Kind == expr.Map && have.Kind == expr.Object || want.Kind == expr.Object && have.Kind == expr.Map
	case (want.Kind == expr.List || want.Kind == expr.Map) && want.Elem != nil && have.Elem != nil:
		return fits(*have.Elem, *want.Elem)
	}
	return true
}
