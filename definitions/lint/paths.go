package lint

import "redress/definitions"

// before lists the steps that come before a site in its own and the enclosing blocks,
// each with the step of the same block that leads to the site. The steps in whose
// `else` the site stands are not among them.
func (s *site) before(visit func(earlier, toward *definitions.Step)) {
	for at := s; at != nil; at = at.parent {
		for i := range at.block[:at.index] {
			visit(&at.block[i], at.Step)
		}
	}
}

// after visits the steps that follow a site on its way to the end of the run, until
// visit returns false: the rest of its block, then of the enclosing ones, as far as
// the run goes on behind them.
func (s *site) after(visit func(later, from *definitions.Step) bool) {
	for at := s; at != nil; at = at.parent {
		for i := range at.block[at.index+1:] {
			later := &at.block[at.index+1+i]
			if !visit(later, at.Step) {
				return
			}
		}
		if at.parent != nil && at.parent.Guard != nil {
			return // the run ends refused
		}
	}
}

// guards reports whether the step is a guard that is evaluated again at an act. One of
// a kind that is not understood, which was reported as such, may be anything.
func guards(s *definitions.Step) bool {
	return s.Kind == "" || s.Guard != nil && !s.Guard.Once
}

// verifies reports whether the step is a verify, or of a kind that is not understood.
func verifies(s *definitions.Step) bool { return s.Kind == "" || s.Verify != nil }

// certain reports whether the other step runs whenever this one does: it has no `if`,
// or the same one.
func certain(other, this *definitions.Step) bool {
	return other.If == nil || this.If != nil && this.If.Source == other.If.Source
}

// ends reports whether no step of the block behind this one can run.
func ends(s *definitions.Step) bool {
	return s.If == nil && (s.Stop != nil || s.Escalate != nil)
}
