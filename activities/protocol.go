package activities

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"time"

	"redress/definitions/expr"
	"redress/internal/contract"
)

// grantWithin bounds the question to the fleet; an act that was not admitted by then
// is not sent.
const grantWithin = 10 * time.Second

// act does one try of a change by the act protocol: look again, ask the fleet, send,
// and answer with a verdict. It returns an error never: whatever goes wrong is a
// refusal, a "not sent" or an unknown outcome. Temporal does not repeat it.
func (r *Runner) act(ctx context.Context, a Action, act contract.Act) (contract.ActResult, error) {
	defer heartbeat(ctx)()
	res := contract.ActResult{Fresh: map[string]expr.Value{}}
	if reason := r.again(ctx, act, res.Fresh); reason != "" {
		res.Verdict, res.Reason = contract.Refusal, reason
		return res, nil
	}
	if verdict, reason := r.admit(ctx, a, act); verdict != "" {
		res.Verdict, res.Reason = verdict, reason
		return res, nil
	}
	res.Granted = true
	// A cancellation after the grant would leave the outcome in the dark: the action
	// runs to its end or to its own deadline.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), act.Timeout,
		fmt.Errorf("%s took longer than %s", a.Name, act.Timeout))
	defer cancel()
	ctx, sending := withSent(ctx)
	out, err := a.do(ctx, act.Call)
	res.Output, res.SentAt = out, sending.when()
	switch class := classOf(err); {
	case err == nil:
		res.Verdict = contract.Acted
	case class == refusal:
		res.Verdict, res.Reason = contract.Refusal, err.Error()
	case class == notDone, res.SentAt.IsZero() && class == transient:
		res.Verdict, res.Reason = contract.NotSent, err.Error()
	case res.SentAt.IsZero():
		res.Verdict, res.Reason = contract.Refusal, err.Error()
	default:
		res.Verdict, res.Reason = contract.Unknown, err.Error()
	}
	r.Log.InfoContext(ctx, "act ended", "run", act.RunID, "target", act.Target.Name, "step", act.Path,
		"action", a.Name, "try", act.Key.Try, "verdict", string(res.Verdict), "reason", res.Reason)
	return res, nil
}

// again looks at everything that the act depends on once more, on fresh data. It
// returns why the act must not be done; "" when nothing speaks against it.
func (r *Runner) again(ctx context.Context, act contract.Act, fresh map[string]expr.Value) string {
	if now := r.now(); !act.Deadline.IsZero() && !now.Before(act.Deadline) {
		return fmt.Sprintf("the run's time was over at %s", act.Deadline.UTC().Format(time.RFC3339))
	}
	scope := r.scopeAt(act.Scope)
	for _, rc := range act.Rechecks {
		a, ok := r.Registry.Action(rc.Call.Action)
		if !ok {
			return fmt.Sprintf("looking again at %s: this worker has no action %s", rc.Name, rc.Call.Action)
		}
		value, err := r.read(ctx, a, rc.Call)
		if err != nil {
			return fmt.Sprintf("looking again at %s failed: %v", rc.Name, err)
		}
		fresh[rc.Name] = value
		maps.Copy(scope, expr.Scope{rc.Name: {Type: rc.Output, Value: value}})
	}
	for _, c := range act.Conditions {
		holds, err := expr.Holds(c.Expr.Source, scope)
		switch {
		case err != nil && isUnknown(err):
			return fmt.Sprintf("looked at again before the act: %s", expr.Explain(c.Expr.Source, scope))
		case err != nil:
			return fmt.Sprintf("looked at again before the act: %s: %v", c.Expr.Source, err)
		case holds == c.Not:
			return fmt.Sprintf("looked at again before the act: %s", expr.Explain(c.Expr.Source, scope))
		}
	}
	if r.HandsOff == nil || len(act.Alerts) == 0 {
		return ""
	}
	by, err := r.HandsOff.Suppressed(ctx, act.RunID, act.Alerts)
	switch {
	case err != nil:
		return fmt.Sprintf("cannot tell whether somebody has taken over: %v", err)
	case by != "":
		return by
	}
	return ""
}

// admit asks the fleet for the act's key. An empty verdict means granted, to us.
func (r *Runner) admit(ctx context.Context, a Action, act contract.Act) (contract.Verdict, string) {
	ctx, cancel := context.WithTimeoutCause(ctx, grantWithin, fmt.Errorf("the fleet did not answer in %s", grantWithin))
	defer cancel()
	holder := rand.Text()
	answer, err := r.Admission.Grant(ctx, contract.Grant{
		Key: act.Key, Target: act.Target.Name, Action: a.Name, Holder: holder,
	})
	switch {
	case err != nil:
		return contract.NotSent, fmt.Sprintf("ask the fleet: %v", err)
	case !answer.OK:
		return contract.Refusal, answer.Reason
	case answer.Holder != holder:
		// Temporal repeated an answer that was somebody else's: that one may have sent.
		return contract.Unknown, "the act had been granted to another attempt"
	}
	return "", ""
}

// settle looks up what became of an act whose answer was lost. Its key is taken out
// of use first, so that nobody sends it from here on; when it had never been granted,
// nothing was sent. Else it waits until the act must have ended, and asks the action.
func (r *Runner) settle(ctx context.Context, a Action, q contract.Settle) (contract.Settled, error) {
	defer heartbeat(ctx)()
	v, err := r.Admission.Void(ctx, contract.Void{Key: q.Key, Target: q.Target.Name})
	if err != nil {
		return contract.Settled{}, fmt.Errorf("take the act out of use: %w", err)
	}
	if !v.Granted {
		return contract.Settled{Verdict: contract.NotSent, Reason: "it was never admitted, so nothing was sent"}, nil
	}
	over := v.GrantedAt.Add(q.Timeout)
	if q.Returned {
		over = r.now()
	}
	select {
	case <-ctx.Done():
		return contract.Settled{}, fmt.Errorf("settle %s: %w", a.Name, context.Cause(ctx))
	case <-time.After(max(0, over.Sub(r.now()))):
	}
	ctx, cancel := context.WithTimeout(ctx, a.Timeout)
	defer cancel()
	found, err := a.applied(ctx, q.Act)
	if err != nil {
		if IsPermanent(err) {
			return contract.Settled{Verdict: contract.Unknown, Granted: true, Reason: err.Error()}, nil
		}
		return contract.Settled{}, fmt.Errorf("look whether %s was applied: %w", a.Name, err)
	}
	s := contract.Settled{Granted: true, Reason: found.Why}
	switch found.Applied {
	case contract.AppliedYes:
		s.Verdict = contract.Acted
	case contract.AppliedNo:
		s.Verdict = contract.NotSent
	default:
		s.Verdict = contract.Unknown
	}
	return s, nil
}
