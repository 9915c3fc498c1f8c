package expr

import (
	"cmp"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

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
