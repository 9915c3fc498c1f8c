package lint

import (
	"slices"

	"redress/definitions"
)

// CodeStaleGuard is the code of the check of guards that cannot change their mind.
const CodeStaleGuard = "stale-guard"

// stale checks that the guards on the way to an act depend on something that is read
// again in the moment of the act: the result of a check or a verify.
type stale struct{}

func (stale) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeStaleGuard, Text: "The guard protects an act, but reads nothing that is read again before the act: no result of a check or a verify. Evaluating it again would always say the same. Read what it is about with a check, or write `once: true` to say that one look is enough."}}
}

func (stale) check(b *book) {
	reported := map[*definitions.Step]bool{}
	for _, act := range b.sites {
		if act.Act == nil {
			continue
		}
		act.before(func(earlier, _ *definitions.Step) {
			g := earlier.Guard
			if g == nil || g.Once || g.Condition.Source == "" || reported[earlier] || b.readsFresh(g.Condition) {
				return
			}
			reported[earlier] = true
			b.report(g.Condition.Position, CodeStaleGuard, "read it with a check, or write `once: true`",
				"the guard of the act %s reads nothing that is read again before the act", act.Act.Action)
		})
	}
}

func (b *book) readsFresh(e definitions.Expr) bool {
	return slices.ContainsFunc(e.Names, func(name string) bool {
		s := b.named[name]
		return s == nil && !b.standard(name) || s != nil && (s.fresh() || s.Kind == "")
	})
}

// standard reports whether the name is a variable of every run. An undefined name is
// none, and was reported as such.
func (b *book) standard(name string) bool { return declared(definitions.Variables(), name) }
