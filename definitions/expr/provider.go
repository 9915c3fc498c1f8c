package expr

import (
	"encoding/json"
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// objectTypes tells cel-go's checker which objects there are and what fields they
// have. It implements types.Provider.
//
// Objects of equal fields get one name, so that results of the same action can stand
// in one list. The names are no identifiers: expressions cannot create objects.
type objectTypes struct {
	byName map[string]Type
	names  map[string]string // by the JSON of the type
}

var _ types.Provider = (*objectTypes)(nil)

func newObjectTypes() *objectTypes {
	return &objectTypes{byName: map[string]Type{}, names: map[string]string{}}
}

// celType returns cel-go's type for a type, and registers the objects in it.
func (o *objectTypes) celType(t Type) (*types.Type, error) {
	switch t.Kind {
	case Bool:
		return types.BoolType, nil
	case Int:
		return types.IntType, nil
	case Double:
		return types.DoubleType, nil
	case String:
		return types.StringType, nil
	case Duration:
		return types.DurationType, nil
	case Timestamp:
		return types.TimestampType, nil
	case Dynamic:
		return types.DynType, nil
	case List, Map:
		elem := types.DynType
		if t.Elem != nil {
			var err error
			if elem, err = o.celType(*t.Elem); err != nil {
				return nil, err
			}
		}
		if t.Kind == List {
			return types.NewListType(elem), nil
		}
		return types.NewMapType(types.StringType, elem), nil
	case Object:
		return o.objectType(t)
	default:
		return nil, fmt.Errorf("the type has the unknown kind %q", t.Kind)
	}
}

func (o *objectTypes) objectType(t Type) (*types.Type, error) {
	identity, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode an object's type: %w", err)
	}
	if name, ok := o.names[string(identity)]; ok {
		return types.NewObjectType(name), nil
	}
	for _, f := range t.Fields {
		if _, err := o.celType(f.Type); err != nil {
			return nil, fmt.Errorf("field %q: %w", f.Name, err)
		}
	}
	name := fmt.Sprintf("@object%d", len(o.names)+1)
	o.names[string(identity)] = name
	o.byName[name] = t
	return types.NewObjectType(name), nil
}

// FindIdent finds the names of types, as in type(x) == int.
func (o *objectTypes) FindIdent(name string) (ref.Val, bool) {
	for _, t := range []*types.Type{
		types.BoolType, types.BytesType, types.DoubleType, types.DurationType, types.IntType, types.ListType,
		types.MapType, types.NullType, types.StringType, types.TimestampType, types.TypeType, types.UintType,
	} {
		if t.TypeName() == name {
			return t, true
		}
	}
	return nil, false
}

// FindStructType finds an object's type by its generated name.
func (o *objectTypes) FindStructType(name string) (*types.Type, bool) {
	if _, ok := o.byName[name]; !ok {
		return nil, false
	}
	return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
}

// FindStructFieldNames lists the fields of an object's type.
func (o *objectTypes) FindStructFieldNames(name string) ([]string, bool) {
	t, ok := o.byName[name]
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	return names, ok
}

// FindStructFieldType finds the type of an object's field.
func (o *objectTypes) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	f, ok := o.byName[name].Field(field)
	if !ok {
		return nil, false
	}
	t, err := o.celType(f.Type)
	if err != nil {
		return nil, false // unreachable: objectType has converted every field
	}
	return &types.FieldType{Type: t}, true
}

// EnumValue finds nothing: enumerations are strings here.
func (o *objectTypes) EnumValue(name string) ref.Val {
	return types.NewErr("%q is not defined", name)
}

// NewValue refuses: expressions cannot create objects.
func (o *objectTypes) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("%q is not a type, and objects cannot be created", name)
}

// adapter turns Go values into CEL values. All of ours are CEL values already.
type adapter struct{}

// NativeToValue implements types.Adapter.
func (adapter) NativeToValue(value any) ref.Val {
	return types.DefaultTypeAdapter.NativeToValue(value)
}
