package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// maxResult bounds a result, which stays in the history of its run.
const maxResult = 4 * maxWeight

// toVar turns the result of an evaluation back into JSON and its type.
func toVar(value ref.Val) (Var, error) {
	if weight(value, maxResult) > maxResult {
		return Var{}, errors.New("the result is too large to be kept: select what is needed of it")
	}
	r := result{unknown: map[string]string{}}
	if o, ok := value.(*object); ok && o.fields == nil {
		return Var{}, o.origin.err()
	}
	tree, t, err := r.convert(value, origin{})
	if err != nil {
		return Var{}, err
	}
	data, err := json.Marshal(tree)
	if err != nil {
		return Var{}, fmt.Errorf("encode the result: %w", err)
	}
	v := Var{Type: t, Value: Value{JSON: data}}
	if len(r.unknown) > 0 {
		v.Value.Unknown = r.unknown
	}
	return v, nil
}

// result collects what is unknown in a value while it is converted.
type result struct {
	unknown map[string]string
}

// convert returns a value as JSON's Go types, and its type. The place is the one in the result.
func (r *result) convert(value ref.Val, place origin) (any, Type, error) {
	switch v := value.(type) {
	case types.Bool:
		return bool(v), Type{Kind: Bool}, nil
	case types.Int:
		return json.Number(strconv.FormatInt(int64(v), 10)), Type{Kind: Int}, nil
	case types.Uint:
		if v > math.MaxInt64 {
			return nil, Type{}, fmt.Errorf("the result %d is larger than any int", v)
		}
		return json.Number(strconv.FormatUint(uint64(v), 10)), Type{Kind: Int}, nil
	case types.Double:
		return doubleJSON(float64(v))
	case types.String:
		return string(v), Type{Kind: String}, nil
	case types.Duration:
		return FormatDuration(v.Duration), Type{Kind: Duration}, nil
	case types.Timestamp:
		return v.UTC().Format(time.RFC3339Nano), Type{Kind: Timestamp}, nil
	case types.Null:
		return nil, Type{Kind: Dynamic}, nil
	case *types.Optional:
		if !v.HasValue() {
			return nil, Type{}, &UnknownError{Path: "the value", Why: "the optional is empty"}
		}
		return r.convert(v.GetValue(), place)
	case *object:
		r.collect(v.typ, v.tree(), v.origin, place)
		return v.tree(), v.typ, nil
	case *jsonMap:
		t := MapOf(v.elem)
		if v.elem.Kind == Dynamic {
			t = Type{Kind: Dynamic}
		}
		r.collect(t, v.entries, v.origin, place)
		return v.entries, t, nil
	case traits.Lister:
		return r.convertList(v, place)
	case traits.Mapper:
		return r.convertMap(v, place)
	}
	if err, ok := value.(*types.Err); ok {
		return nil, Type{}, err
	}
	return nil, Type{}, fmt.Errorf("the result is %s, which is no value of a runbook", article(kindName(value)))
}

// doubleJSON keeps the decimal point, so that a dynamic value stays a double.
func doubleJSON(f float64) (any, Type, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, Type{}, errors.New("the result is not a finite number")
	}
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return json.Number(text), Type{Kind: Double}, nil
}

func (r *result) convertList(list traits.Lister, place origin) (any, Type, error) {
	elems := []any{}
	var elem *Type
	for it := list.Iterator(); it.HasNext() == types.True; {
		tree, t, err := r.convert(it.Next(), place.index(len(elems)))
		if err != nil {
			return nil, Type{}, err
		}
		elems = append(elems, tree)
		elem = join(elem, t)
	}
	return elems, ListOf(elemOf(Type{Elem: elem})), nil
}

func (r *result) convertMap(m traits.Mapper, place origin) (any, Type, error) {
	entries := map[string]any{}
	var elem *Type
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, ok := key.(types.String)
		if !ok {
			return nil, Type{}, fmt.Errorf("the result is a map with the key %v: keys must be strings", key)
		}
		tree, t, err := r.convert(m.Get(key), place.field(string(name)))
		if err != nil {
			return nil, Type{}, err
		}
		entries[string(name)] = tree
		elem = join(elem, t)
	}
	return entries, MapOf(elemOf(Type{Elem: elem})), nil
}

// join returns the type that holds values of both.
func join(have *Type, next Type) *Type {
	switch {
	case have == nil || reflect.DeepEqual(*have, next):
		return &next
	case have.Kind == Double && next.Kind == Int, have.Kind == Int && next.Kind == Double:
		return &Type{Kind: Double}
	}
	return &Type{Kind: Dynamic}
}
