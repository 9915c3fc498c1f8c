package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// actAttempts is how often an act of which it is certain that nothing was done is
// tried again, when its step does not say.
const actAttempts = 3

// settleAttempts is how often it is tried to find out what became of an act: for some
// ten minutes, as long as a worker is there.
const settleAttempts = 15

// act changes something, by the act protocol. In mode observe it says what it would
// have done, and the run ends there.
func (r *run) act(ctx workflow.Context, f *frame, s definitions.Step, rec *record) *end {
	if r.resolved() {
		r.skipAct(ctx, s, rec)
		return nil
	}
	call, e := r.call(ctx, s, s.Act.Call, rec)
	if e != nil {
		return e
	}
	if r.in.Mode != definitions.Auto {
		return r.would(ctx, call, rec)
	}
	attempts := actAttempts
	if s.Retry != nil {
		attempts = s.Retry.Attempts
	}
	delay := retryPolicy(s.Retry, attempts)
	wait := delay.InitialInterval
	for try := 1; ; try++ {
		rec.step().Attempts = try
		res := r.try(ctx, f, s, call, try)
		switch res.Verdict {
		case contract.Acted:
			out, _ := r.outputOf(s)
			r.scope.set(s.Name, out, res.Output)
			rec.done(ctx, res.Output)
			return nil
		case contract.Refusal:
			if ctx.Err() != nil {
				rec.fail(ctx, res.Reason)
				return r.interrupted()
			}
			rec.refuse(ctx, res.Reason)
			return &end{outcome: definitions.Refused, reason: r.refusal(s, res.Reason)}
		case contract.Unknown:
			rec.fail(ctx, res.Reason)
			return &end{outcome: definitions.Inconclusive, reason: fmt.Sprintf("whether %s was done cannot be told: %s", call.Action, res.Reason)}
		case contract.NotSent:
		}
		if ctx.Err() != nil {
			rec.fail(ctx, res.Reason)
			return r.interrupted()
		}
		if try >= attempts {
			rec.fail(ctx, res.Reason)
			return &end{outcome: definitions.Failed, reason: fmt.Sprintf("%s could not be done in %d tries: %s", call.Action, try, res.Reason)}
		}
		if err := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{Summary: "before the next try of " + s.Path}).Get(ctx, nil); err != nil {
			rec.fail(ctx, res.Reason)
			return r.interrupted()
		}
		wait = min(time.Duration(float64(wait)*delay.BackoffCoefficient), delay.MaximumInterval)
		if r.resolved() {
			r.skipAct(ctx, s, rec)
			return nil
		}
	}
}

// skipAct leaves an act out because the alerts of the run are gone: what is healing
// by itself is not touched, only verified.
func (r *run) skipAct(ctx workflow.Context, s definitions.Step, rec *record) {
	const why = "the alerts have resolved: no more acts"
	rec.skip(ctx, why)
	if t, ok := r.outputOf(s); ok {
		r.scope.set(s.Name, t, expr.Value{Unknown: map[string]string{"": "not done: " + why}})
	}
}

// would notes the act that mode observe leaves undone, and ends the run.
func (r *run) would(ctx workflow.Context, call contract.Call, rec *record) *end {
	r.view.Acts = append(r.view.Acts, contract.RunAct{
		Step: call.Path, Action: call.Action, Input: call.With.JSON, Try: 1,
		At: workflow.Now(ctx).UTC(), Applied: contract.AppliedWould,
	})
	rec.skip(ctx, "mode observe: not done")
	return &end{outcome: definitions.Observed, reason: fmt.Sprintf("would have done %s with %s", call.Action, inWords(call.With.JSON))}
}

// inWords prints an action's input for people.
func inWords(input json.RawMessage) string {
	if len(input) == 0 || string(input) == "{}" {
		return "no input"
	}
	return string(input)
}

// try does one try and settles it when its outcome is not known. Its answer is final.
func (r *run) try(ctx workflow.Context, f *frame, s definitions.Step, call contract.Call, try int) contract.ActResult {
	act := r.actRequest(ctx, f, s, call, try)
	if ctx.Err() != nil {
		return contract.ActResult{Verdict: contract.NotSent, Reason: "the run was stopped before it"}
	}
	r.publish(ctx)
	began := workflow.Now(ctx).UTC()
	var res contract.ActResult
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: r.in.Target.TaskQueue, Summary: title(s),
		ScheduleToStartTimeout: actStart,
		StartToCloseTimeout:    actReads + act.Timeout,
		HeartbeatTimeout:       heartbeat,
		WaitForCancellation:    true,
		RetryPolicy:            onceOnly(),
	}), call.Action, act).Get(ctx, &res)
	switch {
	case err != nil && neverStarted(err):
		res = contract.ActResult{Verdict: contract.NotSent, Reason: fmt.Sprintf("no worker took it within %s", actStart)}
	case err != nil:
		res = contract.ActResult{Verdict: contract.Unknown, Reason: cause(err)}
	}
	if res.Verdict == contract.Unknown {
		// Only who was granted the act and has answered is known to be done with it.
		returned := err == nil && res.Granted
		res = r.settle(ctx, s, contract.Settle{Act: act, Returned: returned}, res)
	}
	r.noteAct(call, try, began, res)
	return res
}

