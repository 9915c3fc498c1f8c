package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"
	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// prometheus decodes a map into one of the structs of prometheus/common's config, as
// strictly as everything else here: its own decoder takes unknown keys and inline
// secrets. It reports whether the value can be used.
func (d *decoder) prometheus(n *yaml.Node, path string, into any) bool {
	before := len(d.problems)
	d.fits(n, path, reflect.TypeOf(into).Elem())
	if len(d.problems) > before || d.tainted(n) {
		return false
	}
	if err := n.Decode(into); err != nil {
		message := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:")), " ")
		d.fail(n, definitions.CodeBadValue, path+": "+message, "")
		return false
	}
	return true
}

// tainted reports whether something below a node was reported as unusable YAML.
func (d *decoder) tainted(n *yaml.Node) bool {
	return d.bad[n] || slices.ContainsFunc(n.Content, d.tainted)
}

// fits holds a value against the Go type that it will be decoded into.
func (d *decoder) fits(n *yaml.Node, path string, t reflect.Type) {
	switch {
	case d.bad[n]:
	case isNull(n):
		d.fail(n, definitions.CodeEmptyValue, path+" has no value", "give it one, or remove the key")
	case t == reflect.TypeFor[promconfig.Secret]():
		d.inlineSecret(n, path, "put it into a file and name that with the key that ends in _file")
	case t == reflect.TypeFor[promconfig.URL]():
		if it, ok := d.text(n, path); ok {
			d.url(it)
		}
	case t.Kind() == reflect.Pointer:
		d.fits(n, path, t.Elem())
	case t.Kind() == reflect.Struct:
		d.fitsStruct(n, path, t)
	case t.Kind() == reflect.Map && n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			d.fits(n.Content[i+1], path+"."+n.Content[i].Value, t.Elem())
		}
	case t.Kind() == reflect.Map:
		d.mistyped(n, path, "a map")
	case t.Kind() == reflect.Slice:
		for _, it := range d.list(n, path) {
			d.fits(it.node, it.path, t.Elem())
		}
	case t.Kind() == reflect.Bool:
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			d.mistyped(n, path, "true or false")
		}
	case t.Kind() == reflect.String, t == reflect.TypeFor[promconfig.TLSVersion]():
		if it, ok := d.text(n, path); ok && strings.HasSuffix(path, "_file") {
			d.noteFile(it)
		}
	}
}

// fitsStruct holds a map against the fields of a struct.
func (d *decoder) fitsStruct(n *yaml.Node, path string, t reflect.Type) {
	if n.Kind != yaml.MappingNode {
		d.mistyped(n, path, "a map")
		return
	}
	fields := make(map[string]reflect.Type)
	free := yamlFields(t, fields)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, ok := fields[key.Value]
		switch {
		case d.bad[key]:
		case ok && strings.HasSuffix(key.Value, "_ref"):
			d.fail(key, definitions.CodeNotSupportedYet, path+"."+key.Value+" is not supported yet by this version", "name a file with the key that ends in _file")
		case ok:
			d.fits(value, path+"."+key.Value, field)
		case free != nil:
			d.fits(value, path+"."+key.Value, free)
		default:
			d.fail(key, definitions.CodeUnknownKey, fmt.Sprintf("%s has no key %q", path, key.Value), nearest(key.Value, fields))
		}
	}
}

// yamlFields adds the keys of a struct, and those of the structs inlined in it, and
// returns the type of the values of an inlined map, where any key is accepted.
func yamlFields(t reflect.Type, fields map[string]reflect.Type) (free reflect.Type) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline" && f.Type.Kind() == reflect.Struct:
			yamlFields(f.Type, fields)
		case options == "inline" && f.Type.Kind() == reflect.Map:
			free = f.Type.Elem()
		case name != "" && name != "-":
			fields[name] = f.Type
		}
	}
	return free
}

func nearest(written string, fields map[string]reflect.Type) string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	return definitions.DidYouMean(written, names)
}
