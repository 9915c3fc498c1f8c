package workflows

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// pollSlack is the time beyond its deadline that a poll has for its last look.
const pollSlack = 30 * time.Second

// verify polls a read until its condition has held long enough. When it did not hold
// in time, the `else` steps run and the run goes on; without them it ends.
func (r *run) verify(ctx workflow.Context, f *frame, s definitions.Step, rec *record) *end {
	v := s.Verify
	call, e := r.call(ctx, s, v.Call, rec)
	if e != nil {
		return e
	}
	within, err := r.within(ctx, v.Within)
	if err != nil {
		rec.refuse(ctx, err.Error())
		return &end{outcome: definitions.Refused, reason: s.Path + ": within: " + err.Error()}
	}
	out, _ := r.outputOf(s)
	poll := contract.Poll{
		Call: call, Until: v.Until, Output: out, Scope: r.names(ctx, v.Until.Names),
		Every: time.Duration(v.Every), Stable: time.Duration(v.Stable), Timeout: time.Duration(s.Timeout),
		Deadline: workflow.Now(ctx).Add(within).UTC(),
	}
	delete(poll.Scope, "now") // the poll has its own clock
	var polled contract.Polled
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: r.in.Target.TaskQueue, Summary: title(s),
		StartToCloseTimeout: within + pollSlack,
		HeartbeatTimeout:    heartbeat,
		RetryPolicy:         again(),
	}), contract.VerifyActivity(call.Action), poll).Get(ctx, &polled)
	if err != nil {
		rec.fail(ctx, cause(err))
		return r.failed(ctx, s.Path, err)
	}
	if len(polled.Value.JSON) == 0 && len(polled.Value.Unknown) == 0 {
		polled.Value.Unknown = map[string]string{"": polled.Error}
	}
	r.scope.set(s.Name, out, polled.Value)
	r.scope.recorded(s.Name, call)
	rec.polled(ctx, polled)
	if polled.Held {
		now := workflow.Now(ctx).UTC()
		r.proved, r.view.HealedAt = true, &now
		return nil
	}
	r.proved = false
	if v.HasElse {
		return r.block(ctx, f.nested(), v.Else)
	}
	reason := fmt.Sprintf("%s did not hold within %s: %s", s.Path, definitions.Duration(within), polled.Why)
	if r.acted {
		return &end{outcome: definitions.Ineffective, reason: reason}
	}
	return &end{outcome: definitions.Failed, reason: reason}
}

// within evaluates how long a verify may take.
func (r *run) within(ctx workflow.Context, a definitions.Arg) (time.Duration, error) {
	raw, err := r.arg(ctx, a)
	if err != nil {
		return 0, err
	}
	var d definitions.Duration
	if err := json.Unmarshal(raw, &d); err != nil {
		return 0, fmt.Errorf("%s is no duration: %w", raw, err)
	}
	return time.Duration(d), nil
}
