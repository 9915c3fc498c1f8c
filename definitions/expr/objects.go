package expr

import (
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// object is a CEL value whose fields may be unknown. Selecting such a field is an error
// that says why; has() is false for it.
type object struct {
	typ    Type
	fields map[string]any // nil when the object as a whole is unknown
	origin origin
}

var (
	_ traits.Indexer     = (*object)(nil)
	_ traits.FieldTester = (*object)(nil)
)

// Get returns a field's value.
func (o *object) Get(name ref.Val) ref.Val {
	key, ok := name.(types.String)
	if !ok {
		return types.NewErr("%s has fields, no elements", o.origin)
	}
	f, ok := o.typ.Field(string(key))
	if !ok {
		return types.NewErr("%q is not a field of %s", string(key), o.origin)
	}
	// An unknown object is selected without an error, so that the error names the
	// field in it that was really asked for.
	if !o.known(f) && f.Type.Kind != Object {
		return o.origin.field(f.Name).unknownValue()
	}
	return decode(f.Type, o.fields[f.Name], o.origin.field(f.Name))
}

// IsSet reports whether a field is known. Fields that the type does not have are not.
func (o *object) IsSet(name ref.Val) ref.Val {
	key, _ := name.(types.String)
	f, ok := o.typ.Field(string(key))
	return types.Bool(ok && o.known(f))
}

func (o *object) known(f Field) bool {
	value, present := o.fields[f.Name]
	return present && (value != nil || f.Type.Kind == Dynamic) && !o.origin.field(f.Name).declared()
}

// Equal compares field by field. A known difference decides; without one, a field that
// is unknown on either side makes the result unknown.
func (o *object) Equal(other ref.Val) ref.Val {
	that, ok := other.(*object)
	if !ok || len(o.typ.Fields) != len(that.typ.Fields) {
		return types.False
	}
	var undecided ref.Val = types.True
	for _, f := range o.typ.Fields {
		if _, ok := that.typ.Field(f.Name); !ok {
			return types.False
		}
		name := types.String(f.Name)
		switch eq := equal(o.Get(name), that.Get(name)); {
		case eq == types.False:
			return types.False
		case eq != types.True && undecided == types.True:
			undecided = eq
		}
	}
	return undecided
}

// equal compares two values of which each may be a CEL error.
func equal(a, b ref.Val) ref.Val {
	if types.IsError(a) {
		return a
	}
	if types.IsError(b) {
		return b
	}
	return types.Equal(a, b)
}

// ConvertToNative implements ref.Val. Objects leave CEL through [Eval] alone.
func (o *object) ConvertToNative(reflect.Type) (any, error) { return o, nil }

// ConvertToType implements ref.Val.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return o.Type().(*types.Type)
	}
	return types.NewErr("an object cannot become %s", article(t.TypeName()))
}

// Type implements ref.Val.
func (o *object) Type() ref.Type {
	return types.NewObjectType("object", traits.FieldTesterType, traits.IndexerType)
}

// Value implements ref.Val.
func (o *object) Value() any { return o }
