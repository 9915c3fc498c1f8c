package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

func notSent(reason string) reply {
	return reply{act: contract.ActResult{Verdict: contract.NotSent, Reason: reason}}
}

func timedOut(kind enumspb.TimeoutType) reply {
	return reply{err: temporal.NewTimeoutError(kind, nil), took: 10 * time.Second}
}

func TestActVerdicts(t *testing.T) {
	t.Parallel()
	acted := reply{json: `{"n": 7}`, act: contract.ActResult{Verdict: contract.Acted}}
	unknown := reply{act: contract.ActResult{Verdict: contract.Unknown, Granted: true, Reason: "connection reset", SentAt: t0}}
	for name, c := range map[string]struct {
		act, settle []reply
		want        definitions.Outcome
		reason      string
		tries       int
		applied     []contract.Applied
		settled     []bool // Returned of each look-up
	}{
		"acted": {act: []reply{acted}, want: definitions.Healed, tries: 1, applied: []contract.Applied{contract.AppliedYes}},
		"refused": {
			act:  []reply{{act: contract.ActResult{Verdict: contract.Refusal, Reason: "RedisDown is silenced by ana"}}},
			want: definitions.Refused, reason: "probe.fix was not done: RedisDown is silenced by ana", tries: 1,
		},
		"refused by its own guard after the grant": {
			act:  []reply{{act: contract.ActResult{Verdict: contract.Refusal, Granted: true, Reason: "The epoch has moved."}}},
			want: definitions.Refused, reason: "The epoch has moved.", tries: 1,
		},
		"not sent, then acted": {
			act: []reply{notSent("ask the fleet: away"), acted}, want: definitions.Healed, tries: 2, applied: []contract.Applied{contract.AppliedYes},
		},
		"sent and answered that it was not done, then acted": {
			act: []reply{{act: contract.ActResult{Verdict: contract.NotSent, Granted: true, Reason: "NOGOODSLAVE", SentAt: t0}}, acted}, want: definitions.Healed, tries: 2,
			applied: []contract.Applied{contract.AppliedNo, contract.AppliedYes},
		},
		"never sent": {
			act: []reply{notSent("ask the fleet: away")}, want: definitions.Failed, reason: "probe.fix could not be done in 3 tries: ask the fleet: away", tries: 3,
		},
		"unknown, it was": {
			act: []reply{unknown}, settle: []reply{{settled: contract.Settled{Verdict: contract.Acted, Granted: true, Reason: "the value is set"}}},
			want: definitions.Healed, tries: 1, applied: []contract.Applied{contract.AppliedYes}, settled: []bool{true},
		},
		"unknown, it was not": {
			act: []reply{unknown, acted}, settle: []reply{{settled: contract.Settled{Verdict: contract.NotSent, Granted: true}}},
			want: definitions.Healed, tries: 2, applied: []contract.Applied{contract.AppliedNo, contract.AppliedYes}, settled: []bool{true},
		},
		"unknown for ever": {
			act: []reply{unknown}, settle: []reply{{settled: contract.Settled{Verdict: contract.Unknown, Granted: true, Reason: "somebody else set it too"}}},
			want: definitions.Inconclusive, reason: "whether probe.fix was done cannot be told: connection reset; looked up: somebody else set it too",
			tries: 1, applied: []contract.Applied{contract.AppliedUnknown}, settled: []bool{true},
		},
		"unknown and not to be looked up": {
			act: []reply{unknown}, settle: []reply{{err: permanent("no such target")}},
			want: definitions.Inconclusive, reason: "nor could it be looked up: no such target",
			tries: 1, applied: []contract.Applied{contract.AppliedUnknown}, settled: []bool{true},
		},
		"granted to somebody else": {
			act:    []reply{{act: contract.ActResult{Verdict: contract.Unknown, Reason: "the act had been granted to another attempt"}}},
			settle: []reply{{settled: contract.Settled{Verdict: contract.Acted, Granted: true}}},
			want:   definitions.Healed, tries: 1, applied: []contract.Applied{contract.AppliedYes}, settled: []bool{false},
		},
		"the worker died, it was done": {
			act: []reply{timedOut(enumspb.TIMEOUT_TYPE_HEARTBEAT)}, settle: []reply{{settled: contract.Settled{Verdict: contract.Acted, Granted: true}}},
			want: definitions.Healed, tries: 1, applied: []contract.Applied{contract.AppliedYes}, settled: []bool{false},
		},
		"the worker died before the grant": {
			act: []reply{timedOut(enumspb.TIMEOUT_TYPE_HEARTBEAT), acted}, settle: []reply{{settled: contract.Settled{Verdict: contract.NotSent}}},
			want: definitions.Healed, tries: 2, applied: []contract.Applied{contract.AppliedYes}, settled: []bool{false},
		},
		"it took too long and nobody knows": {
			act: []reply{timedOut(enumspb.TIMEOUT_TYPE_START_TO_CLOSE)}, settle: []reply{{err: permanent("no such target")}},
			want: definitions.Inconclusive, reason: "timed out", tries: 1, applied: []contract.Applied{contract.AppliedUnknown}, settled: []bool{false},
		},
		"no worker took it": {
			act: []reply{timedOut(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START)}, want: definitions.Failed,
			reason: "probe.fix could not be done in 3 tries: no worker took it within 30s", tries: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.given = with(with(fixed(), "fix", c.act...), "fix:settle", c.settle...)
			in := input(t, fix)
			e := w.remediate(in)
			if e.Run.Outcome != c.want || !strings.Contains(e.Run.Reason, c.reason) {
				t.Errorf("outcome %s (%s), want %s (%s)", e.Run.Outcome, e.Run.Reason, c.want, c.reason)
			}
			var tries []int
			for i, a := range w.acts {
				tries = append(tries, a.Key.Try)
				if a.Key.RunID != in.RunID || a.Key.Path != "fix" || a.Key.Try != i+1 {
					t.Errorf("key %s", a.Key)
				}
			}
			if len(tries) != c.tries {
				t.Errorf("tries %v, want %d", tries, c.tries)
			}
			var applied []contract.Applied
			for _, a := range e.Run.Acts {
				applied = append(applied, a.Applied)
			}
			if diff := cmp.Diff(c.applied, applied); diff != "" {
				t.Errorf("applied (-want +got):\n%s", diff)
			}
			var settled []bool
			for _, q := range w.settle {
				settled = append(settled, q.Returned)
			}
			if diff := cmp.Diff(c.settled, settled); diff != "" {
				t.Errorf("look-ups (-want +got):\n%s", diff)
			}
			// An act that was or may have been done begins the cooldown; no other does.
			done := slices.Contains(applied, contract.AppliedYes) || slices.Contains(applied, contract.AppliedUnknown)
			if done == e.Finished[0].LastActAt.IsZero() {
				t.Errorf("applied %v, last act at %s", applied, e.Finished[0].LastActAt)
			}
			w.settled(in, e)
		})
	}
}

