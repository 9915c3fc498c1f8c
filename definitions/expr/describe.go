package expr

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// article puts "a" or "an" before a word.
func article(word string) string {
	if word != "" && strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

// describe names a type as a text does: "a list of strings", "one of master, replica".
func describe(t Type) string {
	switch t.Kind {
	case Dynamic:
		return "a value"
	case List, Map:
		if elem := elemOf(t); elem.Kind != Dynamic {
			return article(string(t.Kind)) + " of " + plural(elem)
		}
	case Duration:
		return `a duration as in "90s"`
	case Timestamp:
		return "an RFC 3339 timestamp"
	}
	return article(string(t.Kind))
}

func plural(t Type) string {
	switch t.Kind {
	case List, Map:
		if elem := elemOf(t); elem.Kind != Dynamic {
			return string(t.Kind) + "s of " + plural(elem)
		}
	case Dynamic:
		return "values"
	}
	return string(t.Kind) + "s"
}

// celKind names a type of cel-go's in the words of this package.
func celKind(t *types.Type) string {
	switch t.Kind() {
	case types.DynKind, types.AnyKind, types.TypeParamKind:
		return string(Dynamic)
	case types.ListKind:
		return string(List)
	case types.MapKind:
		return string(Map)
	case types.StructKind:
		return string(Object)
	case types.DurationKind:
		return string(Duration)
	case types.TimestampKind:
		return string(Timestamp)
	case types.BytesKind:
		return "byte string"
	case types.NullTypeKind:
		return "null"
	case types.OpaqueKind: // of which the optional is the only one
		return "optional"
	case types.TypeKind:
		return "type"
	}
	return t.TypeName()
}

// kindName names the kind of a value.
func kindName(v ref.Val) string {
	if t, ok := v.Type().(*types.Type); ok {
		return celKind(t)
	}
	return v.Type().TypeName()
}

// listed joins words to "a, b or c".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// closest returns the candidate that a misspelt word most probably meant: at most a
// third of its letters, and at least one, are wrong. Of equally near ones, the first in order.
func closest(word string, candidates []string) (string, bool) {
	best, bestDistance := "", max(1, len(word)/3)+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance && c != "" {
			best, bestDistance = c, d
		}
	}
	return best, best != ""
}

// distance counts the letters to insert, delete, change or swap with their neighbour
// (optimal string alignment) that turn one word into the other.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(s)][len(t)]
}
