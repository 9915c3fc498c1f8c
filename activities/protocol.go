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
		if err := ctx.Err(); err != nil {
			res.Verdict = contract.NotSent // a stopped run, not a reason that stands
		}
		return res, nil
	}
	// The act's time runs from before the question: the moment of the grant, from which a
	// settle reckons, must not lie before it when the answer is slow.
	deadline := time.Now().Add(act.Timeout)
	if verdict, reason := r.admit(ctx, a, act); verdict != "" {
		res.Verdict, res.Reason = verdict, reason
		return res, nil
	}
	res.Granted = true
	// A cancellation after the grant would leave the outcome in the dark: the action
	// runs to its end or to its own deadline.
	ctx, cancel := context.WithDeadlineCause(context.WithoutCancel(ctx), deadline,
		fmt.Errorf("%s took longer than %s", a.Name, act.Timeout))
	defer cancel()
	ctx, sending := withSent(ctx)
	out, err := a.do(ctx, act.Call)
	res.SentAt = sending.when()
	if res.Verdict = verdictOf(err, !res.SentAt.IsZero()); err != nil {
		res.Reason = err.Error()
	} else {
		res.Output = out
	}
	r.log().InfoContext(ctx, "act ended", "run", act.RunID, "target", act.Target.Name, "step", act.Path,
		"action", a.Name, "try", act.Key.Try, "verdict", string(res.Verdict), "reason", res.Reason)
	return res, nil
}

// verdictOf tells what became of an act whose action returned err, after it had begun
// to send or before.
func verdictOf(err error, sent bool) contract.Verdict {
	class := classOf(err)
	switch {
	case err == nil:
		return contract.Acted
	case class == notDone, !sent && class == transient:
		return contract.NotSent
	case sent:
		return contract.Unknown // whatever the action calls it
	default:
		return contract.Refusal
	}
}

// again looks at everything that the act depends on once more, on fresh data. It
// returns why the act must not be done; "" when nothing speaks against it.
func (r *Runner) again(ctx context.Context, act contract.Act, fresh map[string]expr.Value) string {
	if reason := r.late(act); reason != "" {
		return reason
	}
	scope := r.scopeAt(act.Scope)
	for _, rc := range act.Rechecks {
		a, ok := r.Registry.Action(rc.Call.Action)
		if !ok {
			return fmt.Sprintf("looking again at %s: this worker has no action %s", rc.Name, rc.Call.Action)
		}
		value, err := r.read(ctx, a, rc.Call, 0)
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
	if r.HandsOff != nil && len(act.Alerts) > 0 {
		by, err := r.HandsOff.Suppressed(ctx, act.RunID, act.Alerts)
		switch {
		case err != nil:
			return fmt.Sprintf("cannot tell whether somebody has taken over: %v", err)
		case by != "":
			return by
		}
	}
	return r.late(act) // looking took its time
}

// late says that the run's time is over; "" when it is not.
func (r *Runner) late(act contract.Act) string {
	if act.Deadline.IsZero() || r.now().Before(act.Deadline) {
		return ""
	}
	return fmt.Sprintf("the run's time was over at %s", act.Deadline.UTC().Format(time.RFC3339))
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
	now := v.Now // of the fleet, as the time of the grant: clocks may differ
	if now.IsZero() {
		now = r.now() // a fleet that does not tell
	}
	left := q.Timeout - now.Sub(v.GrantedAt)
	if q.Returned {
		left = 0
	}
	select {
	case <-ctx.Done():
		return contract.Settled{}, fmt.Errorf("settle %s: %w", a.Name, context.Cause(ctx))
	case <-time.After(max(0, left)):
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
