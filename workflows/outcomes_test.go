package workflows_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"redress/definitions"
	"redress/internal/contract"
)

// top is the head of the runbooks of these tests.
const top = `
runbook: fix
alerts: ['alertname="RedisDown"']
covers: ['alertname="RedisLink"']
timeout: 10m
`

const fix = top + `
steps:
  - {name: look, check: probe.look, with: {n: 1}}
  - guard: "!look.ok"
    reason: It is well.
  - {name: fix, act: probe.fix, with: {n: "${look.n}"}, retry: {attempts: 3, delay: 5s}}
  - {name: well, verify: probe.look, with: {n: 1}, until: result.ok, within: 30s}
`

const (
	bad  = `{"ok": false, "n": 7}`
	good = `{"ok": true, "n": 7}`
)

// fixed scripts a run of the runbook fix that acts and heals.
func fixed() map[string][]reply {
	return map[string][]reply{
		"look": {{json: bad}},
		"fix":  {{json: `{"n": 7}`, act: contract.ActResult{Verdict: contract.Acted}, took: 2 * time.Second}},
		"well": {{json: good, held: true, took: 5 * time.Second}},
	}
}

func with(given map[string][]reply, path string, list ...reply) map[string][]reply {
	given[path] = list
	return given
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		yaml   string
		given  map[string][]reply
		set    func(w *world, in *contract.RemediationInput)
		want   definitions.Outcome
		reason string // a part of it
		acts   int
	}{
		"healed by an act": {yaml: fix, given: fixed(), want: definitions.Healed, acts: 1},
		"healed by hand, with no alert": {
			yaml: fix, given: fixed(), want: definitions.Healed, acts: 1,
			set: func(_ *world, in *contract.RemediationInput) { in.Alerts = nil },
		},
		"nothing to heal": {
			yaml:  top + "steps: [{name: look, check: probe.look, with: {n: 1}}, {if: look.ok, stop: no_action, reason: All is well.}]",
			given: map[string][]reply{"look": {{json: good}}}, want: definitions.NoAction, reason: "All is well.",
		},
		"only looked": {
			yaml:  top + "steps: [{name: look, check: probe.look, with: {n: 1}}]",
			given: map[string][]reply{"look": {{json: good}}}, want: definitions.NoAction, reason: "nothing was verified and nothing done",
		},
		"stopped as failed": {
			yaml: top + "steps: [{stop: failed, reason: Never.}]", want: definitions.Failed, reason: "Never.",
		},
		"stopped as refused": {
			yaml: top + "steps: [{stop: refused, reason: \"{{ .Target.Name }} is none of ours.\"}]", want: definitions.Refused, reason: "cache-prod is none of ours.",
		},
		"guard says no": {
			yaml: fix, given: with(fixed(), "look", reply{json: good}), want: definitions.Refused, reason: "It is well. (!look.ok is false (look.ok = true))",
		},
		"guard unknown": {
			yaml: fix, given: with(fixed(), "look", reply{json: `{"n": 7}`, unknown: map[string]string{"ok": "no answer"}}),
			want: definitions.Refused, reason: "look.ok is unknown: no answer",
		},
		"guard unknown takes no else": {
			yaml: top + `
steps:
  - {name: look, check: probe.look, with: {n: 1}}
  - {guard: look.ok, else: [{notify: default, message: It is ill.}]}
`, given: map[string][]reply{"look": {{json: `{}`, unknown: map[string]string{"ok": "no answer"}}}},
			want: definitions.Refused, reason: "look.ok is unknown: no answer",
		},
		"if unknown": {
			yaml: top + `
steps:
  - {name: look, check: probe.look, with: {n: 1}}
  - {if: look.ok, stop: no_action}
  - {stop: failed}
`, given: map[string][]reply{"look": {{json: `{}`, unknown: map[string]string{"ok": "no answer"}}}},
			want: definitions.Refused, reason: "look.ok is unknown: no answer",
		},
		"input unknown": {
			yaml: fix, given: with(fixed(), "look", reply{json: `{"ok": false}`, unknown: map[string]string{"n": "no answer"}}),
			want: definitions.Refused, reason: "look.n is unknown: no answer",
		},
		"check fails": {
			yaml: fix, given: with(fixed(), "look", reply{err: permanent("no such target")}), want: definitions.Failed, reason: "look: no such target",
		},
		"check fails again and again": {
			yaml: fix, given: with(fixed(), "look", reply{err: errors.New("connection refused")}), want: definitions.Failed, reason: "look: connection refused",
		},
		"act does not help": {
			yaml: fix, given: with(fixed(), "well", reply{json: bad, why: "result.ok is false", took: 30 * time.Second}),
			want: definitions.Ineffective, reason: "well did not hold within 30s: result.ok is false", acts: 1,
		},
		"not well without an act": {
			yaml:  top + "steps: [{name: well, verify: probe.look, with: {n: 1}, until: result.ok}]",
			given: map[string][]reply{"well": {{json: bad, why: "result.ok is false"}}}, want: definitions.Failed, reason: "well did not hold within 1m",
		},
		"verify fails for good": {
			yaml: fix, given: with(fixed(), "well", reply{err: permanent("no such target")}), want: definitions.Failed, reason: "well: no such target", acts: 1,
		},
		"acted and not verified": {
			yaml: strings.Split(fix, "  - {name: well")[0], given: fixed(), want: definitions.Inconclusive, reason: "nothing was verified after the last act", acts: 1,
		},
		"the last verification did not hold": {
			yaml:  strings.TrimSpace(fix) + "\n  - {name: whole, verify: probe.look, with: {n: 1}, until: result.ok, else: [{notify: default, message: Not whole.}]}\n",
			given: with(fixed(), "whole", reply{json: bad, why: "result.ok is false"}),
			want:  definitions.Inconclusive, reason: "the last verification, whole, did not hold: result.ok is false", acts: 1,
		},
		"a verification before the act proves nothing": {
			yaml: top + `
steps:
  - {name: well, verify: probe.look, with: {n: 1}, until: result.ok, else: [{name: look, check: probe.look, with: {n: 1}}, {guard: "!look.ok"}, {name: fix, act: probe.fix, with: {n: 1}}]}
`,
			given: map[string][]reply{
				"well": {{json: bad, why: "result.ok is false"}}, "well.else.look": {{json: bad}},
				"well.else.fix": {{json: `{"n": 1}`, act: contract.ActResult{Verdict: contract.Acted}}},
			},
			want: definitions.Inconclusive, reason: "nothing was verified after the last act", acts: 1,
		},
		"still fires": {
			yaml: fix, given: fixed(), want: definitions.Inconclusive, reason: "Redis looks well, the alert still fires: RedisDown", acts: 1,
			set: func(w *world, _ *contract.RemediationInput) {
				w.cleared = func(c contract.Clear) (time.Duration, any) {
					return c.Deadline.Sub(w.env.Now()), contract.Cleared{Still: []string{"a1"}}
				}
			},
		},
		"cannot tell whether it fires": {
			yaml: fix, given: fixed(), want: definitions.Inconclusive, reason: "whether the alert still fires is not known (am1 is away)", acts: 1,
			set: func(w *world, _ *contract.RemediationInput) {
				w.cleared = func(contract.Clear) (time.Duration, any) { return time.Minute, contract.Cleared{Why: "am1 is away"} }
			},
		},
		"stopped as healed, alert clears": {
			yaml: top + "steps: [{stop: healed, reason: It was a false alarm.}]", want: definitions.Healed, reason: "It was a false alarm.",
		},
		"stopped as healed, alert fires on": {
			yaml: top + "steps: [{stop: healed}]", want: definitions.Inconclusive, reason: "the alert still fires",
			set: func(w *world, _ *contract.RemediationInput) {
				w.cleared = func(contract.Clear) (time.Duration, any) {
					return time.Minute, contract.Cleared{Still: []string{"a1"}}
				}
			},
		},
		"escalated": {
			yaml: top + "steps: [{escalate: \"{{ .Target.Name }} needs hands.\", to: night}]", want: definitions.Escalated, reason: "cache-prod needs hands.",
		},
		"observed": {
			yaml: fix, given: fixed(), want: definitions.Observed, reason: `would have done probe.fix with {"n":7}`, acts: 1,
			set: func(_ *world, in *contract.RemediationInput) { in.Mode = definitions.Observe },
		},
		"suppressed by a person": {
			yaml: fix, given: fixed(), want: definitions.Refused, reason: "silenced by ana",
			set: func(w *world, _ *contract.RemediationInput) { w.suppressed = "RedisDown is silenced by ana" },
		},
		"the fleet refuses": {
			yaml: fix, given: fixed(), want: definitions.Refused, reason: "run other is active",
			set: func(w *world, _ *contract.RemediationInput) {
				w.answer = contract.Answer{Reason: "run other is active on cache-prod"}
			},
		},
		"the fleet refuses at first": {
			yaml: fix, given: fixed(), want: definitions.Healed, acts: 1,
			set: func(w *world, _ *contract.RemediationInput) {
				w.answer = contract.Answer{Reason: "run other is active on cache-prod"}
				w.after(time.Second, func() {
					w.mu.Lock()
					defer w.mu.Unlock()
					w.answer = contract.Answer{OK: true}
				})
			},
		},
		"a person cancels while the fleet refuses": {
			yaml: fix, given: fixed(), want: definitions.Cancelled, reason: "no",
			set: func(w *world, _ *contract.RemediationInput) {
				w.answer = contract.Answer{Reason: "run other is active on cache-prod"}
				w.after(time.Second, func() { w.env.SignalWorkflow(contract.CancelSignal, contract.Cancel{Reason: "no"}) })
			},
		},
		"holding the page fails": {
			yaml: fix, given: fixed(), want: definitions.Healed, acts: 1,
			set: func(w *world, _ *contract.RemediationInput) {
				w.failing[contract.HoldActivity] = errors.New("no Alertmanager")
			},
		},
		"telling people fails": {
			yaml: strings.Replace(fix, "steps:\n", "steps:\n  - {notify: default, message: It begins.}\n", 1), given: fixed(), want: definitions.Healed, acts: 1,
			set: func(w *world, _ *contract.RemediationInput) {
				w.failing[contract.TellActivity] = permanent("no such receiver")
			},
		},
		"releasing and reporting fail": {
			yaml: fix, given: with(fixed(), "look", reply{json: good}), want: definitions.Refused,
			set: func(w *world, _ *contract.RemediationInput) {
				w.failing[contract.ReleaseActivity] = permanent("no Alertmanager")
				w.failing[contract.FinishedSignal] = errors.New("no guardian")
			},
		},
		"no time left before the act": {
			yaml: fix, given: with(fixed(), "look", reply{json: bad, took: 11 * time.Minute}), want: definitions.Failed, reason: "the run took longer than 10m",
		},
		"no time left after the act": {
			yaml: fix, given: with(fixed(), "well", reply{json: good, held: true, took: 11 * time.Minute}),
			want: definitions.Inconclusive, reason: "the run took longer than 10m", acts: 1,
		},
		"no time left while clearing": {
			yaml: strings.Replace(fix, "timeout: 10m", "timeout: 1m", 1), given: fixed(), want: definitions.Inconclusive,
			reason: "Redis looks well, the alert still fires: the run took longer than 1m", acts: 1,
			set: func(w *world, _ *contract.RemediationInput) {
				w.cleared = func(contract.Clear) (time.Duration, any) { return 4 * time.Minute, contract.Cleared{Cleared: true} }
			},
		},
		"a person cancels": {
			yaml: fix, given: with(fixed(), "look", reply{json: bad, took: time.Minute}), want: definitions.Cancelled, reason: "ana: I do it",
			set: func(w *world, _ *contract.RemediationInput) {
				w.after(30*time.Second, func() {
					w.env.SignalWorkflow(contract.CancelSignal, contract.Cancel{By: "ana", Reason: "I do it"})
				})
			},
		},
		"a person cancels at the first moment": {
			yaml: fix, given: fixed(), want: definitions.Cancelled, reason: "no",
			set: func(w *world, _ *contract.RemediationInput) {
				w.after(0, func() { w.env.SignalWorkflow(contract.CancelSignal, contract.Cancel{Reason: "no"}) })
			},
		},
		"cancelled in Temporal": {
			yaml: fix, given: with(fixed(), "well", reply{json: good, held: true, took: time.Minute}), want: definitions.Cancelled, reason: "in Temporal", acts: 1,
			set: func(w *world, _ *contract.RemediationInput) { w.after(30*time.Second, w.env.CancelWorkflow) },
		},
		"a step of another version": {
			yaml: top + "steps: [{stop: failed}]", want: definitions.Failed, reason: `does not know steps of kind "dance"`,
			set: func(_ *world, in *contract.RemediationInput) { in.Pinned.Runbook.Steps[0].Kind = "dance" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.given = c.given
			in := input(t, c.yaml)
			if c.set != nil {
				c.set(w, &in)
			}
			e := w.remediate(in)
			v := e.Run
			if v.Outcome != c.want || !strings.Contains(v.Reason, c.reason) {
				t.Errorf("outcome %s (%s), want %s (%s)\n%s", v.Outcome, v.Reason, c.want, c.reason, strings.Join(w.called(), "\n"))
			}
			if len(v.Acts) != c.acts {
				t.Errorf("acts %+v, want %d", v.Acts, c.acts)
			}
			w.settled(in, e)
		})
	}
}

