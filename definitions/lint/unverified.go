package lint

import "redress/definitions"

// CodeUnverifiedAct is the code of the check of acts without a verification.
const CodeUnverifiedAct = "unverified-act"

// unverified checks that a verify follows every act, one that is reached whenever the
// act was done.
type unverified struct{}

func (unverified) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeUnverifiedAct, Text: "No verify follows the act, so the run could never say that it healed anything. A verify in a branch or behind an `if` counts only when it runs whenever the act does."}}
}

func (unverified) check(b *book) {
	for _, s := range b.sites {
		if s.Act == nil {
			continue
		}
		verified := false
		s.after(func(later, from *definitions.Step) bool {
			verified = verified || verifies(later) && certain(later, from)
			return !verified && !ends(later)
		})
		if !verified {
			b.report(b.key(s, "act"), CodeUnverifiedAct, "add a verify step behind it", "no verify follows the act %s", s.Act.Action)
		}
	}
}
