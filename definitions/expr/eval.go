package expr

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/parser"
)

// Eval evaluates an expression over the types that the scope carries. It does not check
// types first, so that an expression that was accepted once evaluates for ever the same.
// It reads no clock, and its work is bounded.
//
// The result has the type that the evaluation gave it; an element type that cannot be
// told, as of an empty list, is dynamic. An error holds an [UnknownError] when the
// expression depends on something unknown, and is [Errors] when it is not CEL.
func Eval(source string, scope Scope) (Var, error) {
	value, err := evaluate(source, scope)
	if err != nil {
		return Var{}, err
	}
	return toVar(value)
}

// Holds evaluates a condition. A result that is neither true nor false is an error; see [Eval] for the others.
func Holds(source string, scope Scope) (bool, error) {
	value, err := evaluate(source, scope)
	if err != nil {
		return false, err
	}
	if b, ok := value.(types.Bool); ok {
		return bool(b), nil
	}
	return false, fmt.Errorf("the condition %s is %s, not true or false", source, article(kindName(value)))
}

func evaluate(source string, scope Scope) (ref.Val, error) {
	e, err := newEngine()
	if err != nil {
		return nil, err
	}
	p, err := e.parse(source)
	if err != nil {
		return nil, err
	}
	return e.run(p.tree, newActivation(scope))
}

// evalError puts an error of an evaluation into plain words, with the part of the
// expression that it concerns. An UnknownError is returned as it is.
func (e *engine) evalError(tree *ast.AST, err error) error {
	var unknown *UnknownError
	if errors.As(err, &unknown) {
		return unknown
	}
	if costExceeded(err) {
		return fmt.Errorf("the evaluation was stopped after %d steps: compare fewer things with each other", maxCost)
	}
	var located interface{ NodeID() int64 }
	if !errors.As(err, &located) {
		return fmt.Errorf("evaluate: %w", err)
	}
	node := findNode(tree.Expr(), located.NodeID())
	if node == nil {
		return errors.New(plainReason(err.Error()))
	}
	reason, text := plainReason(err.Error()), shorten(unparse(node, tree.SourceInfo()), 200)
	if node.Kind() == ast.CallKind && !e.known(node.AsCall()) {
		reason = "there is no such function"
	}
	if node.Kind() == ast.IdentKind || strings.HasPrefix(reason, text+" ") {
		return errors.New(reason)
	}
	return fmt.Errorf("%s: %s", text, reason)
}

// plainReason translates cel-go's messages.
func plainReason(message string) string {
	if key, ok := strings.CutPrefix(message, "no such key: "); ok {
		return fmt.Sprintf("there is no %q", key)
	}
	if index, ok := strings.CutPrefix(message, "index out of bounds: "); ok {
		return fmt.Sprintf("the list has no element %s", index)
	}
	if names, ok := strings.CutPrefix(message, "no such attribute(s): "); ok {
		name, _, _ := strings.Cut(names, ".")
		return fmt.Sprintf("%q is not defined", name)
	}
	if strings.HasPrefix(message, "no such overload") {
		return "the types of the values do not fit"
	}
	if strings.HasSuffix(message, "expected iterable type") {
		return "only lists and maps can be gone through"
	}
	return message
}

// findNode returns the node of that ID, or nil.
func findNode(root ast.Expr, id int64) ast.Expr {
	var found ast.Expr
	ast.PreOrderVisit(root, ast.NewExprVisitor(func(e ast.Expr) {
		if e.ID() == id && found == nil {
			found = e
		}
	}))
	return found
}

// unparse writes a part of an expression as CEL, on one line.
func unparse(node ast.Expr, info *ast.SourceInfo) string {
	text, err := parser.Unparse(node, info, parser.WrapOnColumn(maxLength*4))
	if err != nil {
		return "(expression)"
	}
	return strings.Join(strings.Fields(text), " ")
}

// shorten cuts a text to so many characters.
func shorten(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}
