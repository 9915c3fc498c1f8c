package config

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// mistyped reports a value of the wrong kind. It does not print the value.
func (d *decoder) mistyped(n *yaml.Node, path, want string) {
	code, cure := definitions.CodeWrongShape, ""
	switch {
	case d.bad[n]: // reported by plain
		return
	case n.Kind == yaml.MappingNode && want == "a text":
		code, cure = definitions.CodeNeedsQuotes, `put it in single quotes: 'name="value"'`
	case n.Kind == yaml.ScalarNode && want == "a list":
		cure = "put it in brackets, or on a line of its own that begins with -"
	}
	d.fail(n, code, fmt.Sprintf("%s is %s, not %s", path, kindOf(n), want), cure)
}

// kindOf names what a node is, in a sentence.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a map"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!bool":
		return "true or false"
	case n.Tag == "!!int", n.Tag == "!!float":
		return "a number"
	case n.Tag == "!!timestamp":
		return "a date"
	case isNull(n):
		return "empty"
	}
	return "a text"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func contains(words []string, word string) bool { return slices.Contains(words, word) }
