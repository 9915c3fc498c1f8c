package notify

import (
	"errors"
	"text/template"
	"text/template/parse"
)

// The functions that are put around the value of every `range` and `if`, so that an
// unknown one is one item, and is neither true nor false.
const (
	itemsFunc     = "items"
	conditionFunc = "condition"
)

func ownFuncs() template.FuncMap {
	return template.FuncMap{
		itemsFunc: func(v any) any {
			if u, ok := v.(unknown); ok {
				return []any{u}
			}
			return v
		},
		conditionFunc: func(v any) (any, error) {
			if u, ok := v.(unknown); ok {
				return nil, errors.New(u.String())
			}
			return v, nil
		},
	}
}

// prepare notes every field name that a parsed text uses, and makes its loops and
// conditions meet unknown values rightly.
func prepare(tree *parse.Tree, names map[string]bool) {
	if tree != nil && tree.Root != nil {
		prepareNode(tree, tree.Root, names)
	}
}

func prepareNode(tree *parse.Tree, node parse.Node, names map[string]bool) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil { // a branch without else
			return
		}
		for _, child := range n.Nodes {
			prepareNode(tree, child, names)
		}
	case *parse.ActionNode:
		preparePipe(tree, n.Pipe, "", names)
	case *parse.TemplateNode:
		preparePipe(tree, n.Pipe, "", names)
	case *parse.IfNode:
		prepareBranch(tree, &n.BranchNode, conditionFunc, names)
	case *parse.RangeNode:
		prepareBranch(tree, &n.BranchNode, itemsFunc, names)
	case *parse.WithNode:
		prepareBranch(tree, &n.BranchNode, "", names)
	case *parse.PipeNode:
		preparePipe(tree, n, "", names)
	case *parse.FieldNode:
		note(names, n.Ident)
	case *parse.VariableNode:
		note(names, n.Ident[1:])
	case *parse.ChainNode:
		note(names, n.Field)
		prepareNode(tree, n.Node, names)
	}
}

func prepareBranch(tree *parse.Tree, n *parse.BranchNode, wrapper string, names map[string]bool) {
	preparePipe(tree, n.Pipe, wrapper, names)
	prepareNode(tree, n.List, names)
	prepareNode(tree, n.ElseList, names)
}

// preparePipe visits a pipeline and, given a wrapper, pipes its value through it.
func preparePipe(tree *parse.Tree, pipe *parse.PipeNode, wrapper string, names map[string]bool) {
	if pipe == nil {
		return
	}
	for _, cmd := range pipe.Cmds {
		for _, arg := range cmd.Args {
			prepareNode(tree, arg, names)
		}
	}
	if wrapper == "" {
		return
	}
	call := parse.NewIdentifier(wrapper).SetPos(pipe.Pos).SetTree(tree)
	pipe.Cmds = append(pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pipe.Pos, Args: []parse.Node{call}})
}

func note(names map[string]bool, idents []string) {
	for _, name := range idents {
		names[name] = true
	}
}