// The path of an act: the guards before it in its own and the enclosing blocks that hold
// for more than once, the enclosing conditions, and those under which the run would have
// ended before.
func TestActPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = map[string][]reply{
		"a": {{json: good}}, "b": {{json: bad}}, "c": {{json: good}}, "unused": {{json: good}},
		"v": {{json: bad, why: "no"}}, "v.else.d": {{json: good}}, "first.else.x": {{json: good}}, "first": {{json: bad}},
		"v.else.fix": {{json: `{"n": 1}`, act: contract.ActResult{Verdict: contract.Acted}}},
		"well":       {{json: good, held: true}},
	}
	in := input(t, top+`
steps:
  - {name: a, check: probe.look, with: {n: 1}}
  - {name: b, check: probe.look, with: {n: "${a.n + 1}"}}
  - {name: c, check: probe.look, with: {n: 3}}
  - {name: unused, check: probe.look, with: {n: 3}}
  - guard: a.ok
    reason: A is ill.
  - {guard: a.n < 100, once: true}
  - {if: b.ok, stop: no_action}
  - {if: b.n > 100, guard: b.ok}
  - {if: b.n > 200, escalate: Too many.}
  - {if: b.n > 300, notify: default, message: Many.}
  - {if: c.ok, guard: c.n == 7}
  - name: first
    verify: probe.look
    with: {n: 4}
    until: result.ok
    else:
      - {name: x, check: probe.look, with: {n: 5}}
      - guard: x.ok
  - name: v
    if: c.n > 5 && now > alert.starts_at
    verify: probe.look
    with: {n: 6}
    until: result.ok
    else:
      - {name: d, check: probe.look, with: {n: 7}}
      - guard: d.ok && target.name == "cache-prod"
      - {name: fix, if: d.n > 6 && !v.ok, act: probe.fix, with: {n: "${a.n}"}}
      - guard: d.n == 1000
  - {name: well, verify: probe.look, with: {n: 1}, until: result.ok}
`)
	e := w.remediate(in)
	if len(w.acts) != 1 {
		t.Fatalf("%d acts; outcome %s: %s", len(w.acts), e.Run.Outcome, e.Run.Reason)
	}
	act := w.acts[0]
	var conditions, rechecks, kept []string
	for _, c := range act.Conditions {
		text := c.Path + ": " + c.Expr.Source
		if c.Not {
			text = c.Path + ": not " + c.Expr.Source
		}
		conditions = append(conditions, text)
	}
	want := []string{
		"guard#4: a.ok",
		"stop#6: not b.ok",
		"guard#7: not b.n > 100",
		"escalate#8: not b.n > 200",
		"guard#10: c.n == 7",
		"v: c.n > 5 && now > alert.starts_at",
		`v.else.guard#1: d.ok && target.name == "cache-prod"`,
		"v.else.fix: d.n > 6 && !v.ok",
	}
	if diff := cmp.Diff(want, conditions); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	for _, r := range act.Rechecks {
		rechecks = append(rechecks, r.Name+" "+string(r.Call.With.JSON))
		// The type is for evaluation, and its documentation for people: it is left out.
		want := expr.Type{Kind: expr.Object, Fields: []expr.Field{{Name: "ok", Type: expr.Type{Kind: expr.Bool}}, {Name: "n", Type: expr.Type{Kind: expr.Int}}}}
		if diff := cmp.Diff(want, r.Output); diff != "" {
			t.Errorf("type of recheck %s (-want +got):\n%s", r.Name, diff)
		}
	}
	// With the inputs that they had, a verify like a check, each once.
	if diff := cmp.Diff([]string{`a {"n":1}`, `b {"n":8}`, `c {"n":3}`, `d {"n":7}`, `v {"n":6}`}, rechecks); diff != "" {
		t.Errorf("rechecks (-want +got):\n%s", diff)
	}
	for name := range act.Scope {
		kept = append(kept, name)
	}
	slices.Sort(kept)
	if diff := cmp.Diff([]string{"alert", "now", "target"}, kept); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
	if act.Conditions[0].Text != "A is ill." {
		t.Errorf("the guard's reason is lost: %+v", act.Conditions[0])
	}
	// The guard after the act is not part of its path, and ends the run.
	if e.Run.Outcome != definitions.Refused {
		t.Errorf("outcome %s: %s", e.Run.Outcome, e.Run.Reason)
	}
}

