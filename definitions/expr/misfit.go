package expr

import (
	"encoding/json"
	"strings"
)

// Misfit is one place where a value does not fit its type.
type Misfit struct {
	Path       string // "replicas[0].lag_bytes"; "" is the value as a whole
	Message    string // "must be an int, is a string"
	Suggestion string // what was probably meant; may be empty
}

// String returns the path, the message and the suggestion on one line.
func (m Misfit) String() string {
	s := m.Message
	if m.Path != "" {
		s = m.Path + " " + s
	}
	if m.Suggestion != "" {
		s += ": " + m.Suggestion
	}
	return s
}

// Misfits are all places where a value does not fit its type.
type Misfits []Misfit

// Error lists the places, separated by semicolons.
func (ms Misfits) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	return strings.Join(lines, "; ")
}

// suggestField suggests the nearest of the names, or lists them when they are few.
func suggestField(name string, names []string) string {
	if s := didYouMean(name, names); s != "" || len(names) == 0 || len(names) > 12 {
		return s
	}
	return "there are " + strings.Join(names, ", ")
}

// jsonKind names what a piece of JSON is.
func jsonKind(tree any) string {
	switch tree.(type) {
	case bool:
		return "bool"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "list"
	default:
		return "map"
	}
}
