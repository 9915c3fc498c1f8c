// Package expr evaluates the conditions and values of runbooks, written in CEL,
// over results of actions in which single fields may be unknown for a stated reason.
//
// It is the only package that imports cel-go. It knows nothing of runbooks, and
// must import nothing else of this project.
package expr

// Kind is the kind of a [Type].
type Kind string

// The kinds. Durations are CEL durations, and Prometheus strings ("90s") in JSON;
// timestamps are RFC 3339 in JSON. A dynamic value has the kind that its JSON shows.
const (
	Bool      Kind = "bool"
	Int       Kind = "int"
	Double    Kind = "double"
	String    Kind = "string"
	Duration  Kind = "duration"
	Timestamp Kind = "timestamp"
	List      Kind = "list"
	Map       Kind = "map" // keys are strings
	Object    Kind = "object"
	Dynamic   Kind = "dynamic"
)

// Type describes the values of a variable, an action's input or its output. It is
// data, so that a run carries the types it was checked against: a later version of
// Redress evaluates a running runbook exactly as the one that started it.
type Type struct {
	Kind   Kind     `json:"kind"`
	Elem   *Type    `json:"elem,omitempty"`   // of List and Map
	Fields []Field  `json:"fields,omitempty"` // of Object, in the order of the documentation
	Enum   []string `json:"enum,omitempty"`   // of String: the only values it can have
}

// Field is one field of an object.
type Field struct {
	Name     string `json:"name"`
	Type     Type   `json:"type"`
	Optional bool   `json:"optional,omitempty"` // an input that may be left out; an output that may be unknown
	Doc      string `json:"doc,omitempty"`
}

// Field returns the field of that name.
func (t Type) Field(name string) (Field, bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// ListOf returns the type of lists of elem.
func ListOf(elem Type) Type { return Type{Kind: List, Elem: &elem} }

// MapOf returns the type of maps from strings to elem.
func MapOf(elem Type) Type { return Type{Kind: Map, Elem: &elem} }
