package activities

import "encoding/json"

// Maybe is a field of an action's output that could not be learnt every time. An
// unknown one is absent from the JSON (the field needs the tag option omitzero) and
// its reason travels beside it: zero never stands for "do not know".
type Maybe[T any] struct {
	value T
	known bool
	why   string
}

// Known returns a field that was learnt.
func Known[T any](v T) Maybe[T] { return Maybe[T]{value: v, known: true} }

// Unknown returns a field that could not be learnt, with the reason in plain words.
func Unknown[T any](why string) Maybe[T] { return Maybe[T]{why: why} }

// Get returns the value, and whether it is known.
func (m Maybe[T]) Get() (T, bool) { return m.value, m.known }

// Why returns why the value is unknown; "" when it is known.
func (m Maybe[T]) Why() string {
	switch {
	case m.known:
		return ""
	case m.why == "":
		return "not reported"
	default:
		return m.why
	}
}

// Is reports whether the value is known and equal to v.
func Is[T comparable](m Maybe[T], v T) bool { return m.known && m.value == v }

// IsZero makes omitzero leave an unknown field out.
func (m Maybe[T]) IsZero() bool { return !m.known }

// MarshalJSON writes the value, or null.
func (m Maybe[T]) MarshalJSON() ([]byte, error) {
	if !m.known {
		return []byte("null"), nil
	}
	return json.Marshal(m.value)
}

// UnmarshalJSON reads a value; null leaves it unknown.
func (m *Maybe[T]) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*m = Maybe[T]{}
		return nil
	}
	m.known, m.why = true, ""
	return json.Unmarshal(b, &m.value)
}

// maybe is what reflection sees of every Maybe.
type maybe interface {
	inner() (value any, known bool)
	Why() string
}

func (m Maybe[T]) inner() (any, bool) { return m.value, m.known }
