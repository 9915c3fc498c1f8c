package expr

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// wrongCall tells that a function or an operator does not take what it is given.
func (c *check) wrongCall(node ast.Expr) {
	call := node.AsCall()
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	kinds := make([]string, len(args))
	for i, arg := range args {
		kinds[i] = celKind(c.tree.GetType(arg.ID()))
	}
	name := call.FunctionName()
	symbol, isOperator := operators.FindReverse(name)
	switch {
	case (name == operators.Equals || name == operators.NotEquals) && isNumber(kinds[0]) && isNumber(kinds[1]):
		return // the checker does not know it, but int and double compare at run time
	case name == operators.Conditional && kinds[0] != string(Bool):
		c.notCondition(args[0])
	case name == operators.Conditional:
		c.report(node, CodeType, fmt.Sprintf("the two results of ? : are of different types, %s and %s", kinds[1], kinds[2]), "")
	case name == operators.Index:
		c.report(node, CodeType, fmt.Sprintf("%s is %s and has no elements of key %s", c.text(args[0]), article(kinds[0]), kinds[1]), "")
	case isOperator && len(kinds) == 1:
		c.report(node, CodeType, fmt.Sprintf("%q does not take %s", symbol, article(kinds[0])), "")
	case isOperator:
		c.report(node, CodeType, fmt.Sprintf("%q does not take %s and %s", symbol, article(kinds[0]), article(kinds[1])), cure(symbol, args, kinds))
	case call.IsMemberFunction() && len(kinds) == 1:
		c.report(node, CodeType, fmt.Sprintf("%s() cannot be called on %s without arguments", name, article(kinds[0])), "")
	case call.IsMemberFunction():
		c.report(node, CodeType, fmt.Sprintf("%s() cannot be called on %s with (%s)", name, article(kinds[0]), strings.Join(kinds[1:], ", ")), "")
	default:
		c.report(node, CodeType, fmt.Sprintf("%s() does not take (%s)", strings.ReplaceAll(name, "@", ""), strings.Join(kinds, ", ")), "")
	}
}

func isNumber(kind string) bool {
	return slices.Contains([]string{string(Int), string(Double), "uint"}, kind)
}

// cure says how to make the operands of an operator fit.
func cure(symbol string, args []ast.Expr, kinds []string) string {
	for i, kind := range kinds {
		other := kinds[1-i]
		switch {
		case other == "null":
			return "ask with has() whether it is known"
		case kind == string(Duration) && isText(args[1-i]):
			return fmt.Sprintf("write duration(%q)", args[1-i].AsLiteral().Value())
		case kind == string(Timestamp) && isText(args[1-i]):
			return fmt.Sprintf("write timestamp(%q)", args[1-i].AsLiteral().Value())
		case kind == string(Int) && isText(args[1-i]) && isWhole(args[1-i]):
			return "write the number without quotes"
		case kind == string(Int) && isText(args[1-i]) && isSize(args[1-i]):
			return fmt.Sprintf("write bytes(%q)", args[1-i].AsLiteral().Value())
		case kind == string(Int) && other == string(Double):
			return "turn the int into a double with double()"
		case symbol == "+" && kind == string(String) && other != string(String):
			return fmt.Sprintf("turn the %s into text with string()", other)
		}
	}
	return ""
}

func isText(node ast.Expr) bool {
	return node.Kind() == ast.LiteralKind && node.AsLiteral().Type() == types.StringType
}

func isWhole(node ast.Expr) bool {
	_, err := strconv.ParseInt(fmt.Sprint(node.AsLiteral().Value()), 10, 64)
	return err == nil
}

func isSize(node ast.Expr) bool {
	_, err := ParseBytes(fmt.Sprint(node.AsLiteral().Value()))
	return err == nil
}
