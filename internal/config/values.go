package config

import (
	"fmt"
	"strconv"

	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// item is a value with its place in the file and its path for messages.
type item struct {
	node *yaml.Node
	path string
	text string // of a scalar
}

// text returns a key's text; false when it is absent or none.
func (o *object) text(key string) (item, bool) {
	n, ok := o.get(key)
	if !ok {
		return item{}, false
	}
	return o.d.text(n, o.at(key))
}

// textOr returns a key's text, or a default.
func (o *object) textOr(key, byDefault string) string {
	if it, ok := o.text(key); ok {
		return it.text
	}
	return byDefault
}

// text reads a value that is text, and not a number, a date or a truth value that
// YAML made of it.
func (d *decoder) text(n *yaml.Node, path string) (item, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		d.mistyped(n, path, "a text")
	case isNull(n):
		d.fail(n, definitions.CodeEmptyValue, path+" is empty", "give it a value, or remove the key")
	case n.Tag != "!!str":
		d.fail(n, definitions.CodeWrongShape, fmt.Sprintf("%s is %s, not a text", path, kindOf(n)), fmt.Sprintf("put it in quotes: %q", n.Value))
	case n.Value == "":
		d.fail(n, definitions.CodeEmptyValue, path+" is empty", "give it a value, or remove the key")
	default:
		return item{node: n, path: path, text: n.Value}, true
	}
	return item{}, false
}

// scalar returns a key's text whatever YAML takes it for: for durations and sizes,
// where 0 is as good as "0".
func (o *object) scalar(key string) (item, bool) {
	n, ok := o.get(key)
	if !ok {
		return item{}, false
	}
	if n.Kind != yaml.ScalarNode {
		o.d.mistyped(n, o.at(key), "one value")
		return item{}, false
	}
	return item{node: n, path: o.at(key), text: n.Value}, true
}

// boolean returns a key's truth value, false when it is absent.
func (o *object) boolean(key string) bool {
	n, ok := o.get(key)
	if !ok {
		return false
	}
	value, err := strconv.ParseBool(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || err != nil {
		o.d.mistyped(n, o.at(key), "true or false")
		return false
	}
	return value
}

// list returns the elements of a key's list; absent is empty.
func (o *object) list(key string) []item {
	n, ok := o.get(key)
	if !ok {
		return nil
	}
	return o.d.list(n, o.at(key))
}

func (d *decoder) list(n *yaml.Node, path string) []item {
	if n.Kind != yaml.SequenceNode {
		d.mistyped(n, path, "a list")
		return nil
	}
	items := make([]item, 0, len(n.Content))
	for i, e := range n.Content {
		it := item{node: e, path: fmt.Sprintf("%s[%d]", path, i)}
		switch {
		case d.bad[e]: // reported by plain
		case isNull(e):
			d.fail(e, definitions.CodeEmptyValue, it.path+" has no value", "give it one, or remove the line")
		default:
			items = append(items, it)
		}
	}
	return items
}

// texts returns the elements of a key's list that are texts.
func (o *object) texts(key string) []item { return o.d.texts(o.list(key)) }

func (d *decoder) texts(items []item) []item {
	var texts []item
	for _, it := range items {
		if t, ok := d.text(it.node, it.path); ok {
			texts = append(texts, t)
		}
	}
	return texts
}