// The time and the tries that a step gives its act.
func TestStepTimeoutAndRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "fix", notSent("away"), notSent("away"), reply{act: contract.ActResult{Verdict: contract.Acted}})
	in := input(t, strings.Replace(fix, "retry: {attempts: 3, delay: 5s}", "timeout: 7s, retry: {attempts: 5, delay: 10s, backoff: 3}", 1))
	e := w.remediate(in)
	if e.Run.Outcome != definitions.Healed || w.acts[0].Timeout != 7*time.Second {
		t.Errorf("outcome %s, timeout %s", e.Run.Outcome, w.acts[0].Timeout)
	}
	if got := w.acts[2].ScheduledAt.Sub(w.acts[0].ScheduledAt); got != 40*time.Second {
		t.Errorf("the third try came %s after the first, want 10s + 30s", got)
	}
	if step := e.Run.Steps[2]; step.Attempts != 3 || step.Status != contract.StepDone {
		t.Errorf("step %+v", step)
	}
}

// A run that is stopped while its act is on its way finds out what became of it.
func TestStoppedWhileActing(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(w *world){
		"by a person":        func(w *world) { w.env.SignalWorkflow(contract.CancelSignal, contract.Cancel{Reason: "stop"}) },
		"in Temporal":        func(w *world) { w.env.CancelWorkflow() },
		"by the run's time ": func(*world) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			// The test environment answers a cancelled activity with its cancellation at once,
			// as Temporal does for one that no worker has begun.
			w.given = with(with(fixed(), "fix", reply{act: contract.ActResult{Verdict: contract.Acted}, took: 20 * time.Minute}),
				"fix:settle", reply{settled: contract.Settled{Verdict: contract.Acted, Granted: true}, took: time.Minute})
			in := input(t, fix)
			w.after(30*time.Second, func() { stop(w) })
			e := w.remediate(in)
			want := definitions.Cancelled
			if name == "by the run's time " {
				want = definitions.Inconclusive
			}
			if e.Run.Outcome != want || len(e.Run.Acts) != 1 || e.Run.Acts[0].Applied != contract.AppliedYes || len(w.settle) != 1 {
				t.Errorf("outcome %s (%s), acts %+v, look-ups %d", e.Run.Outcome, e.Run.Reason, e.Run.Acts, len(w.settle))
			}
			w.settled(in, e)
		})
	}
}

// A run that was stopped while its act looked again was stopped, not refused.
func TestStoppedIsNotRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(with(fixed(), "fix", reply{took: time.Hour}), "fix:settle", reply{settled: contract.Settled{Verdict: contract.NotSent}})
	w.after(30*time.Second, func() { w.env.SignalWorkflow(contract.CancelSignal, contract.Cancel{Reason: "stop"}) })
	in := input(t, fix)
	e := w.remediate(in)
	if e.Run.Outcome != definitions.Cancelled || len(e.Run.Acts) != 0 || !e.Finished[0].LastActAt.IsZero() {
		t.Errorf("outcome %s (%s), acts %+v", e.Run.Outcome, e.Run.Reason, e.Run.Acts)
	}
	w.settled(in, e)
}
