package expr

import (
	"fmt"
	"maps"
	"reflect"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// walk looks at every node for what cel-go's types cannot see: enumerations, integer
// division, objects compared as a whole, texts that are no duration. The map holds the
// types of the variables that comprehensions bind; accumulators have the kind "".
func (c *check) walk(node ast.Expr, bound map[string]Type) {
	switch node.Kind() {
	case ast.SelectKind:
		c.walk(node.AsSelect().Operand(), bound)
	case ast.CallKind:
		call := node.AsCall()
		if call.IsMemberFunction() {
			c.walk(call.Target(), bound)
		}
		for _, arg := range call.Args() {
			c.walk(arg, bound)
		}
		c.call(node, bound)
	case ast.ListKind:
		for _, elem := range node.AsList().Elements() {
			c.walk(elem, bound)
		}
	case ast.MapKind:
		for _, entry := range node.AsMap().Entries() {
			c.walk(entry.AsMapEntry().Key(), bound)
			c.walk(entry.AsMapEntry().Value(), bound)
		}
	case ast.StructKind:
		c.report(node, CodeUndefined, fmt.Sprintf("%q is not a type", node.AsStruct().TypeName()),
			`objects cannot be created; write a map as in {"key": value}`)
	case ast.ComprehensionKind:
		comp := node.AsComprehension()
		c.walk(comp.IterRange(), bound)
		c.walk(comp.AccuInit(), bound)
		inner := maps.Clone(bound)
		if inner == nil {
			inner = map[string]Type{}
		}
		inner[comp.AccuVar()] = Type{}
		switch over := c.typeOf(comp.IterRange(), bound); over.Kind {
		case List:
			inner[comp.IterVar()] = elemOf(over)
		case Map:
			inner[comp.IterVar()] = Type{Kind: String}
		default:
			inner[comp.IterVar()] = Type{Kind: Dynamic}
		}
		c.walk(comp.LoopCondition(), inner)
		c.walk(comp.LoopStep(), inner)
		c.walk(comp.Result(), inner)
	}
}

// typeOf returns the type of a node with the enumeration, which cel-go's type does not have.
func (c *check) typeOf(node ast.Expr, bound map[string]Type) Type {
	fallback := c.fromCEL(c.tree.GetType(node.ID()))
	switch node.Kind() {
	case ast.IdentKind:
		if t, ok := bound[node.AsIdent()]; ok {
			if t.Kind == "" {
				return fallback
			}
			return t
		}
		if t, ok := c.env.decls[node.AsIdent()]; ok {
			return t
		}
	case ast.SelectKind:
		sel := node.AsSelect()
		operand := c.typeOf(sel.Operand(), bound)
		if f, ok := operand.Field(sel.FieldName()); ok && !sel.IsTestOnly() {
			return f.Type
		}
		if operand.Kind == Map && !sel.IsTestOnly() {
			return elemOf(operand)
		}
	case ast.CallKind:
		args := node.AsCall().Args()
		switch node.AsCall().FunctionName() {
		case operators.Index:
			if operand := c.typeOf(args[0], bound); operand.Kind == List || operand.Kind == Map {
				return elemOf(operand)
			}
		case operators.Conditional:
			if t := c.typeOf(args[1], bound); reflect.DeepEqual(t, c.typeOf(args[2], bound)) {
				return t
			}
		}
	}
	return fallback
}

// fromCEL returns our type for one of cel-go's. An optional has the type of its content,
// as results do.
func (c *check) fromCEL(t *types.Type) Type {
	switch t.Kind() {
	case types.BoolKind:
		return Type{Kind: Bool}
	case types.IntKind, types.UintKind:
		return Type{Kind: Int}
	case types.DoubleKind:
		return Type{Kind: Double}
	case types.StringKind:
		return Type{Kind: String}
	case types.DurationKind:
		return Type{Kind: Duration}
	case types.TimestampKind:
		return Type{Kind: Timestamp}
	case types.ListKind:
		return ListOf(c.fromCEL(t.Parameters()[0]))
	case types.MapKind:
		return MapOf(c.fromCEL(t.Parameters()[1]))
	case types.StructKind:
		if object, ok := c.env.objects.byName[t.TypeName()]; ok {
			return object
		}
	case types.OpaqueKind:
		if len(t.Parameters()) == 1 {
			return c.fromCEL(t.Parameters()[0])
		}
	}
	return Type{Kind: Dynamic}
}
