// Package lint finds what is wrong with runbooks that parse: what they name and does
// not exist, types that do not fit, acts without guard or verification. Each check is
// a type in a file of its own, with its codes documented and its tests beside.
//
// It is pure, as package definitions is, and imports nothing else of Redress.
package lint

import (
	"redress/definitions"
)

// Options are what runbooks are checked against.
type Options struct {
	// Actions are the actions that runbooks may call.
	Actions definitions.Actions
	// Receivers are the names of the configured receivers; nil when they are not
	// known, and are then not checked. "default" always exists.
	Receivers []string
	// Templates are the texts of the team's template files by file name; nil when
	// they are not known, and `{{ template "name" }}` is then not checked.
	Templates map[string]string
}

// A check looks at one runbook for one sort of problem.
type check interface {
	// codes documents the codes that the check reports.
	codes() []definitions.CodeDoc
	// check reports what it finds to the book.
	check(b *book)
}

// checks lists all checks of single runbooks.
func checks() []check {
	return []check{
		actions{},
		inputs{},
		names{},
		reserved{},
		unused{},
		types{},
		unguarded{},
		unverified{},
		stale{},
		unreachable{},
		effectless{},
		templates{},
		receivers{},
	}
}

// Check checks the runbooks of a set, which may have problems of its own already, and
// returns what it finds, sorted. It does not repeat what parsing reported.
func Check(set *definitions.Set, o Options) definitions.Problems {
	var problems definitions.Problems
	for _, r := range set.Runbooks {
		b := newBook(r, set.Source(r.Position.File), o)
		for _, c := range checks() {
			c.check(b)
		}
		problems = append(problems, b.problems...)
	}
	return append(problems, overlaps(set)...).Sort()
}

// Codes documents every code that a problem of a runbook can have, those of parsing
// and of expressions included, for the reference.
func Codes() []definitions.CodeDoc {
	docs := append(definitions.Codes(), expressionCodes()...)
	for _, c := range checks() {
		docs = append(docs, c.codes()...)
	}
	return append(docs, overlapCode())
}
