// Package definitions holds what SREs write: runbooks, strictly decoded with the
// position of everything, compiled against the actions' types, and matched with alerts.
//
// It is pure: no network, no clock, no Temporal, gin or Redis. Everything in
// Redress may import it; it imports nothing of Redress but its own sub-packages.
package definitions

import "fmt"

// Position is a place in a file that a person wrote. Line and column count from 1,
// columns in characters; zero means unknown.
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String returns the position as compilers print it, file:line:column.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}
