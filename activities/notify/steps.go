package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"redress/definitions/expr"
)

// unknown stands for a value that could not be learnt. In a text it prints as
// "unknown (why)", and so does every field below it: templates can look a name up only
// in a map, so it answers itself to each name that any of the texts uses.
type unknown map[string]any

// whyKey holds the reason. It is no name that a template can write.
const whyKey = "\x00why"

func (u unknown) String() string { return fmt.Sprintf("unknown (%v)", u[whyKey]) }

func newUnknown(why string, names []string) unknown {
	u := unknown{whyKey: why}
	for _, name := range names {
		u[name] = u
	}
	return u
}

// decodeSteps returns the steps' results for templates, in which names may be used.
func decodeSteps(steps map[string]expr.Value, names []string) (map[string]any, error) {
	decoded := make(map[string]any, len(steps))
	for name, value := range steps {
		v, err := decodeValue(value, names)
		if err != nil {
			return nil, fmt.Errorf("result of step %s: %w", name, err)
		}
		decoded[name] = v
	}
	return decoded, nil
}

func decodeValue(value expr.Value, names []string) (any, error) {
	var v any
	if len(value.JSON) > 0 {
		d := json.NewDecoder(bytes.NewReader(value.JSON))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, fmt.Errorf("there is more than one JSON value")
		}
	}
	v = plainNumbers(v)
	for _, path := range slices.Sorted(maps.Keys(value.Unknown)) { // "" first, parents before children
		v = put(v, splitPath(path), newUnknown(value.Unknown[path], names))
	}
	return v, nil
}

// plainNumbers turns numbers into int64 or float64, which templates compare and print
// as people write them.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case map[string]any:
		for name, elem := range v {
			v[name] = plainNumbers(elem)
		}
	case []any:
		for i, elem := range v {
			v[i] = plainNumbers(elem)
		}
	}
	return v
}

// splitPath takes a path like "replicas[0].lag_bytes" apart.
func splitPath(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// put returns v with leaf at path. Objects that lack on the way are made; a place
// below something that is unknown itself, or outside of a list, has none.
func put(v any, path []string, leaf unknown) any {
	if len(path) == 0 {
		return leaf
	}
	switch parent := v.(type) {
	case nil:
		return map[string]any{path[0]: put(nil, path[1:], leaf)}
	case map[string]any:
		parent[path[0]] = put(parent[path[0]], path[1:], leaf)
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(parent) {
			parent[i] = put(parent[i], path[1:], leaf)
		}
	}
	return v
}
