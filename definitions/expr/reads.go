package expr

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// maxElements is how many elements of a list an explanation shows.
const maxElements = 3

// read lists what a part of a condition read: "stuck.master.reachable = true".
func (x *explainer) read(p part) []string {
	var lines []string
	add := func(line string) {
		if line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	x.engine.reads(p.node, nil, func(_ string, chain ast.Expr) {
		if chain.ID() != p.node.ID() || isPresence(chain) {
			add(x.show(unparse(plain(chain), x.info), plain(chain), x.vars))
		}
	})
	for _, line := range x.elements(p) {
		add(line)
	}
	return lines
}

func isPresence(node ast.Expr) bool {
	return node.Kind() == ast.SelectKind && node.AsSelect().IsTestOnly()
}

// plain turns has(x.y) into x.y.
func plain(node ast.Expr) ast.Expr {
	if !isPresence(node) {
		return node
	}
	sel := node.AsSelect()
	return ast.NewExprFactory().NewSelect(node.ID(), sel.Operand(), sel.FieldName())
}

// show writes a path and its value. Lists, maps and objects have only their size told.
func (x *explainer) show(path string, node ast.Expr, vars cel.Activation) string {
	value, err := x.engine.run(ast.NewAST(node, x.info), vars)
	var unknown *UnknownError
	switch {
	case errors.As(err, &unknown):
		return unknown.Error()
	case err != nil:
		return ""
	}
	if o, ok := value.(*object); ok {
		if o.fields == nil {
			return o.origin.err().Error()
		}
		return ""
	}
	return path + " = " + brief(value)
}

// elements shows, for all() and exists() over a list, the elements that decided.
func (x *explainer) elements(p part) []string {
	if p.node.Kind() != ast.ComprehensionKind || p.err != nil {
		return nil
	}
	comp := p.node.AsComprehension()
	step := comp.LoopStep()
	if step.Kind() != ast.CallKind || len(step.AsCall().Args()) != 2 {
		return nil
	}
	over, err := x.run(comp.IterRange())
	list, ok := over.(traits.Lister)
	if err != nil || !ok {
		return nil
	}
	predicate := step.AsCall().Args()[1]
	name := unparse(comp.IterRange(), x.info)
	var lines []string
	shown := 0
	for it, i := list.Iterator(), 0; it.HasNext() == types.True; i++ {
		vars := &bound{name: comp.IterVar(), value: it.Next(), parent: x.vars}
		if value, err := x.engine.run(ast.NewAST(predicate, x.info), vars); err != nil || value != p.value {
			continue
		}
		if shown++; shown > maxElements {
			return append(lines, "…")
		}
		x.engine.reads(predicate, []string{comp.AccuVar()}, func(root string, chain ast.Expr) {
			if root == comp.IterVar() {
				path := fmt.Sprintf("%s[%d]%s", name, i, strings.TrimPrefix(unparse(plain(chain), x.info), root))
				lines = append(lines, x.show(path, plain(chain), vars))
			}
		})
	}
	return lines
}

// bound is an activation with the variable of a comprehension in it.
type bound struct {
	name   string
	value  ref.Val
	parent cel.Activation
}

// ResolveName implements cel.Activation.
func (b *bound) ResolveName(name string) (any, bool) {
	if name == b.name {
		return b.value, true
	}
	return b.parent.ResolveName(name)
}

// Parent implements cel.Activation.
func (b *bound) Parent() cel.Activation { return b.parent }

// brief writes a value for an explanation: strings quoted, collections by their size.
func brief(value ref.Val) string {
	switch v := value.(type) {
	case types.String:
		return strconv.Quote(shorten(string(v), 100))
	case traits.Lister:
		return count(v, "element")
	case *object:
		return "an object"
	case traits.Sizer:
		return count(v, "entry")
	}
	return plainText(value)
}

func count(v traits.Sizer, noun string) string {
	n, _ := v.Size().(types.Int)
	switch {
	case n == 1:
		return "1 " + noun
	case noun == "entry":
		return fmt.Sprintf("%d entries", n)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
