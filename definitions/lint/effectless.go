package lint

import "redress/definitions"

// CodeNoEffect is the code of the check of keys that do nothing where they stand.
const CodeNoEffect = "no-effect"

// effectless warns of `timeout` and `retry` on steps that they do nothing for. All
// steps may have them, but a guard and a stop call nothing, an escalation is tried
// until people are told, and a verify looks again by itself.
type effectless struct{}

func (effectless) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeNoEffect, Text: "The key does nothing on a step of this kind. On a verify, `timeout` bounds one look, and `every` and `within` take the place of `retry`."}}
}

func (effectless) check(b *book) {
	for _, s := range b.sites {
		switch s.Kind {
		case definitions.KindVerify:
			if s.Retry != nil {
				b.warn(b.key(s, "retry"), CodeNoEffect, "remove it; every and within say how often and how long it looks", "retry has no effect on a verify")
			}
		case definitions.KindGuard, definitions.KindStop, definitions.KindEscalate:
			if s.Timeout != 0 {
				b.warn(b.key(s, "timeout"), CodeNoEffect, "remove it", "timeout has no effect on a step of kind %s", s.Kind)
			}
			if s.Retry != nil {
				b.warn(b.key(s, "retry"), CodeNoEffect, "remove it", "retry has no effect on a step of kind %s", s.Kind)
			}
		default:
		}
	}
}
