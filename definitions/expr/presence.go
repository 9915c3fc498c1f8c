package expr

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// relaxPresence rewrites has(a.b.c) to has(a.b) && has(a.b.c): asking for a field of
// something unknown is no error, the answer is no. It also puts each of these tests at
// the place of the field it is about.
func relaxPresence(tree *ast.AST) {
	factory := ast.NewExprFactory()
	info := tree.SourceInfo()
	next := ast.MaxID(tree)
	at := func(place int64) int64 {
		next++
		if where, ok := info.GetOffsetRange(place); ok {
			info.SetOffsetRange(next, where)
		}
		return next
	}
	var tests []ast.Expr
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
			tests = append(tests, e)
		}
	}))
	for _, e := range tests {
		place := e.ID()
		if call, ok := info.GetMacroCall(e.ID()); ok && len(call.AsCall().Args()) == 1 {
			place = call.AsCall().Args()[0].ID()
		}
		sel := e.AsSelect()
		test := factory.NewPresenceTest(at(place), sel.Operand(), sel.FieldName())
		operand := sel.Operand()
		for operand.Kind() == ast.SelectKind {
			inner := operand.AsSelect()
			parent := factory.NewPresenceTest(at(operand.ID()), inner.Operand(), inner.FieldName())
			test = factory.NewCall(at(place), operators.LogicalAnd, parent, test)
			operand = inner.Operand()
		}
		e.SetKindCase(test)
	}
}
