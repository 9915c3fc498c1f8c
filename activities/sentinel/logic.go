package sentinel

import (
	"redress/activities"
)

// all tells whether everything holds: one part that is known not to decides; otherwise
// one that is unknown makes the whole unknown, for its reason.
func all(parts ...activities.Maybe[bool]) activities.Maybe[bool] {
	result := activities.Known(true)
	for _, p := range parts {
		v, known := p.Get()
		switch {
		case known && !v:
			return p
		case !known && !result.IsZero():
			result = activities.Unknown[bool](p.Why())
		}
	}
	return result
}

// not turns a known answer round.
func not(m activities.Maybe[bool]) activities.Maybe[bool] {
	v, known := m.Get()
	if !known {
		return m
	}
	return activities.Known(!v)
}

// is tells whether a value is the wanted one.
func is[T comparable](m activities.Maybe[T], want T) activities.Maybe[bool] {
	return mapped(m, func(v T) bool { return v == want })
}

// mapped applies f to a known value.
func mapped[A, B any](m activities.Maybe[A], f func(A) B) activities.Maybe[B] {
	v, known := m.Get()
	if !known {
		return activities.Unknown[B](m.Why())
	}
	return activities.Known(f(v))
}
