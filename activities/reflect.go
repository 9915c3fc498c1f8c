package activities

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"redress/definitions"
	"redress/definitions/expr"
)

var (
	durationType = reflect.TypeFor[definitions.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	rawType      = reflect.TypeFor[json.RawMessage]()
	maybeType    = reflect.TypeFor[maybe]()
	enumType     = reflect.TypeFor[enum]()
)

// enum is a string type that lists its values.
type enum interface{ Enum() []string }

// typeFor describes the Go type of an input or output. Inputs and outputs are structs
// whose fields carry a json name and a doc tag; optional inputs have the tag option
// omitempty or omitzero.
func typeFor[T any]() (expr.Type, error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return expr.Type{}, fmt.Errorf("%s is no struct", t)
	}
	return describe(t)
}

func describe(t reflect.Type) (expr.Type, error) {
	switch {
	case t == durationType:
		return expr.Type{Kind: expr.Duration}, nil
	case t == timeType:
		return expr.Type{Kind: expr.Timestamp}, nil
	case t == rawType || t.Kind() == reflect.Interface:
		return expr.Type{Kind: expr.Dynamic}, nil
	case t.Implements(maybeType):
		inner, _ := t.FieldByName("value")
		return describe(inner.Type)
	}
	switch t.Kind() {
	case reflect.Bool:
		return expr.Type{Kind: expr.Bool}, nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		return expr.Type{Kind: expr.Int}, nil
	case reflect.Float64:
		return expr.Type{Kind: expr.Double}, nil
	case reflect.String:
		d := expr.Type{Kind: expr.String}
		if t.Implements(enumType) {
			d.Enum = reflect.Zero(t).Interface().(enum).Enum()
		}
		return d, nil
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.Slice:
		elem, err := describe(t.Elem())
		return expr.ListOf(elem), err
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return expr.Type{}, fmt.Errorf("%s: map keys must be strings", t)
		}
		elem, err := describe(t.Elem())
		return expr.MapOf(elem), err
	case reflect.Struct:
		return describeStruct(t)
	default:
		return expr.Type{}, fmt.Errorf("%s cannot be described to runbooks", t)
	}
}

func describeStruct(t reflect.Type) (expr.Type, error) {
	d := expr.Type{Kind: expr.Object}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			return d, fmt.Errorf("%s.%s has no json name", t, f.Name)
		}
		if f.Tag.Get("doc") == "" {
			return d, fmt.Errorf("%s.%s has no doc tag", t, f.Name)
		}
		if f.Type.Implements(maybeType) && !strings.Contains(options, "omitzero") {
			return d, fmt.Errorf("%s.%s may be unknown and needs omitzero", t, f.Name)
		}
		ft, err := describe(f.Type)
		if err != nil {
			return d, fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		d.Fields = append(d.Fields, expr.Field{
			Name: name, Type: ft, Doc: f.Tag.Get("doc"), Optional: strings.Contains(options, "omit"),
		})
	}
	return d, nil
}

// Encode returns an action's output as it travels: JSON, and why the unknown fields are.
func Encode(out any) (expr.Value, error) {
	raw, err := json.Marshal(out)
	if err != nil {
		return expr.Value{}, fmt.Errorf("encode result: %w", err)
	}
	v := expr.Value{JSON: raw, Unknown: map[string]string{}}
	collect(reflect.ValueOf(out), "", v.Unknown)
	if len(v.Unknown) == 0 {
		v.Unknown = nil
	}
	return v, nil
}

// collect notes the unknown fields below v under their paths.
func collect(v reflect.Value, path string, unknown map[string]string) {
	if !v.IsValid() {
		return
	}
	if m, ok := v.Interface().(maybe); ok {
		inner, known := m.inner()
		if !known {
			unknown[path] = m.Why()
			return
		}
		v = reflect.ValueOf(inner)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			collect(v.Elem(), path, unknown)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), fmt.Sprintf("%s[%d]", path, i), unknown)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			collect(v.MapIndex(key), strings.TrimPrefix(path+"."+key.String(), "."), unknown)
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for _, f := range reflect.VisibleFields(v.Type()) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous || !f.IsExported() || name == "-" {
				continue
			}
			collect(v.FieldByIndex(f.Index), strings.TrimPrefix(path+"."+name, "."), unknown)
		}
	default:
	}
}
