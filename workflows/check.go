package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// checkAttempts is how often a check is tried when its step does not say.
const checkAttempts = 3

// check looks once, and gives the result to later steps.
func (r *run) check(ctx workflow.Context, s definitions.Step, rec *record) *end {
	call, e := r.call(ctx, s, s.Check.Call, rec)
	if e != nil {
		return e
	}
	out, _ := r.outputOf(s)
	timeout := time.Duration(s.Timeout)
	if timeout == 0 {
		timeout = checkTimeout
	}
	var value expr.Value
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: r.in.Target.TaskQueue, Summary: title(s),
		StartToCloseTimeout: timeout,
		RetryPolicy:         retryPolicy(s.Retry, checkAttempts),
	}), call.Action, call).Get(ctx, &value)
	if err != nil {
		rec.fail(ctx, cause(err))
		return r.failed(ctx, s.Path, err)
	}
	r.scope.set(s.Name, out, value)
	r.scope.recorded(s.Name, call)
	rec.done(ctx, value)
	return nil
}

// call evaluates what a step gives to its action. An unknown value refuses.
func (r *run) call(ctx workflow.Context, s definitions.Step, c definitions.Call, rec *record) (contract.Call, *end) {
	with, err := r.input(ctx, c.With)
	if err != nil {
		rec.refuse(ctx, err.Error())
		return contract.Call{}, &end{outcome: definitions.Refused, reason: s.Path + ": with: " + err.Error()}
	}
	rec.step().Action, rec.step().Input = c.Action, with.JSON
	return contract.Call{RunID: r.view.ID, Target: r.in.Target, Path: s.Path, Action: c.Action, With: with}, nil
}

// title is what the Temporal UI shows of a step.
func title(s definitions.Step) string {
	name := s.Title
	if name == "" {
		name = s.Path
	}
	return clip(name, 190) // Temporal takes summaries of up to 200 bytes
}
