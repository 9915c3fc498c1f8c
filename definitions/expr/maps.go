package expr

import (
	"cmp"
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

// sortedMap is a map that an expression wrote, {"a": 1}, whose keys come in order.
type sortedMap struct {
	traits.Mapper
	keys []ref.Val
}

func newSortedMap(m traits.Mapper) *sortedMap {
	keys := make([]ref.Val, 0, int(m.Size().(types.Int)))
	for it := m.Iterator(); it.HasNext() == types.True; {
		keys = append(keys, it.Next())
	}
	slices.SortFunc(keys, compareKeys)
	return &sortedMap{Mapper: m, keys: keys}
}

// compareKeys orders keys by their type, then by their value.
func compareKeys(a, b ref.Val) int {
	if c := cmp.Compare(a.Type().TypeName(), b.Type().TypeName()); c != 0 {
		return c
	}
	if comparer, ok := a.(traits.Comparer); ok {
		if c, ok := comparer.Compare(b).(types.Int); ok {
			return int(c)
		}
	}
	return 0
}

// Iterator goes over the keys in order.
func (m *sortedMap) Iterator() traits.Iterator {
	return types.NewRefValList(adapter{}, m.keys).Iterator()
}

// Equal compares with a map of either sort.
func (m *sortedMap) Equal(other ref.Val) ref.Val { return equalMaps(m.keys, m, other) }

// equalMaps compares key by key, in order, so that of several errors always the same counts.
func equalMaps(keys []ref.Val, m traits.Indexer, other ref.Val) ref.Val {
	size, sized := other.(traits.Sizer)
	that, indexed := other.(traits.Indexer)
	container, contains := other.(traits.Container)
	if !sized || !indexed || !contains || other.Type() != types.MapType || size.Size() != types.Int(len(keys)) {
		return types.False
	}
	var undecided ref.Val = types.True
	for _, key := range keys {
		eq := container.Contains(key)
		if eq == types.True {
			eq = equal(m.Get(key), that.Get(key))
		}
		switch {
		case eq == types.False:
			return types.False
		case eq != types.True && undecided == types.True:
			undecided = eq
		}
	}
	return undecided
}
