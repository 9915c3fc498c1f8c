package definitions

import (
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

// stepKey is a key of a step. One with a kind makes the step of that kind; others
// belong to the kinds in of, or to all steps when of is empty.
type stepKey struct {
	key[Step]
	kind Kind
	of   []Kind
}

// stepTable is the table of the keys of steps.
func stepTable() []stepKey {
	calls := []Kind{KindCheck, KindAct, KindVerify}
	verify := []Kind{KindVerify}
	return []stepKey{
		{kind: KindCheck, key: key[Step]{name: "check", doc: "a read action: looks", decode: decodeAction}},
		{kind: KindGuard, key: key[Step]{name: "guard", doc: "CEL; false ends the run as refused", decode: decodeGuard}},
		{kind: KindAct, key: key[Step]{name: "act", doc: "a change action, by the act protocol", decode: decodeAction}},
		{kind: KindVerify, key: key[Step]{name: "verify", doc: "a read action, polled until a condition holds", decode: decodeAction}},
		{kind: KindNotify, key: key[Step]{name: "notify", doc: "a receiver, or default", decode: decodeNotify}},
		{kind: KindEscalate, key: key[Step]{name: "escalate", doc: "a message: hands over to people and ends the run", decode: decodeEscalate}},
		{kind: KindStop, key: key[Step]{name: "stop", doc: "no_action, healed, refused or failed: ends the run", decode: decodeStop}},
		{kind: "approve", key: key[Step]{name: "approve", doc: "a question to a person"}},
		{kind: "wait", key: key[Step]{name: "wait", doc: "a duration, or a condition on the alerts"}},
		{kind: "choose", key: key[Step]{name: "choose", doc: "the first branch whose condition holds"}},
		{kind: "parallel", key: key[Step]{name: "parallel", doc: "branches at the same time"}},
		{kind: "each", key: key[Step]{name: "each", doc: "steps for each item of a list"}},
		{kind: "run", key: key[Step]{name: "run", doc: "another runbook's steps"}},
		{kind: "decline", key: key[Step]{name: "decline", doc: "not this runbook's case"}},
		{kind: "set", key: key[Step]{name: "set", doc: "names values"}},

		{key: key[Step]{name: "name", doc: "snake_case, unique; gives later steps the result", decode: func(*decoder, *yaml.Node, *Step) {}}}, // read before the kind is known
		{key: key[Step]{name: "title", doc: "one line for people; of a notify step the message's title", decode: decodeTitle}},
		{key: key[Step]{name: "if", doc: "CEL; false skips the step", decode: func(d *decoder, n *yaml.Node, s *Step) { s.If = d.condition(n, "if") }}},
		{key: key[Step]{name: "timeout", doc: "of one attempt", decode: func(d *decoder, n *yaml.Node, s *Step) { s.Timeout = d.duration(n, "timeout", time.Second) }}},
		{key: key[Step]{name: "retry", doc: "attempts, delay, backoff, max_delay", decode: decodeRetry}},
		{key: key[Step]{name: "on_error", doc: "what to do when the step fails"}},

		{of: calls, key: key[Step]{name: "with", doc: "inputs of the action", decode: func(d *decoder, n *yaml.Node, s *Step) { s.call().With = d.namedArgs(n, "with") }}},
		{of: []Kind{KindGuard, KindVerify}, key: key[Step]{name: "else", doc: "steps when the condition does not hold", decode: decodeElse}},
		{of: []Kind{KindGuard, KindStop}, key: key[Step]{name: "reason", doc: "why, for people", decode: decodeReason}},
		{of: []Kind{KindGuard}, key: key[Step]{name: "once", doc: "true: holds for now, not evaluated again at the act", decode: func(d *decoder, n *yaml.Node, s *Step) { s.Guard.Once = d.boolean(n, "once") }}},
		{of: verify, key: key[Step]{name: "until", required: true, doc: "CEL over result", decode: func(d *decoder, n *yaml.Node, s *Step) {
			if e := d.condition(n, "until"); e != nil {
				s.Verify.Until = *e
			}
		}}},
		{of: verify, key: key[Step]{name: "every", doc: "from poll to poll; default 2s", decode: func(d *decoder, n *yaml.Node, s *Step) { s.Verify.Every = d.duration(n, "every", minEvery) }}},
		{of: verify, key: key[Step]{name: "stable", doc: "how long the condition must hold; default 0s", decode: func(d *decoder, n *yaml.Node, s *Step) { s.Verify.Stable = d.duration(n, "stable", 0) }}},
		{of: verify, key: key[Step]{name: "within", doc: "how long it may take at most; default 1m", decode: func(d *decoder, n *yaml.Node, s *Step) { s.Verify.Within = d.durationArg(n, "within", minEvery) }}},
		{of: []Kind{KindNotify}, key: key[Step]{name: "message", required: true, doc: "what to tell", decode: decodeMessage}},
		{of: []Kind{KindEscalate}, key: key[Step]{name: "to", doc: "a receiver; default policy.receiver", decode: func(d *decoder, n *yaml.Node, s *Step) { s.Escalate.To, _ = d.text(n, "to") }}},
		{of: []Kind{KindAct}, key: key[Step]{name: "undo", doc: "how to take it back"}},
		{of: []Kind{KindAct}, key: key[Step]{name: "restore", doc: "when to take it back"}},
	}
}

// minEvery keeps a verify from becoming load of its own.
const minEvery = 100 * time.Millisecond

func findStepKey(name string) (stepKey, bool) {
	for _, k := range stepTable() {
		if k.name == name {
			return k, true
		}
	}
	return stepKey{}, false
}

// stepKeyNames lists the keys that a step of the kind may have.
func stepKeyNames(kind Kind) []string {
	var names []string
	for _, k := range stepTable() {
		if k.kind == kind || k.kind == "" && (len(k.of) == 0 || slices.Contains(k.of, kind)) {
			names = append(names, k.name)
		}
	}
	return names
}

// kindNames lists the keys that make a step.
func kindNames() []string {
	var names []string
	for _, k := range stepTable() {
		if k.kind != "" {
			names = append(names, k.name)
		}
	}
	return names
}
