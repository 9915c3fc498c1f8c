package expr

import (
	"maps"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/containers"
)

// Names returns the variables that an expression reads, sorted. Variables that the
// expression itself binds, as r in replicas.all(r, r.online), are not among them. It
// parses without checking types; the error is [Errors].
func Names(source string) ([]string, error) {
	e, err := newEngine()
	if err != nil {
		return nil, err
	}
	p, err := e.parse(source)
	if err != nil {
		return nil, err
	}
	return e.names(p.tree.Expr()), nil
}

func (e *engine) names(root ast.Expr) []string {
	found := map[string]bool{}
	e.reads(root, nil, func(name string, _ ast.Expr) { found[name] = true })
	return slices.Sorted(maps.Keys(found))
}

// reads calls see for every variable that an expression reads from its scope, with the
// longest chain of fields that it selects from it.
func (e *engine) reads(node ast.Expr, bound []string, see func(name string, chain ast.Expr)) {
	switch node.Kind() {
	case ast.IdentKind, ast.SelectKind:
		root := node
		for root.Kind() == ast.SelectKind {
			root = root.AsSelect().Operand()
		}
		if root.Kind() != ast.IdentKind {
			e.reads(root, bound, see)
			return
		}
		if name := root.AsIdent(); !slices.Contains(bound, name) && !isTypeName(name) {
			see(name, node)
		}
	case ast.CallKind:
		call := node.AsCall()
		if call.IsMemberFunction() && !e.namespaced(call) {
			e.reads(call.Target(), bound, see)
		}
		for _, arg := range call.Args() {
			e.reads(arg, bound, see)
		}
	case ast.ListKind:
		for _, elem := range node.AsList().Elements() {
			e.reads(elem, bound, see)
		}
	case ast.MapKind:
		for _, entry := range node.AsMap().Entries() {
			e.reads(entry.AsMapEntry().Key(), bound, see)
			e.reads(entry.AsMapEntry().Value(), bound, see)
		}
	case ast.StructKind:
		for _, field := range node.AsStruct().Fields() {
			e.reads(field.AsStructField().Value(), bound, see)
		}
	case ast.ComprehensionKind:
		c := node.AsComprehension()
		e.reads(c.IterRange(), bound, see)
		e.reads(c.AccuInit(), bound, see)
		inner := append(slices.Clone(bound), c.AccuVar(), c.IterVar(), c.IterVar2())
		e.reads(c.LoopCondition(), inner, see)
		e.reads(c.LoopStep(), inner, see)
		e.reads(c.Result(), append(slices.Clone(bound), c.AccuVar()), see)
	}
}

// known reports whether the function of a call exists.
func (e *engine) known(call ast.CallExpr) bool {
	return e.env.HasFunction(call.FunctionName()) || call.IsMemberFunction() && e.namespaced(call)
}

// namespaced reports whether what looks like a method, as math.abs(x), is a function.
func (e *engine) namespaced(call ast.CallExpr) bool {
	prefix, ok := containers.ToQualifiedName(call.Target())
	return ok && e.env.HasFunction(prefix+"."+call.FunctionName())
}
