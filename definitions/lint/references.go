package lint

import (
	"fmt"
	"slices"
	"strings"
	"text/template/parse"

	"redress/definitions"
	"redress/definitions/expr"
)

// reference is a chain of fields that a template reads from its data: .Steps.before.epoch.
type reference struct {
	fields  []string
	offsets []int // of each field's name, in bytes
	dollar  bool  // begins at $
	alert   bool  // is read from one of .Alerts, by its range
}

// step returns the name of the step whose result is read, "" when it is none.
func (r reference) step() string {
	if len(r.fields) < 2 || r.fields[0] != "Steps" {
		return ""
	}
	return r.fields[1]
}

// templateCall is {{ template "name" }}.
type templateCall struct {
	name   string
	offset int
}

// references lists what the text reads from the template's data. Inside of range, with
// and define the dot is something else, so that only chains from $ count there.
func (t text) references() []reference {
	var v visitor
	if t.tree != nil && t.tree.Tree != nil {
		v.visit(t.tree.Root, true)
	}
	return v.references
}

// calls lists the templates that the text uses.
func (t text) calls() []templateCall {
	var v visitor
	if t.tree != nil && t.tree.Tree != nil {
		v.visit(t.tree.Root, true)
	}
	return v.calls
}

// visitor collects references and calls from the tree of a template.
type visitor struct {
	references []reference
	calls      []templateCall
}

// visit goes through a node. Root tells whether the dot is the template's data there.
func (v *visitor) visit(n parse.Node, root bool) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, c := range n.Nodes {
			v.visit(c, root)
		}
	case *parse.ActionNode:
		v.pipe(n.Pipe, root)
	case *parse.IfNode:
		v.branch(&n.BranchNode, root, root)
	case *parse.RangeNode:
		v.branch(&n.BranchNode, root, false)
		v.alerts(n, root)
	case *parse.WithNode:
		v.branch(&n.BranchNode, root, false)
	case *parse.TemplateNode:
		v.calls = append(v.calls, templateCall{n.Name, int(n.Position())})
		v.pipe(n.Pipe, root)
	}
}

// alerts collects what a range over .Alerts reads from each of them.
func (v *visitor) alerts(n *parse.RangeNode, root bool) {
	if len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
		return
	}
	if r, ok := chain(n.Pipe.Cmds[0].Args[0], root); !ok || r.fields[0] != "Alerts" {
		return
	}
	var inside visitor
	inside.visit(n.List, true)
	for _, r := range inside.references {
		if !r.dollar && !r.alert {
			r.alert = true
			v.references = append(v.references, r)
		}
	}
}

func (v *visitor) branch(n *parse.BranchNode, root, inside bool) {
	v.pipe(n.Pipe, root)
	v.visit(n.List, inside)
	v.visit(n.ElseList, root)
}

func (v *visitor) pipe(p *parse.PipeNode, root bool) {
	if p == nil {
		return
	}
	for _, c := range p.Cmds {
		v.command(c, root)
	}
}

func (v *visitor) command(c *parse.CommandNode, root bool) {
	args := c.Args
	if r, ok := indexed(args, root); ok {
		v.references = append(v.references, r)
		return
	}
	for _, a := range args {
		switch a := a.(type) {
		case *parse.PipeNode:
			v.pipe(a, root)
		case *parse.ChainNode:
			if p, ok := a.Node.(*parse.PipeNode); ok {
				v.pipe(p, root)
			}
		default:
			if r, ok := chain(a, root); ok {
				v.references = append(v.references, r)
			}
		}
	}
}

// indexed understands {{ index .Steps "before" "epoch" }}.
func indexed(args []parse.Node, root bool) (reference, bool) {
	if len(args) < 3 {
		return reference{}, false
	}
	f, ok := args[0].(*parse.IdentifierNode)
	r, isChain := chain(args[1], root)
	if !ok || f.Ident != "index" || !isChain || r.fields[0] != "Steps" {
		return reference{}, false
	}
	for _, a := range args[2:] {
		s, ok := a.(*parse.StringNode)
		if !ok {
			break
		}
		r.fields = append(r.fields, s.Text)
		r.offsets = append(r.offsets, int(s.Position()))
	}
	return r, true
}

