package definitions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity tells whether a problem keeps a file from being used.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is something wrong in a file that a person wrote, with its place and cure.
type Problem struct {
	Position
	Severity   Severity `json:"severity"`
	Code       string   `json:"code"` // stable, documented: "unknown-key"
	Message    string   `json:"message"`
	Suggestion string   `json:"suggestion,omitempty"` // what was probably meant, or what to do
	Source     string   `json:"-"`                    // the line of the file, for the caret
}

// String returns the problem on one line: place, severity, code, message.
func (p Problem) String() string {
	s := fmt.Sprintf("%s: %s %s: %s", p.Position, p.Severity, p.Code, p.Message)
	if p.Suggestion != "" {
		s += " (" + p.Suggestion + ")"
	}
	return s
}

// Problems is a list of problems. As an error it prints one per line.
type Problems []Problem

// Error lists the problems, one per line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Failed reports whether an error is among the problems.
func (ps Problems) Failed() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error })
}

// Sort orders the problems by file, line, column and code, and drops repetitions.
func (ps Problems) Sort() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(ps)
}
