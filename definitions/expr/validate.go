package expr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Validate checks that a value fits a type: kinds, enumerations, fields that the type
// does not have, fields that are missing although they are not optional and nothing says
// why they are unknown, and reasons for fields that do not exist. The error is [Misfits].
func Validate(v Value, t Type) error {
	tree, err := parseJSON(v.JSON)
	if err != nil {
		return Misfits{{Message: "is " + err.Error()}}
	}
	val := &validation{}
	o := origin{unknown: v.Unknown}
	if tree == nil && t.Kind == Object {
		if _, whole := v.Unknown[""]; !whole {
			tree = map[string]any{}
		}
	}
	val.check(t, tree, o, false)
	for _, path := range slices.Sorted(maps.Keys(v.Unknown)) {
		val.checkPath(t, path)
	}
	if len(val.misfits) > 0 {
		return val.misfits
	}
	return nil
}

type validation struct {
	misfits Misfits
}

func (v *validation) add(o origin, message, suggestion string) {
	v.misfits = append(v.misfits, Misfit{Path: o.path, Message: message, Suggestion: suggestion})
}

func (v *validation) check(t Type, tree any, o origin, optional bool) {
	if t.Kind == Dynamic {
		return
	}
	if tree == nil {
		if _, explained := o.why(); !explained && !optional {
			v.add(o, "is missing", "it is "+describe(t))
		}
		return
	}
	switch tree := tree.(type) {
	case map[string]any:
		switch t.Kind {
		case Object:
			v.object(t, tree, o)
			return
		case Map:
			for _, key := range slices.Sorted(maps.Keys(tree)) {
				v.check(elemOf(t), tree[key], o.field(key), false)
			}
			return
		}
	case []any:
		if t.Kind == List {
			for i, item := range tree {
				v.check(elemOf(t), item, o.index(i), false)
			}
			return
		}
	}
	v.scalar(t, tree, o)
}

func (v *validation) object(t Type, tree map[string]any, o origin) {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
		v.check(f.Type, tree[f.Name], o.field(f.Name), f.Optional)
	}
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		if !slices.Contains(names, key) {
			v.add(o.field(key), "is not a field here", suggestField(key, names))
		}
	}
}

func (v *validation) scalar(t Type, tree any, o origin) {
	if _, err := decodeKnown(t, tree, o); err != nil {
		message := err.Error()
		if message == "is not "+describe(t) {
			message = fmt.Sprintf("must be %s, is %s", describe(t), article(jsonKind(tree)))
		}
		v.add(o, message, "")
		return
	}
	if text, ok := tree.(string); ok && t.Kind == String && len(t.Enum) > 0 && !slices.Contains(t.Enum, text) {
		v.add(o, fmt.Sprintf("cannot be %q", text), suggestField(text, t.Enum))
	}
}

// checkPath tells when a reason is given for a place that the type does not have.
func (v *validation) checkPath(t Type, path string) {
	rest := path
	for rest != "" && t.Kind != Dynamic {
		if strings.HasPrefix(rest, "[") {
			_, after, closed := strings.Cut(rest, "]")
			if t.Kind != List || !closed {
				v.add(origin{path: path}, "is declared unknown, but is no part of the result", "")
				return
			}
			t, rest = elemOf(t), strings.TrimPrefix(after, ".")
			continue
		}
		if t.Kind == Map { // keys may have dots in them
			return
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		f, ok := t.Field(rest[:end])
		if !ok {
			names := make([]string, len(t.Fields))
			for i, field := range t.Fields {
				names[i] = field.Name
			}
			v.add(origin{path: path}, "is declared unknown, but is no part of the result", suggestField(rest[:end], names))
			return
		}
		t, rest = f.Type, strings.TrimPrefix(rest[end:], ".")
	}
}
