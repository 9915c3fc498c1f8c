package expr

import (
	"cmp"
	"slices"

	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/ast"
)

// Checked is what is known of an expression whose types fit.
type Checked struct {
	Type  Type     // of the result; Dynamic when it cannot be told
	Names []string // the variables that it reads, sorted
}

// Check checks an expression: syntax, names, types, enumerations. The error is [Errors]
// and holds every problem, not only the first; Names is filled in whenever the
// expression can be parsed.
func (e *Env) Check(source string) (Checked, error) {
	p, err := e.engine.parse(source)
	if err != nil {
		return Checked{}, err
	}
	result := Checked{Names: e.engine.names(p.tree.Expr())}
	tree, found := checker.Check(p.tree, p.source, e.checker)
	c := &check{env: e, tree: tree, source: []rune(source)}
	c.misspeltMacros()
	for _, issue := range found.GetErrors() {
		c.issue(issue)
	}
	c.walk(tree.Expr(), nil)
	result.Type = c.typeOf(tree.Expr(), nil)
	if len(c.errs) > 0 {
		return result, sorted(c.errs)
	}
	return result, nil
}

// check collects what is wrong in one expression.
type check struct {
	env     *Env
	tree    *ast.AST
	source  []rune
	misread []string // names that a misspelt all() or exists() would have bound
	errs    Errors
}

// report adds an error at a node: at the field of a selection, the name in a call, the
// operator of an operation.
func (c *check) report(node ast.Expr, code, message, suggestion string) {
	c.reportAt(c.offset(node), code, message, suggestion)
}

// reportWhole adds an error where a node and all that belongs to it begins.
func (c *check) reportWhole(node ast.Expr, code, message, suggestion string) {
	first := c.offset(node)
	ast.PreOrderVisit(node, ast.NewExprVisitor(func(e ast.Expr) {
		if _, known := c.tree.SourceInfo().GetOffsetRange(e.ID()); known {
			first = min(first, c.offset(e))
		}
	}))
	c.reportAt(first, code, message, suggestion)
}

func (c *check) reportAt(offset int, code, message, suggestion string) {
	line, column := 1, 1
	for _, r := range c.source[:offset] {
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	c.errs = append(c.errs, &Error{Line: line, Column: column, Code: code, Message: message, Suggestion: suggestion})
}

// offset returns how many characters of the source stand before a node.
func (c *check) offset(node ast.Expr) int {
	where, _ := c.tree.SourceInfo().GetOffsetRange(node.ID())
	at := min(max(int(where.Start), 0), len(c.source))
	switch {
	case node.Kind() == ast.SelectKind:
		for at < len(c.source) && slices.Contains([]rune(".? \t\r\n"), c.source[at]) {
			at++
		}
	case at < len(c.source) && c.source[at] == '(':
		for at > 0 && isSpace(c.source[at-1]) {
			at--
		}
		for at > 0 && isWord(c.source[at-1]) {
			at--
		}
	}
	return at
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// text writes a node as CEL.
func (c *check) text(node ast.Expr) string { return shorten(unparse(node, c.tree.SourceInfo()), 80) }

// sorted orders errors by their place and drops repetitions, which macros cause.
func sorted(errs Errors) Errors {
	slices.SortStableFunc(errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(errs, func(a, b *Error) bool { return *a == *b })
}
