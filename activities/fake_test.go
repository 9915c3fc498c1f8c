package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"redress/activities"
	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

type lookInput struct {
	N int `json:"n" doc:"a number"`
}

type lookOutput struct {
	OK activities.Maybe[bool] `json:"ok,omitzero" doc:"whether it is well"`
	N  int                    `json:"n" doc:"the number"`
}

type fixOutput struct {
	Was int `json:"was" doc:"the number before"`
}

// lab holds a read, a change, a fleet and the people around them, all scripted.
type lab struct {
	look    func(ctx context.Context, n int) (lookOutput, error)
	fix     func(ctx context.Context) (fixOutput, error)
	applied func(ctx context.Context) (activities.Finding, error)
	grant   func(ctx context.Context, g contract.Grant) (contract.Answer, error)
	void    func(ctx context.Context, v contract.Void) (contract.Voided, error)
	byWhom  func(ctx context.Context, alerts []contract.Alert) (string, error)

	looks  []int            // the inputs
	grants []contract.Grant // what the fleet was asked
	voids  []contract.Void
	sent   int // how often the change reached its system
}

func newLab() *lab {
	l := &lab{}
	l.look = func(_ context.Context, n int) (lookOutput, error) {
		return lookOutput{OK: activities.Known(false), N: n}, nil
	}
	l.fix = func(ctx context.Context) (fixOutput, error) {
		if err := activities.Sending(ctx); err != nil {
			return fixOutput{}, err
		}
		l.sent++
		return fixOutput{Was: 1}, nil
	}
	l.applied = func(context.Context) (activities.Finding, error) {
		return activities.Finding{Applied: contract.AppliedYes, Why: "the number is 2"}, nil
	}
	l.grant = func(_ context.Context, g contract.Grant) (contract.Answer, error) {
		return contract.Answer{OK: true, Holder: g.Holder}, nil
	}
	l.void = func(context.Context, contract.Void) (contract.Voided, error) {
		return contract.Voided{Granted: true, GrantedAt: time.Now()}, nil
	}
	l.byWhom = func(context.Context, []contract.Alert) (string, error) { return "", nil }
	return l
}

func (l *lab) Grant(ctx context.Context, g contract.Grant) (contract.Answer, error) {
	l.grants = append(l.grants, g)
	return l.grant(ctx, g)
}

func (l *lab) Void(ctx context.Context, v contract.Void) (contract.Voided, error) {
	l.voids = append(l.voids, v)
	return l.void(ctx, v)
}

func (l *lab) Suppressed(ctx context.Context, _ string, alerts []contract.Alert) (string, error) {
	return l.byWhom(ctx, alerts)
}

// activity returns the activity of that name, with the types of its message and answer.
func activity[In, Out any](t *testing.T, l *lab, name string) func(context.Context, In) (Out, error) {
	t.Helper()
	for _, b := range l.runner(t).Activities() {
		if b.Name != name {
			continue
		}
		do, ok := b.Do.(func(context.Context, In) (Out, error))
		if !ok {
			t.Fatalf("%s is a %T", name, b.Do)
		}
		return do
	}
	t.Fatalf("there is no activity %s", name)
	return nil
}

func (l *lab) runner(t *testing.T) *activities.Runner {
	t.Helper()
	reg, err := activities.NewRegistry(
		activities.Read(activities.Spec{Name: "probe.look", Timeout: 5 * time.Second}, func(ctx context.Context, _ activities.Call, in lookInput) (lookOutput, error) {
			l.looks = append(l.looks, in.N)
			return l.look(ctx, in.N)
		}),
		activities.Change(activities.Spec{Name: "probe.fix"}, func(ctx context.Context, _ activities.Call, _ lookInput) (fixOutput, error) {
			return l.fix(ctx)
		}, func(ctx context.Context, _ contract.Act, _ lookInput) (activities.Finding, error) {
			return l.applied(ctx)
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return &activities.Runner{Registry: reg, Admission: l, HandsOff: l}
}

func object(text string) expr.Value { return expr.Value{JSON: json.RawMessage(text)} }

func expression(source string) definitions.Expr { return definitions.Expr{Source: source} }

// lookType is what the workflow pinned of probe.look's output.
func lookType() expr.Type {
	return expr.Type{Kind: expr.Object, Fields: []expr.Field{
		{Name: "ok", Type: expr.Type{Kind: expr.Bool}, Optional: true}, {Name: "n", Type: expr.Type{Kind: expr.Int}},
	}}
}

// theAct is an act on a guard over a check, in time.
func theAct() contract.Act {
	call := contract.Call{RunID: "r1", Target: contract.TargetRef{Name: "cache"}, Path: "fix", Action: "probe.fix", With: object(`{"n": 2}`)}
	return contract.Act{
		Call: call, Key: contract.ActKey{RunID: "r1", Path: "fix", Try: 1}, Timeout: time.Minute, Deadline: time.Now().Add(10 * time.Minute),
		Alerts: []contract.Alert{{Fingerprint: "a1", Status: contract.Firing}},
		Rechecks: []contract.Recheck{{
			Name: "look", Output: lookType(),
			Call: contract.Call{RunID: "r1", Target: call.Target, Path: "look", Action: "probe.look", With: object(`{"n": 7}`)},
		}},
		Conditions: []contract.Condition{{Expr: expression("!look.ok"), Path: "guard#1"}},
		Scope:      expr.Scope{"labels": {Type: expr.MapOf(expr.Type{Kind: expr.String}), Value: object(`{"env": "prod"}`)}},
	}
}

// errReset is a failure of which nobody said more.
var errReset = errors.New("connection reset")

func failing(err error) func(context.Context) (fixOutput, error) {
	return func(context.Context) (fixOutput, error) { return fixOutput{}, err }
}

// after fails once it has begun to send.
func after(err error) func(context.Context) (fixOutput, error) {
	return func(ctx context.Context) (fixOutput, error) {
		if e := activities.Sending(ctx); e != nil {
			return fixOutput{}, fmt.Errorf("too late: %w", e)
		}
		return fixOutput{Was: 9}, err
	}
}
