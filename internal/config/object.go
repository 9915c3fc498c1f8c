package config

import (
	"regexp"

	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// object is a map of the file whose keys were held against the key table.
type object struct {
	d      *decoder
	node   *yaml.Node
	path   string // as in messages: "targets[0].sentinel"; "" = the whole file
	values map[string]*yaml.Node
	keys   map[string]*yaml.Node
	// silent holds the keys whose absence was explained already; broken says all were.
	silent map[string]bool
	broken bool
}

// object reads a map and reports its keys that are unknown or not supported.
func (d *decoder) object(n *yaml.Node, path string) *object {
	o := &object{
		d: d, node: n, path: path,
		values: make(map[string]*yaml.Node), keys: make(map[string]*yaml.Node), silent: make(map[string]bool),
	}
	if n.Kind != yaml.MappingNode {
		o.broken = true
		d.mistyped(n, path, "a map")
		return o
	}
	known := make(map[string]Key)
	for _, k := range d.children[tablePath(path)] {
		_, name := k.parent()
		known[name] = k
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		k, ok := known[key.Value]
		switch {
		case d.bad[key]: // reported by plain
		case !ok:
			o.unknown(key)
		case k.Later:
			d.fail(key, definitions.CodeNotSupportedYet, o.at(key.Value)+" is not supported yet by this version", "remove it: nothing would follow it")
			o.silent[key.Value] = true
		case isNull(value):
			d.fail(key, definitions.CodeEmptyValue, o.at(key.Value)+" has no value", "give it one, or remove the key")
			o.silent[key.Value] = true
		default:
			o.keys[key.Value], o.values[key.Value] = key, value
		}
	}
	return o
}

// get returns a key's value, if it is there and could be read at all.
func (o *object) get(key string) (*yaml.Node, bool) {
	n, ok := o.values[key]
	return n, ok && !o.d.bad[n]
}

// misshapen reports whether a key has a value that is no list, which is reported where
// the list is read.
func (o *object) misshapen(key string) bool {
	n := o.values[key]
	return n != nil && n.Kind != yaml.SequenceNode
}

// empty reports whether a key is absent, or has a list without elements.
func (o *object) empty(key string) bool {
	n := o.values[key]
	return !o.silent[key] && (n == nil || n.Kind == yaml.SequenceNode && len(n.Content) == 0)
}

// child returns the map below a key.
func (o *object) child(key string) (*object, bool) {
	n, ok := o.get(key)
	if !ok {
		return nil, false
	}
	return o.d.object(n, o.at(key)), true
}

// at returns the path of a key, for messages.
func (o *object) at(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

// label names the map in a sentence.
func (o *object) label() string {
	if o.path == "" {
		return "the configuration"
	}
	return o.path
}

var index = regexp.MustCompile(`\[\d+\]`)

// tablePath turns the path of a message into one of the key table.
func tablePath(path string) string {
	return index.ReplaceAllString(path, "[]")
}
