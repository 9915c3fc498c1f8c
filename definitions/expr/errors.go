package expr

import (
	"fmt"
	"strings"
)

// The codes of what [Env.Check] finds.
const (
	CodeSyntax      = "expr-syntax"       // not CEL
	CodeUndefined   = "expr-undefined"    // no such variable or function
	CodeField       = "expr-field"        // no such field
	CodeType        = "expr-type"         // types that do not fit together
	CodeEnum        = "expr-enum"         // an enumeration compared with what it can never be
	CodeIntDivision = "expr-int-division" // int / int, which drops the remainder
	CodeCost        = "expr-cost"         // too long, too deep or too expensive
)

// Error is one thing wrong in an expression.
type Error struct {
	Line       int // in the source, from 1
	Column     int // in the line, from 1, in characters
	Code       string
	Message    string
	Suggestion string // what was probably meant, or what to do; may be empty
}

// Error returns the place, the message and the suggestion on one line.
func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.text())
}

func (e *Error) text() string {
	if e.Suggestion == "" {
		return e.Message
	}
	return e.Message + ": " + e.Suggestion
}

// Errors are all things wrong in an expression, in the order of the source.
type Errors []*Error

// Error lists the errors, separated by semicolons.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "; ")
}

// UnknownError says that an expression read something that is not known. Get it with
// errors.As from what [Eval] and [Holds] return.
type UnknownError struct {
	Path string // from the variable: "before.master.role", "before.replicas[0].lag_bytes"
	Why  string // "connection refused"
}

// Error returns the path and the reason.
func (e *UnknownError) Error() string { return e.Path + " is unknown: " + e.Why }

// notReported is the reason of a missing field for which no other was given.
const notReported = "not reported"
