package activities

import (
	"context"
	"fmt"
	"maps"
	"time"

	"redress/definitions/expr"
	"redress/internal/contract"
)

// poll repeats a read until its condition has held for p.Stable without a break. A
// read that fails, or a fact that is unknown, breaks the hold and the poll goes on:
// both are what a healing system looks like. It looks at least once, and for the last
// time when the deadline has come.
func (r *Runner) poll(ctx context.Context, a Action, p contract.Poll) (contract.Polled, error) {
	defer heartbeat(ctx)()
	var (
		out   contract.Polled
		since time.Time // the condition has held from here; zero = it does not hold
	)
	for {
		began := r.now()
		held, err := r.look(ctx, a, p, &out)
		if err != nil {
			return out, ToTemporal(err)
		}
		out.Polls++
		switch {
		case !held:
			since = time.Time{}
		case since.IsZero():
			since = r.now()
		}
		if held && r.now().Sub(since) >= p.Stable {
			out.Held, out.Why = true, ""
			return out, nil
		}
		if held {
			out.Why = fmt.Sprintf("it held, but not yet for %s", p.Stable)
		}
		if !began.Before(p.Deadline) {
			return out, nil
		}
		next := began.Add(p.Every)
		if held && since.Add(p.Stable).Before(next) {
			next = since.Add(p.Stable) // no later than needed
		}
		if next.After(p.Deadline) {
			next = p.Deadline // one last look
		}
		select {
		case <-ctx.Done():
			return out, fmt.Errorf("poll %s: %w", a.Name, context.Cause(ctx))
		case <-time.After(max(0, next.Sub(r.now()))):
		}
	}
}

// look does one poll. It leaves the result in out and returns whether the condition holds.
func (r *Runner) look(ctx context.Context, a Action, p contract.Poll, out *contract.Polled) (bool, error) {
	value, err := r.read(ctx, a, p.Call, p.Timeout)
	if err != nil {
		if IsPermanent(err) {
			return false, err
		}
		out.Error, out.Why = err.Error(), "the last look failed: "+err.Error()
		return false, nil
	}
	out.Value, out.Error = value, ""
	scope := r.scopeAt(p.Scope)
	maps.Copy(scope, expr.Scope{"result": {Type: p.Output, Value: value}})
	held, err := expr.Holds(p.Until.Source, scope)
	if err != nil && !isUnknown(err) {
		return false, Permanent(fmt.Errorf("until: %w", err))
	}
	if err != nil || !held {
		out.Why = expr.Explain(p.Until.Source, scope)
		return false, nil //nolint:nilerr // an unknown condition goes on polling
	}
	return true, nil
}
