package expr

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/common/ast"
)

// comparison tells when two things can never be equal, or must not be compared.
func (c *check) comparison(node, left, right ast.Expr, bound map[string]Type) {
	a, b := c.typeOf(left, bound), c.typeOf(right, bound)
	for _, side := range []struct {
		node ast.Expr
		typ  Type
	}{{left, a}, {right, b}} {
		if holdsObject(side.typ) {
			c.report(node, CodeType, fmt.Sprintf("%s cannot be compared as a whole, because parts of it may be unknown", c.text(side.node)),
				"compare a field of it, or ask with has() whether it is known")
			return
		}
	}
	c.enumeration(c.text(left), a, right)
	c.enumeration(c.text(right), b, left)
	if len(a.Enum) > 0 && len(b.Enum) > 0 && !slices.ContainsFunc(a.Enum, func(v string) bool { return slices.Contains(b.Enum, v) }) {
		c.report(node, CodeEnum, fmt.Sprintf("%s and %s have no value in common", c.text(left), c.text(right)), "")
	}
}

// membership does the same for the operator "in".
func (c *check) membership(node, elem, list ast.Expr, bound map[string]Type) {
	t := c.typeOf(elem, bound)
	if holdsObject(t) {
		c.report(node, CodeType, fmt.Sprintf("%s cannot be looked for as a whole, because parts of it may be unknown", c.text(elem)),
			"compare a field, as in list.exists(x, x.address == …)")
		return
	}
	if list.Kind() == ast.ListKind {
		for _, value := range list.AsList().Elements() {
			c.enumeration(c.text(elem), t, value)
		}
		return
	}
	if over := c.typeOf(list, bound); over.Kind == List {
		c.enumeration("an element of "+c.text(list), elemOf(over), elem)
	}
}

// elements does the same for the functions that compare the elements of lists.
func (c *check) elements(node ast.Expr, bound map[string]Type) {
	args := node.AsCall().Args()
	if node.AsCall().IsMemberFunction() {
		args = append([]ast.Expr{node.AsCall().Target()}, args...)
	}
	for _, arg := range args {
		if holdsObject(c.typeOf(arg, bound)) {
			c.report(node, CodeType, fmt.Sprintf("the elements of %s cannot be compared as a whole, because parts of them may be unknown", c.text(arg)),
				"take a field of each with map(), as in list.map(x, x.address)")
			return
		}
	}
}

// enumeration tells when a value that the expression writes is none of an enumeration.
func (c *check) enumeration(what string, t Type, value ast.Expr) {
	if len(t.Enum) == 0 || !isText(value) {
		return
	}
	text := value.AsLiteral().Value().(string)
	if slices.Contains(t.Enum, text) {
		return
	}
	suggestion := didYouMean(text, t.Enum)
	if text == "" {
		suggestion = "ask with has() whether it is known"
	}
	if suggestion == "" && len(t.Enum) <= 12 {
		suggestion = "it is " + listed(t.Enum)
	}
	c.report(value, CodeEnum, fmt.Sprintf("%s is never %q", what, text), suggestion)
}

func holdsObject(t Type) bool {
	return t.Kind == Object || t.Elem != nil && holdsObject(*t.Elem)
}
