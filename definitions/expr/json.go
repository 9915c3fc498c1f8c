package expr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"cel.dev/cel-go/common/types"
)

// parseJSON returns JSON as maps, slices, strings, booleans, json.Number and nil.
// Nothing at all is nil.
func parseJSON(data json.RawMessage) (any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not JSON: more than one value")
	}
	return tree, nil
}

// dynamicKind returns the kind that a piece of JSON shows.
func dynamicKind(tree any) Kind {
	switch tree.(type) {
	case bool:
		return Bool
	case string:
		return String
	case []any:
		return List
	default:
		return Dynamic
	}
}

// parseInt reads an integer; "3.0" and "3e2" are integers too.
func parseInt(n json.Number) (types.Int, error) {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return types.Int(i), nil
	}
	// Beyond 2^53 a double no longer holds every integer.
	if f, err := n.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		return types.Int(f), nil
	}
	return 0, fmt.Errorf("is not an integer of 64 bits: %s", n)
}

func parseDouble(n json.Number) (float64, error) {
	f, err := n.Float64()
	if err != nil {
		return 0, fmt.Errorf("is not a double: %s", n)
	}
	return f, nil
}