// chain returns the fields of .a.b.c, where the dot is the data, and of $.a.b.c.
func chain(n parse.Node, root bool) (reference, bool) {
	var fields []string
	at := int(n.Position())
	switch n := n.(type) {
	case *parse.FieldNode:
		if !root {
			return reference{}, false
		}
		fields = n.Ident
		if len(fields) > 1 {
			at -= len(fields[0]) + 1 // the parser notes where the second field begins
		}
	case *parse.VariableNode:
		if n.Ident[0] != "$" || len(n.Ident) < 2 {
			return reference{}, false
		}
		fields = n.Ident[1:]
	default:
		return reference{}, false
	}
	_, dollar := n.(*parse.VariableNode)
	r := reference{fields: fields, dollar: dollar}
	for _, f := range fields {
		at++ // the dot
		r.offsets = append(r.offsets, at)
		at += len(f)
	}
	return r, true
}

func (b *book) checkReference(t text, r reference) {
	data := DataFields()
	if r.alert {
		b.checkField(t, r, 0, "an alert", data["Alerts"])
		return
	}
	if !b.checkField(t, r, 0, "a template's data", data[""]) {
		return
	}
	if known := data[r.fields[0]]; known != nil && r.fields[0] != "Alerts" && len(r.fields) > 1 {
		b.checkField(t, r, 1, "."+r.fields[0], known)
		return
	}
	if r.step() == "" {
		return
	}
	if p, bad := b.lookupStep(t.site, r.step()); bad {
		b.report(b.place(t, r.offsets[1]), p.Code, p.Suggestion, "%s", p.Message)
		return
	}
	result, _ := b.result(t.site.visible[r.step()])
	for i := 2; i < len(r.fields); i++ {
		next, message, suggestion := field(result, r.fields[i], strings.Join(r.fields[1:i], "."))
		if message != "" {
			b.report(b.place(t, r.offsets[i]), CodeTemplateField, suggestion, "%s", message)
			return
		}
		result = next
	}
}

// checkField reports whether field i of a reference is known, and the problem if not.
func (b *book) checkField(t text, r reference, i int, of string, known []string) bool {
	name := r.fields[i]
	if slices.Contains(known, name) {
		return true
	}
	b.report(b.place(t, r.offsets[i]), CodeTemplateField, definitions.DidYouMean(name, known), "%s has no field .%s", of, name)
	return false
}

// lookupStep says what is wrong with reading a step's result in a template.
func (b *book) lookupStep(s *site, name string) (definitions.Problem, bool) {
	if b.standard(name) || b.named[name] == nil {
		var steps []string
		for step := range s.visible {
			steps = append(steps, step)
		}
		return definitions.Problem{Code: CodeUndefinedName, Suggestion: definitions.DidYouMean(name, steps), Message: fmt.Sprintf("no step is named %q", name)}, true
	}
	return b.lookup(s, name, false)
}

// field returns the type of a field of a result, or a message that says why there is none.
func field(t expr.Type, name, path string) (next expr.Type, message, suggestion string) {
	switch t.Kind {
	case expr.Dynamic, "":
		return t, "", ""
	case expr.Map:
		return element(expr.Type{Kind: expr.List, Elem: t.Elem}), "", ""
	case expr.Object:
		f, ok := t.Field(name)
		if ok {
			return f.Type, "", ""
		}
		var known []string
		for _, f := range t.Fields {
			known = append(known, f.Name)
		}
		return t, fmt.Sprintf("%s has no field %q", path, name), definitions.DidYouMean(name, known)
	}
	return t, fmt.Sprintf("%s is %s, which has no fields", path, describe(t)), ""
}
