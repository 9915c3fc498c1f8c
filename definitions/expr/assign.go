package expr

import (
	"fmt"
	"slices"
)

// Assignable tells whether a value of one type may be given where another is wanted, as
// far as types can tell; [Validate] checks the value itself. An int fits a double, a
// dynamic value everything, and a map an object.
func Assignable(have, want Type) error {
	if have.Kind == Dynamic || want.Kind == Dynamic {
		return nil
	}
	switch {
	case want.Kind == Double && have.Kind == Int, want.Kind == Object && have.Kind == Map:
		return nil
	case want.Kind == Map && have.Kind == Object:
		for _, f := range have.Fields {
			if err := Assignable(f.Type, elemOf(want)); err != nil {
				return fmt.Errorf("its field %s: %w", f.Name, err)
			}
		}
		return nil
	case want.Kind != have.Kind:
		return fmt.Errorf("%s is needed, this is %s%s", describe(want), describe(have), conversion(have, want))
	case want.Kind == List || want.Kind == Map:
		if err := Assignable(elemOf(have), elemOf(want)); err != nil {
			return fmt.Errorf("its elements: %w", err)
		}
	case want.Kind == Object:
		return assignableObject(have, want)
	case len(want.Enum) > 0:
		for _, value := range have.Enum {
			if !slices.Contains(want.Enum, value) {
				return fmt.Errorf("it may be %q, but only %s is accepted", value, listed(want.Enum))
			}
		}
	}
	return nil
}

func assignableObject(have, want Type) error {
	for _, f := range want.Fields {
		given, ok := have.Field(f.Name)
		switch {
		case !ok && !f.Optional:
			return fmt.Errorf("its field %s is missing", f.Name)
		case !ok:
			continue
		}
		if err := Assignable(given.Type, f.Type); err != nil {
			return fmt.Errorf("its field %s: %w", f.Name, err)
		}
	}
	for _, f := range have.Fields {
		if _, ok := want.Field(f.Name); !ok {
			return fmt.Errorf("its field %s is not accepted", f.Name)
		}
	}
	return nil
}

// conversion says how to turn one kind into the other, where CEL can.
func conversion(have, want Type) string {
	switch {
	case have.Kind == String && (want.Kind == Duration || want.Kind == Timestamp):
		return fmt.Sprintf(": write %s(…)", want.Kind)
	case have.Kind == Double && want.Kind == Int:
		return ": write int(…), and math.round(…) inside to round it"
	case want.Kind == String && slices.Contains([]Kind{Int, Double, Bool, Duration, Timestamp}, have.Kind):
		return ": write string(…)"
	case have.Kind == Int && want.Kind == Duration:
		return `: write duration("1s") for one second`
	}
	return ""
}
