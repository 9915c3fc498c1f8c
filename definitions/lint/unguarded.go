package lint

import "redress/definitions"

// CodeUnguardedAct is the code of the check of acts without a guard.
const CodeUnguardedAct = "unguarded-act"

// unguarded checks that a guard precedes every act, one that is evaluated again in the
// moment of the act: not one with `once: true`, and not one that its `if` may skip
// when the act is not skipped with it.
type unguarded struct{}

func (unguarded) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeUnguardedAct, Text: "No guard stands before the act, in its own block or one around it, that is evaluated again on fresh data in the moment of the act. A guard with `once: true` is not, and one with an `if` counts only for an act with the same `if`. Where no condition makes sense, the comment `# " + definitions.AllowUnguarded + "` on the step says that this is meant."}}
}

func (unguarded) check(b *book) {
	for _, s := range b.sites {
		if s.Act == nil {
			continue
		}
		if _, lifted := b.src.Key(s.Path, definitions.AllowUnguarded); lifted {
			continue
		}
		guarded := false
		s.before(func(earlier, toward *definitions.Step) {
			if guards(earlier) && certain(earlier, toward) {
				guarded = true
			}
		})
		if !guarded {
			b.report(b.key(s, "act"), CodeUnguardedAct, "check what must be true and put a guard on it before the act; or write the comment # "+definitions.AllowUnguarded,
				"no guard precedes the act %s", s.Act.Action)
		}
	}
}
