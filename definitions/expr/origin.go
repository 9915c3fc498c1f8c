package expr

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// origin is where in which variable a value stands, to say why a part of it is unknown.
type origin struct {
	variable string
	path     string // within the variable; "" is the variable itself
	unknown  map[string]string
}

func (o origin) field(name string) origin {
	if o.path != "" {
		name = o.path + "." + name
	}
	o.path = name
	return o
}

func (o origin) index(i int) origin {
	o.path = fmt.Sprintf("%s[%d]", o.path, i)
	return o
}

// String returns the path as an expression would write it.
func (o origin) String() string {
	if o.path == "" || strings.HasPrefix(o.path, "[") {
		return o.variable + o.path
	}
	return o.variable + "." + o.path
}

// declared reports whether this very place is declared unknown. Such a place is unknown
// even where the JSON has a value, which then is a Go zero value. A reason for the whole
// variable does not count: it explains what is missing.
func (o origin) declared() bool {
	_, ok := o.unknown[o.path]
	return ok && o.path != ""
}

// why returns the reason with the longest path that leads here.
func (o origin) why() (string, bool) {
	for path := o.path; ; path = path[:strings.LastIndexAny(path, ".[")] {
		if why, ok := o.unknown[path]; ok {
			return why, true
		}
		if !strings.ContainsAny(path, ".[") {
			break
		}
	}
	why, ok := o.unknown[""]
	return why, ok
}

// err returns the error for reading this place.
func (o origin) err() *UnknownError {
	why, ok := o.why()
	if !ok || why == "" {
		why = notReported
	}
	return &UnknownError{Path: o.String(), Why: why}
}

// unknownValue returns the CEL error for reading this place.
func (o origin) unknownValue() ref.Val { return types.WrapErr(o.err()) }
