package expr

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// decodeVar returns the CEL value of a variable.
func decodeVar(name string, v Var) ref.Val {
	o := origin{variable: name, unknown: v.Value.Unknown}
	tree, err := parseJSON(v.Value.JSON)
	if err != nil {
		return types.NewErr("%s is %s", name, err)
	}
	if tree == nil && len(v.Value.JSON) == 0 && v.Type.Kind == Dynamic {
		return o.unknownValue()
	}
	return decode(v.Type, tree, o)
}

// decode returns the CEL value of a place. A place that is unknown is a CEL error, but
// for objects: they are there, and each of their fields is unknown, so that has() can ask.
func decode(t Type, tree any, o origin) ref.Val {
	missing := o.declared() || tree == nil
	switch {
	case t.Kind == Object && missing:
		return &object{typ: t, origin: o}
	case t.Kind == Dynamic && !o.declared():
		return decodeDynamic(tree, o)
	case missing:
		return o.unknownValue()
	}
	value, err := decodeKnown(t, tree, o)
	if err != nil {
		return types.NewErr("%s %s", o, err)
	}
	return value
}

func decodeKnown(t Type, tree any, o origin) (ref.Val, error) {
	switch tree := tree.(type) {
	case bool:
		if t.Kind == Bool {
			return types.Bool(tree), nil
		}
	case json.Number:
		switch t.Kind {
		case Int:
			return parseInt(tree)
		case Double:
			f, err := parseDouble(tree)
			return types.Double(f), err
		}
	case string:
		return decodeString(t, tree)
	case []any:
		if t.Kind == List {
			return decodeList(t, tree, o), nil
		}
	case map[string]any:
		switch t.Kind {
		case Object:
			return &object{typ: t, fields: tree, origin: o}, nil
		case Map:
			return newJSONMap(elemOf(t), tree, o), nil
		}
	}
	return nil, fmt.Errorf("is not %s", describe(t))
}

func decodeString(t Type, text string) (ref.Val, error) {
	switch t.Kind {
	case String:
		return types.String(text), nil
	case Duration:
		d, err := ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("is wrong: %w", err)
		}
		return types.Duration{Duration: d}, nil
	case Timestamp:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("is wrong: %q is not an RFC 3339 timestamp", text)
		}
		return types.Timestamp{Time: at.UTC()}, nil
	}
	return nil, fmt.Errorf("is not %s", describe(t))
}

// decodeList returns a list, or the CEL error of its first unknown element: what a
// function makes of a list with holes would be wrong without anybody noticing.
func decodeList(t Type, tree []any, o origin) ref.Val {
	elems := make([]ref.Val, len(tree))
	for i, item := range tree {
		elems[i] = decode(elemOf(t), item, o.index(i))
		if types.IsError(elems[i]) {
			return elems[i]
		}
	}
	return types.NewRefValList(adapter{}, elems)
}

func decodeDynamic(tree any, o origin) ref.Val {
	switch tree := tree.(type) {
	case nil:
		return types.NullValue
	case json.Number:
		if !strings.ContainsAny(tree.String(), ".eE") {
			if i, err := parseInt(tree); err == nil {
				return i
			}
		}
		f, err := parseDouble(tree)
		if err != nil {
			return types.NewErr("%s %s", o, err)
		}
		return types.Double(f)
	case map[string]any:
		return newJSONMap(Type{Kind: Dynamic}, tree, o)
	}
	t := Type{Kind: dynamicKind(tree)}
	value, err := decodeKnown(t, tree, o)
	if err != nil {
		return types.NewErr("%s %s", o, err)
	}
	return value
}

func elemOf(t Type) Type {
	if t.Elem == nil {
		return Type{Kind: Dynamic}
	}
	return *t.Elem
}
