package lint

import "redress/definitions"

// CodeUnreachable is the code of the check of steps that can never run.
const CodeUnreachable = "unreachable-step"

// unreachable checks that nothing stands behind a step that always ends the run.
type unreachable struct{}

func (unreachable) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeUnreachable, Text: "The step before always ends the run, so this one can never run. Give the step before an `if`, or remove one of the two."}}
}

func (unreachable) check(b *book) {
	for _, s := range b.sites {
		if s.index > 0 && ends(&s.block[s.index-1]) {
			b.report(s.Position, CodeUnreachable, "give the step before an `if`, or remove one of them", "the %s before this step ends the run", s.block[s.index-1].Kind)
		}
	}
}
