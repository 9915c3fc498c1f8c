package expr

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Print writes a value into a text: strings bare, durations as in "1h30m", lists with
// commas, maps and objects as key=value. What is unknown prints "unknown (why)".
func Print(v Var) string {
	value := decodeVar("", v)
	if o, ok := value.(*object); ok && o.fields == nil {
		return unknownText(o.origin.err())
	}
	return plainText(value)
}

func unknownText(err *UnknownError) string { return "unknown (" + err.Why + ")" }

func plainText(value ref.Val) string {
	switch v := value.(type) {
	case *types.Err:
		var unknown *UnknownError
		if errors.As(v, &unknown) {
			return unknownText(unknown)
		}
		return "unknown (" + strings.TrimSpace(v.Error()) + ")"
	case types.String:
		return string(v)
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case types.Double:
		return doubleText(float64(v))
	case types.Duration:
		return FormatDuration(v.Duration)
	case types.Timestamp:
		return v.UTC().Format(time.RFC3339Nano)
	case types.Null:
		return "null"
	case *object:
		return v.text()
	case *jsonMap:
		return mapText(v, v.Iterator())
	case traits.Lister:
		var items []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, plainText(it.Next()))
		}
		return strings.Join(items, ", ")
	case traits.Mapper:
		return mapText(v, v.Iterator())
	}
	return fmt.Sprint(value.Value())
}

// doubleText avoids exponents for the magnitudes that people meet.
func doubleText(f float64) string {
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e15) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func (o *object) text() string {
	items := make([]string, 0, len(o.typ.Fields))
	for _, f := range o.typ.Fields {
		value := o.Get(types.String(f.Name))
		if inner, ok := value.(*object); ok && inner.fields == nil {
			items = append(items, f.Name+"="+unknownText(inner.origin.err()))
			continue
		}
		items = append(items, f.Name+"="+nested(value))
	}
	return strings.Join(items, " ")
}

func mapText(m traits.Indexer, keys traits.Iterator) string {
	var items []string
	for keys.HasNext() == types.True {
		key := keys.Next()
		items = append(items, plainText(key)+"="+nested(m.Get(key)))
	}
	return strings.Join(items, " ")
}

// nested puts brackets around a collection inside another.
func nested(value ref.Val) string {
	switch value.(type) {
	case traits.Lister:
		return "[" + plainText(value) + "]"
	case *object, *jsonMap, traits.Mapper:
		return "{" + plainText(value) + "}"
	}
	return plainText(value)
}
