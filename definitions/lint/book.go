package lint

import (
	"fmt"
	"maps"

	"redress/definitions"
	"redress/definitions/expr"
)

// book is one runbook as the checks see it.
type book struct {
	*definitions.Runbook
	Options
	src      *definitions.Source
	sites    []*site          // all steps, in the order of the file
	named    map[string]*site // those with a name
	problems definitions.Problems
}

// site is one step and where it stands.
type site struct {
	*definitions.Step
	block   []definitions.Step // that it stands in
	index   int                // in its block
	parent  *site              // the step in whose `else` it stands; nil at the top
	visible map[string]*site   // the steps whose results it can read, by name
}

func newBook(r *definitions.Runbook, src *definitions.Source, o Options) *book {
	b := &book{Runbook: r, Options: o, src: src, named: map[string]*site{}}
	b.walk(r.Steps, nil, map[string]*site{})
	return b
}

// walk collects the steps of a block. A step sees the named steps before it in its own
// and the enclosing blocks. What an `else` did is not seen behind it, because it may
// not have run; inside of the `else` of a verify, the verify's own name is the result
// of its last poll. The result of a step whose `if` did not hold is unknown.
func (b *book) walk(steps []definitions.Step, parent *site, visible map[string]*site) {
	visible = maps.Clone(visible)
	for i := range steps {
		s := &site{Step: &steps[i], block: steps, index: i, parent: parent, visible: maps.Clone(visible)}
		b.sites = append(b.sites, s)
		if s.Name != "" {
			b.named[s.Name] = s
		}
		if s.Name != "" {
			visible[s.Name] = s
		}
		b.walk(s.otherwise(), s, visible)
	}
}

// otherwise returns the steps of the key `else`.
func (s *site) otherwise() []definitions.Step {
	switch {
	case s.Guard != nil:
		return s.Guard.Else
	case s.Verify != nil:
		return s.Verify.Else
	}
	return nil
}

// call returns what the step calls, nil when it calls nothing.
func (s *site) call() *definitions.Call {
	switch {
	case s.Check != nil:
		return &s.Check.Call
	case s.Act != nil:
		return &s.Act.Call
	case s.Verify != nil:
		return &s.Verify.Call
	}
	return nil
}

// fresh reports whether the step's result is read anew before an act.
func (s *site) fresh() bool { return s.Check != nil || s.Verify != nil }

// result returns the type of the step's result. It is dynamic where the step or its
// action is not understood, which was reported elsewhere; ok is false for a step that
// has no result.
func (b *book) result(s *site) (t expr.Type, ok bool) {
	switch c := s.call(); {
	case c != nil:
		if a, known := b.Actions.ActionType(c.Action); known {
			return a.Output, true
		}
		return expr.Type{Kind: expr.Dynamic}, true
	case s.Kind == "":
		return expr.Type{Kind: expr.Dynamic}, true
	}
	return expr.Type{}, false
}

// key returns where the value of a step's key begins; the step, when that is not known.
func (b *book) key(s *site, key string) definitions.Position {
	if at, ok := b.src.Value(s.Path, key); ok {
		return at
	}
	return s.Position
}

// input returns where the name of an input stands; the step, when that is not known.
func (b *book) input(s *site, path string) definitions.Position {
	if at, ok := b.src.Key(s.Path, path); ok {
		return at
	}
	return s.Position
}

// report notes an error.
func (b *book) report(at definitions.Position, code, suggestion, format string, args ...any) {
	b.problems = append(b.problems, definitions.Problem{
		Position: at, Severity: definitions.Error, Code: code, Message: fmt.Sprintf(format, args...),
		Suggestion: suggestion, Source: b.src.Line(at.Line),
	})
}

// warn notes a warning.
func (b *book) warn(at definitions.Position, code, suggestion, format string, args ...any) {
	b.report(at, code, suggestion, format, args...)
	b.problems[len(b.problems)-1].Severity = definitions.Warning
}
