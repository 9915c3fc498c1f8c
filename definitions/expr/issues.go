package expr

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/containers"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// issue tells in plain words what cel-go's checker found at a node. What it says itself
// is only used where the node does not tell.
func (c *check) issue(found *common.Error) {
	node := findNode(c.tree.Expr(), found.ExprID)
	if node == nil || node.Kind() == ast.StructKind {
		return // it is about {field: value} of an object, which walk tells
	}
	have := c.tree.GetType(node.ID())
	switch {
	case strings.Contains(found.Message, "cannot be range"):
		c.reportWhole(node, CodeType, fmt.Sprintf("%s is %s", c.text(node), article(celKind(have))), "only lists and maps can be gone through")
	case strings.HasPrefix(found.Message, "expected type 'bool'"):
		c.notCondition(node)
	case node.Kind() == ast.IdentKind:
		c.undefinedVariable(node)
	case node.Kind() == ast.SelectKind:
		c.wrongField(node, node.AsSelect())
	case node.Kind() == ast.CallKind && strings.HasPrefix(found.Message, "undeclared"):
		c.undefinedFunction(node)
	case node.Kind() == ast.CallKind && node.AsCall().FunctionName() == operators.OptSelect:
		c.wrongOptionalField(node)
	case node.Kind() == ast.CallKind:
		c.wrongCall(node)
	default:
		c.report(node, CodeType, found.Message, "")
	}
}

func (c *check) notCondition(node ast.Expr) {
	c.reportWhole(node, CodeType, fmt.Sprintf("%s is %s, not a condition", c.text(node), article(celKind(c.tree.GetType(node.ID())))), "")
}

func (c *check) undefinedVariable(node ast.Expr) {
	name := node.AsIdent()
	if slices.Contains(namespaces(), name) || slices.Contains(c.misread, name) {
		return // the call of which it is a part is told
	}
	known := make([]string, 0, len(c.env.decls))
	for d := range c.env.decls {
		known = append(known, d)
	}
	c.report(node, CodeUndefined, fmt.Sprintf("%q is not defined", name), didYouMean(name, known))
}

func (c *check) undefinedFunction(node ast.Expr) {
	call := node.AsCall()
	name := call.FunctionName()
	if call.IsMemberFunction() {
		if prefix, ok := containers.ToQualifiedName(call.Target()); ok && slices.Contains(namespaces(), prefix) {
			name = prefix + "." + name
		}
	}
	known := macros()
	for f := range c.env.engine.env.Functions() {
		if isWord([]rune(f)[0]) && f[0] != '_' && !strings.Contains(f, "@") {
			known = append(known, f)
		}
	}
	suggestion := didYouMean(name, known)
	if slices.Contains([]string{"len", "length", "count"}, name) {
		suggestion = didYouMean("size", known)
	}
	if _, ok := c.env.decls[name]; ok && !call.IsMemberFunction() {
		suggestion = "it is a variable: write it without ()"
	}
	if slices.Contains(known, name) { // a macro, called with a wrong number of arguments
		c.report(node, CodeType, fmt.Sprintf("%s() has a wrong number of arguments here", name), "")
		return
	}
	c.report(node, CodeUndefined, fmt.Sprintf("%q is not a function", name), suggestion)
}

// macros are the functions that the parser expands.
func macros() []string {
	return []string{
		"has", "all", "exists", "exists_one", "existsOne", "filter", "map", "optMap", "optFlatMap",
		"math.least", "math.greatest",
	}
}

// misspeltMacros notes the r of replicas.al(r, r.online): once the function is told, r
// being undefined is no news.
func (c *check) misspeltMacros() {
	ast.PreOrderVisit(c.tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || !e.AsCall().IsMemberFunction() || len(e.AsCall().Args()) < 2 {
			return
		}
		call := e.AsCall()
		if first := call.Args()[0]; first.Kind() == ast.IdentKind && !c.env.engine.env.HasFunction(call.FunctionName()) {
			c.misread = append(c.misread, first.AsIdent())
		}
	}))
}

func (c *check) wrongField(node ast.Expr, sel ast.SelectExpr) {
	c.noField(node, sel.Operand(), sel.FieldName())
}

// wrongOptionalField is wrongField for x.?y, which is a call with the field as a string.
func (c *check) wrongOptionalField(node ast.Expr) {
	args := node.AsCall().Args()
	if len(args) == 2 && args[1].Kind() == ast.LiteralKind {
		c.noField(node, args[0], fmt.Sprint(args[1].AsLiteral().Value()))
		return
	}
	c.report(node, CodeType, "what follows .? must be a field", "")
}

func (c *check) noField(node, operand ast.Expr, field string) {
	t := c.tree.GetType(operand.ID())
	if t.Kind() == types.OpaqueKind && len(t.Parameters()) == 1 {
		t = t.Parameters()[0]
	}
	if t.Kind() != types.StructKind {
		suggestion := ""
		if t.Kind() == types.ListKind {
			suggestion = "go through its elements with exists(), all() or map()"
		}
		c.report(node, CodeField, fmt.Sprintf("%s is %s and has no field %q", c.text(operand), article(celKind(t)), field), suggestion)
		return
	}
	fields, _ := c.env.objects.FindStructFieldNames(t.TypeName())
	suggestion := didYouMean(field, fields)
	if suggestion == "" && len(fields) > 0 && len(fields) <= 12 {
		suggestion = "it has " + strings.Join(fields, ", ")
	}
	c.report(node, CodeField, fmt.Sprintf("%q is not a field of %s", field, c.text(operand)), suggestion)
}

// didYouMean suggests the name that was probably meant.
func didYouMean(name string, known []string) string {
	if best, ok := closest(name, known); ok {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return ""
}
