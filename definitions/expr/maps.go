package expr

import (
	"maps"
	"reflect"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// jsonMap is a map from a result: its keys come in order, and a missing one has a meaning
// of its own: "" in a map of strings, as with Alertmanager's labels; unknown in a dynamic
// value; an error elsewhere.
//
// It is no traits.Mapper, because cel-go asks a Mapper the same question for m.key and
// for has(m.key), and the answers differ.
type jsonMap struct {
	elem    Type
	entries map[string]any
	keys    []string // sorted
	origin  origin
}

var (
	_ traits.Indexer     = (*jsonMap)(nil)
	_ traits.FieldTester = (*jsonMap)(nil)
	_ traits.Container   = (*jsonMap)(nil)
	_ traits.Iterable    = (*jsonMap)(nil)
	_ traits.Sizer       = (*jsonMap)(nil)
	_ traits.Zeroer      = (*jsonMap)(nil)
)

func newJSONMap(elem Type, entries map[string]any, o origin) *jsonMap {
	return &jsonMap{elem: elem, entries: entries, keys: slices.Sorted(maps.Keys(entries)), origin: o}
}

// Get returns the value of a key.
func (m *jsonMap) Get(key ref.Val) ref.Val {
	name, ok := key.(types.String)
	if !ok {
		return types.NewErr("the keys of %s are strings", m.origin)
	}
	place := m.origin.field(string(name))
	if tree, ok := m.entries[string(name)]; ok {
		return decode(m.elem, tree, place)
	}
	_, explained := place.why()
	switch {
	case explained || m.elem.Kind == Dynamic:
		return place.unknownValue()
	case m.elem.Kind == String:
		return types.String("")
	}
	return types.NewErr("%s has no key %q", m.origin, string(name))
}

// IsSet reports whether a key is there and its value known.
func (m *jsonMap) IsSet(key ref.Val) ref.Val {
	name, ok := key.(types.String)
	tree, present := m.entries[string(name)]
	return types.Bool(ok && present && (tree != nil || m.elem.Kind == Dynamic) && !m.origin.field(string(name)).declared())
}

// Contains implements the operator "in".
func (m *jsonMap) Contains(key ref.Val) ref.Val {
	if name, ok := key.(types.String); ok && m.IsSet(key) == types.False {
		if place := m.origin.field(string(name)); place.declared() {
			return place.unknownValue()
		}
	}
	return m.IsSet(key)
}

// Iterator goes over the keys in order.
func (m *jsonMap) Iterator() traits.Iterator {
	return types.NewStringList(adapter{}, m.keys).Iterator()
}

// Size returns the number of entries.
func (m *jsonMap) Size() ref.Val { return types.Int(len(m.keys)) }

// IsZeroValue reports whether there are no entries.
func (m *jsonMap) IsZeroValue() bool { return len(m.keys) == 0 }

// Equal compares with a map of either sort.
func (m *jsonMap) Equal(other ref.Val) ref.Val {
	keys := make([]ref.Val, len(m.keys))
	for i, key := range m.keys {
		keys[i] = types.String(key)
	}
	return equalMaps(keys, m, other)
}

// ConvertToNative implements ref.Val. Maps leave CEL through [Eval] alone.
func (m *jsonMap) ConvertToNative(reflect.Type) (any, error) { return m, nil }

// ConvertToType implements ref.Val.
func (m *jsonMap) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.MapType:
		return m
	case types.TypeType:
		return types.MapType
	}
	return types.NewErr("a map cannot become %s", article(t.TypeName()))
}

// Type implements ref.Val.
func (m *jsonMap) Type() ref.Type { return types.MapType }

// Value implements ref.Val.
func (m *jsonMap) Value() any { return m }
