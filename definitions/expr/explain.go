package expr

import (
	"errors"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// maxExplanation is the longest explanation, in characters: a line that people read.
const maxExplanation = 600

// Explain says on one line, for people, why a condition has the value that it has: the
// smallest parts of it that decide, with what they read.
//
//	!stuck.master.reachable is false (stuck.master.reachable = true)
//	stuck.sentinels.quorum_ok is unknown: no Sentinel answered
//
// It never fails; an expression that cannot be evaluated is explained by its error.
func Explain(source string, scope Scope) string {
	e, err := newEngine()
	if err != nil {
		return err.Error()
	}
	p, err := e.parse(source)
	if err != nil {
		return shorten(source, 100) + " is wrong: " + err.Error()
	}
	x := &explainer{engine: e, info: p.tree.SourceInfo(), vars: newActivation(scope)}
	parts := x.explain(p.tree.Expr()).parts
	lines := make([]string, len(parts))
	for i, part := range parts {
		lines[i] = x.line(part)
	}
	return shorten(strings.Join(lines, " and "), maxExplanation)
}

type explainer struct {
	engine *engine
	info   *ast.SourceInfo
	vars   *activation
}

// part is a piece of a condition, what it evaluates to, and the pieces of it that decide.
type part struct {
	node  ast.Expr
	value ref.Val
	err   error
	parts []part // of a leaf, itself
}

// explain evaluates a condition along its && || and !, as CEL does: of two operands one
// that decides counts, even where the other is unknown.
func (x *explainer) explain(node ast.Expr) part {
	if node.Kind() == ast.CallKind {
		args := node.AsCall().Args()
		switch node.AsCall().FunctionName() {
		case operators.LogicalAnd:
			return x.both(node, types.False, x.explain(args[0]), x.explain(args[1]))
		case operators.LogicalOr:
			return x.both(node, types.True, x.explain(args[0]), x.explain(args[1]))
		case operators.LogicalNot:
			return x.not(node, x.explain(args[0]))
		}
	}
	leaf := part{node: node}
	leaf.value, leaf.err = x.run(node)
	leaf.parts = []part{leaf}
	return leaf
}

// both joins the operands of && or ||. The deciding value is the one that settles the
// result alone: false for &&, true for ||.
func (x *explainer) both(node ast.Expr, deciding types.Bool, a, b part) part {
	for _, side := range []part{a, b} {
		if side.err == nil && side.value == deciding {
			return part{node: node, value: deciding, parts: side.parts}
		}
	}
	for _, side := range []part{a, b} {
		if side.err != nil {
			return part{node: node, err: side.err, parts: side.parts}
		}
	}
	_, aBool := a.value.(types.Bool)
	_, bBool := b.value.(types.Bool)
	if !aBool || !bBool {
		leaf := part{node: node}
		leaf.value, leaf.err = x.run(node)
		leaf.parts = []part{leaf}
		return leaf
	}
	return part{node: node, value: !deciding, parts: append(append([]part{}, a.parts...), b.parts...)}
}

// not keeps the parts of what it negates when that is a combination; !x stands for itself.
func (x *explainer) not(node ast.Expr, operand part) part {
	value, ok := operand.value.(types.Bool)
	whole := part{node: node, value: !value, err: operand.err}
	if operand.err == nil && !ok {
		whole.value, whole.err = x.run(node)
	}
	simple := len(operand.parts) == 1 && operand.parts[0].node.ID() == operand.node.ID()
	if simple {
		whole.parts = []part{whole}
	} else {
		whole.parts = operand.parts
	}
	return whole
}

func (x *explainer) run(node ast.Expr) (ref.Val, error) {
	return x.engine.run(ast.NewAST(node, x.info), x.vars)
}

// line writes one deciding part.
func (x *explainer) line(p part) string {
	var unknown *UnknownError
	if errors.As(p.err, &unknown) {
		return unknown.Error()
	}
	if p.err != nil {
		return p.err.Error()
	}
	text := unparse(p.node, x.info) + " is " + brief(p.value)
	if read := x.read(p); len(read) > 0 {
		text += " (" + strings.Join(read, ", ") + ")"
	}
	return text
}