// actRequest puts together what an act needs to look at everything again.
func (r *run) actRequest(ctx workflow.Context, f *frame, s definitions.Step, call contract.Call, try int) contract.Act {
	var names []string
	for _, c := range f.conditions {
		names = append(names, c.Expr.Names...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	out, _ := r.outputOf(s)
	act := contract.Act{
		Call: call, Output: out, Conditions: f.conditions, Alerts: r.alerts,
		Key:     contract.ActKey{RunID: r.view.ID, Path: s.Path, Try: try},
		Timeout: time.Duration(s.Timeout), Deadline: r.deadline, ScheduledAt: workflow.Now(ctx).UTC(),
	}
	if act.Timeout == 0 {
		act.Timeout = actTimeout
	}
	var kept []string
	for _, name := range names {
		read, ok := r.scope.read(name)
		if !ok {
			kept = append(kept, name)
			continue
		}
		out, _ := r.output(read.Call.Action)
		act.Rechecks = append(act.Rechecks, contract.Recheck{Name: name, Call: read.Call, Output: out})
	}
	act.Scope = r.names(ctx, kept)
	return act
}

// neverStarted reports whether Temporal gave up waiting for a worker: an activity that
// was not begun by then is given to none.
func neverStarted(err error) bool {
	var late *temporal.TimeoutError
	return errors.As(err, &late) && late.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START
}

// settle finds out what became of an act whose outcome is unknown. It goes on even
// when the run is stopped meanwhile, and waits for a worker as long as it takes: an
// act is never left in the dark. Only a look-up that fails again and again gives up.
func (r *run) settle(ctx workflow.Context, s definitions.Step, q contract.Settle, res contract.ActResult) contract.ActResult {
	safe, _ := workflow.NewDisconnectedContext(ctx)
	var settled contract.Settled
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(safe, workflow.ActivityOptions{
		TaskQueue: r.in.Target.TaskQueue, Summary: "what became of " + title(s) + "?",
		StartToCloseTimeout: q.Timeout + time.Minute,
		HeartbeatTimeout:    heartbeat,
		RetryPolicy:         retryPolicy(nil, settleAttempts),
	}), contract.SettleActivity(q.Action), q).Get(safe, &settled)
	if err != nil {
		res.Granted = true // as far as anybody knows
		res.Reason += "; nor could it be looked up: " + cause(err)
		return res
	}
	res.Verdict = settled.Verdict
	if settled.Verdict == contract.Acted {
		res.Output = expr.Value{Unknown: map[string]string{"": "the act's answer was lost; that it was done was found afterwards: " + settled.Reason}}
		if res.SentAt.IsZero() {
			res.SentAt = workflow.Now(ctx).UTC()
		}
	}
	if settled.Reason != "" {
		res.Reason += "; looked up: " + settled.Reason
	}
	res.Granted = settled.Granted
	return res
}

// noteAct keeps the books of granted acts.
func (r *run) noteAct(call contract.Call, try int, began time.Time, res contract.ActResult) {
	if res.Verdict == contract.Refusal || !res.Granted {
		return
	}
	a := contract.RunAct{Step: call.Path, Action: call.Action, Input: call.With.JSON, Try: try, At: began, Reason: res.Reason}
	if !res.SentAt.IsZero() {
		a.At = res.SentAt.UTC()
	}
	switch res.Verdict {
	case contract.Acted:
		a.Applied = contract.AppliedYes
	case contract.Unknown:
		a.Applied = contract.AppliedUnknown
	default:
		a.Applied = contract.AppliedNo
	}
	r.view.Acts = append(r.view.Acts, a)
	if a.Applied == contract.AppliedNo {
		return
	}
	r.acted, r.proved, r.lastAct = true, false, a.At
	if r.view.FirstActAt == nil {
		r.view.FirstActAt = &a.At
	}
}

// refusal says why an act was not done.
func (r *run) refusal(s definitions.Step, reason string) string {
	return fmt.Sprintf("%s was not done: %s", s.Act.Action, reason)
}
