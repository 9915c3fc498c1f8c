package expr

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// weight counts the scalars in a value, and a string as one more for each 64 bytes. A
// part that stands in several places counts each time, as it does when the value is
// compared or written out. It stops counting above the limit.
func weight(value ref.Val, limit int) int {
	switch v := value.(type) {
	case types.String:
		return 1 + len(v)/64
	case *object:
		return treeWeight(v.tree(), limit)
	case *jsonMap:
		return treeWeight(v.entries, limit)
	case *types.Optional:
		if v.HasValue() {
			return weight(v.GetValue(), limit)
		}
	case traits.Lister:
		total := 1
		for it := v.Iterator(); total <= limit && it.HasNext() == types.True; {
			total += weight(it.Next(), limit-total)
		}
		return total
	case traits.Mapper:
		total := 1
		for it := v.Iterator(); total <= limit && it.HasNext() == types.True; {
			key := it.Next()
			total += weight(key, limit-total) + weight(v.Get(key), limit-total)
		}
		return total
	}
	return 1
}

func treeWeight(tree any, limit int) int {
	total := 1
	switch tree := tree.(type) {
	case string:
		total += len(tree) / 64
	case []any:
		for _, item := range tree {
			if total > limit {
				break
			}
			total += treeWeight(item, limit-total)
		}
	case map[string]any:
		// The order does not matter: above the limit only that it is above counts.
		for _, item := range tree {
			if total > limit {
				break
			}
			total += treeWeight(item, limit-total)
		}
	}
	return total
}