// settled checks what holds at the end of every run.
func (w *world) settled(in contract.RemediationInput, e ended) {
	w.t.Helper()
	v := e.Run
	if v.Status != contract.RunFinished || v.FinishedAt == nil {
		w.t.Errorf("status %s, finished at %v", v.Status, v.FinishedAt)
	}
	if len(e.Finished) != 1 || e.Finished[0].Outcome != v.Outcome || e.Finished[0].RunID != in.RunID || e.Finished[0].Reason != v.Reason {
		w.t.Errorf("the guardian heard %+v", e.Finished)
	}
	if begun, ended := w.answer.OK, len(w.called(contract.EndActivity)) == 1; begun != ended {
		w.t.Errorf("admitted %t, freed %t", begun, ended)
	}
	for _, s := range v.Steps {
		if s.Status == contract.StepRunning || s.FinishedAt == nil {
			w.t.Errorf("step %s is left %s", s.Path, s.Status)
		}
	}
	silenced, released := false, len(w.called(contract.ReleaseActivity))
	for _, h := range w.holds {
		silenced = silenced || h.Silence
	}
	if healed := v.Outcome == definitions.Healed; silenced && (released > 0) == healed || !silenced && released > 0 {
		w.t.Errorf("outcome %s, silences made %t, released %d times", v.Outcome, silenced, released)
	}
	if v.Outcome != definitions.Healed && v.HealedAt != nil {
		w.t.Errorf("outcome %s and healed at %s", v.Outcome, v.HealedAt)
	}
	accounts := 0
	for _, t := range w.tells {
		if t.Message == "" && t.Run.Outcome != "" {
			accounts++
		}
	}
	needed := v.Outcome != definitions.Healed && v.Outcome != definitions.NoAction || v.Mode == definitions.Observe
	if needed != (accounts == 1) && w.failing[contract.TellActivity] == nil {
		w.t.Errorf("outcome %s: people were told %d times how it ended", v.Outcome, accounts)
	}
}
