package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// Admission is the fleet, as seen from activities.
type Admission interface {
	// Grant asks for one act. An answer that is not OK refuses; an error means that
	// the fleet was not reached, and leaves open whether the key was granted.
	Grant(ctx context.Context, g contract.Grant) (contract.Answer, error)
	// Void takes a key out of use, and tells whether it had been granted.
	Void(ctx context.Context, v contract.Void) (contract.Voided, error)
}

// HandsOff tells whether people, or Alertmanager's own rules, suppress an alert.
type HandsOff interface {
	// Suppressed returns in words who suppresses one of the alerts, silences of the run
	// itself left out; "" when nobody does. Not knowing is an error.
	Suppressed(ctx context.Context, runID string, alerts []contract.Alert) (string, error)
}

// Runner runs actions for workflows.
type Runner struct {
	Registry  *Registry
	Admission Admission
	HandsOff  HandsOff
	Log       *slog.Logger     // nil = discard
	Now       func() time.Time // nil = time.Now
}

// Bound is an activity function with the name under which workflows call it.
type Bound struct {
	Name string
	Do   any
}

// Activities returns every action bound to the names under which workflows call it:
// a read under its own name and, to be polled, under [contract.VerifyActivity]; a
// change under its own name, by the act protocol, and under [contract.SettleActivity].
func (r *Runner) Activities() []Bound {
	var bound []Bound
	for _, name := range r.Registry.ActionNames() {
		a, _ := r.Registry.Action(name)
		switch a.Effect {
		case definitions.Read:
			bound = append(bound,
				Bound{name, func(ctx context.Context, call contract.Call) (expr.Value, error) {
					v, err := a.do(ctx, call) // the activity's own timeout bounds it
					return v, ToTemporal(err)
				}},
				Bound{contract.VerifyActivity(name), func(ctx context.Context, p contract.Poll) (contract.Polled, error) {
					return r.poll(ctx, a, p)
				}})
		case definitions.Change:
			bound = append(bound,
				Bound{name, func(ctx context.Context, act contract.Act) (contract.ActResult, error) {
					return r.act(ctx, a, act)
				}},
				Bound{contract.SettleActivity(name), func(ctx context.Context, q contract.Settle) (contract.Settled, error) {
					s, err := r.settle(ctx, a, q)
					return s, ToTemporal(err)
				}})
		}
	}
	return bound
}

// read calls a read action once, inside of the given time; 0 = the action's own.
func (r *Runner) read(ctx context.Context, a Action, call contract.Call, within time.Duration) (expr.Value, error) {
	within = cmp.Or(within, a.Timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("%s took longer than %s", a.Name, within))
	defer cancel()
	return a.do(ctx, call)
}

// ToTemporal tells Temporal which errors a repetition cannot mend.
func ToTemporal(err error) error {
	if err == nil || !IsPermanent(err) {
		return err
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), "permanent", err)
}

func (r *Runner) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}

func (r *Runner) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

// heartbeat tells Temporal that the activity lives, until stop is called.
func heartbeat(ctx context.Context) (stop func()) {
	if !activity.IsActivity(ctx) {
		return func() {}
	}
	return Heartbeat(ctx, func(ctx context.Context) { activity.RecordHeartbeat(ctx) })
}

// scopeAt returns the scope with the activity's own clock as `now`.
func (r *Runner) scopeAt(scope expr.Scope) expr.Scope {
	s := make(expr.Scope, len(scope)+1)
	for k, v := range scope {
		s[k] = v
	}
	now, err := r.now().UTC().Truncate(time.Millisecond).MarshalJSON()
	if err == nil {
		s["now"] = expr.Var{Type: expr.Type{Kind: expr.Timestamp}, Value: expr.Value{JSON: now}}
	}
	return s
}

// isUnknown reports whether an evaluation failed for want of a fact.
func isUnknown(err error) bool {
	var u *expr.UnknownError
	return errors.As(err, &u)
}
