package activities_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdkactivity "go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"redress/activities"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// Every action is bound to the names under which workflows call it.
func TestActivityNames(t *testing.T) {
	t.Parallel()
	var names []string
	for _, b := range newLab().runner(t).Activities() {
		names = append(names, b.Name)
	}
	want := []string{"probe.fix", contract.SettleActivity("probe.fix"), "probe.look", contract.VerifyActivity("probe.look")}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// As Temporal runs them: what may pass is tried again, what cannot is not.
func TestReadInTemporal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		with      string
		out       lookOutput
		err       error
		want      string
		retryable bool
	}{
		"answer":              {with: `{"n": 3}`, out: well(true)},
		"transient":           {with: `{"n": 3}`, err: fmt.Errorf("ask: %w", errReset), want: "ask: connection reset", retryable: true},
		"permanent":           {with: `{"n": 3}`, err: fmt.Errorf("ask: %w", activities.Permanent(errReset)), want: "ask: connection reset"},
		"unknown input field": {with: `{"m": 3}`, want: `input: json: unknown field "m"`},
		"wrong input type":    {with: `{"n": "3"}`, want: "input: json: cannot unmarshal string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab()
			l.look = func(context.Context, int) (lookOutput, error) { return c.out, c.err }
			var suite testsuite.WorkflowTestSuite
			suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
			env := suite.NewTestActivityEnvironment()
			for _, b := range l.runner(t).Activities() {
				env.RegisterActivityWithOptions(b.Do, sdkactivity.RegisterOptions{Name: b.Name})
			}
			answer, err := env.ExecuteActivity("probe.look", contract.Call{Action: "probe.look", With: object(c.with)})
			if c.want != "" {
				var app *temporal.ApplicationError
				if !errors.As(err, &app) || !strings.Contains(app.Message(), c.want) || app.NonRetryable() == c.retryable {
					t.Errorf("error %v, want %q, retryable %t", err, c.want, c.retryable)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var v expr.Value
			if err := answer.Get(&v); err != nil || string(v.JSON) != `{"ok":true,"n":1}` {
				t.Errorf("%s, %v", v.JSON, err)
			}
		})
	}
}

// An input that a runbook left unknown is never guessed.
func TestUnknownInput(t *testing.T) {
	t.Parallel()
	l := newLab()
	do := activity[contract.Call, expr.Value](t, l, "probe.look")
	_, err := do(t.Context(), contract.Call{With: expr.Value{Unknown: map[string]string{"b": "y", "a": "x"}}})
	if err == nil || !strings.Contains(err.Error(), "input a is unknown: x") || len(l.looks) != 0 {
		t.Errorf("error %v, looks %v", err, l.looks)
	}
	if _, err := do(t.Context(), contract.Call{}); err != nil || len(l.looks) != 1 {
		t.Errorf("no input at all: %v", err)
	}
}

func TestToTemporal(t *testing.T) {
	t.Parallel()
	if err := activities.ToTemporal(nil); err != nil {
		t.Errorf("nil became %v", err)
	}
	if err := activities.ToTemporal(errReset); !errors.Is(err, errReset) || temporal.IsApplicationError(err) {
		t.Errorf("a transient error became %v", err)
	}
	for _, class := range []error{activities.Permanent(errReset), activities.NotDone(errReset), activities.Refuse("no: %w", errReset)} {
		err := activities.ToTemporal(fmt.Errorf("outer: %w", class))
		var app *temporal.ApplicationError
		if !errors.As(err, &app) || !app.NonRetryable() || app.Message() != "outer: "+class.Error() {
			t.Errorf("%v became %v", class, err)
		}
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	refused := fmt.Errorf("outer: %w", activities.Refuse("the master %s has moved: %w", "a:1", errReset))
	if !activities.IsRefusal(refused) || !activities.IsPermanent(refused) || !errors.Is(refused, errReset) || refused.Error() != "outer: the master a:1 has moved: connection reset" {
		t.Errorf("refusal %v", refused)
	}
	if activities.IsRefusal(activities.Permanent(errReset)) || activities.IsPermanent(errReset) || activities.IsPermanent(nil) {
		t.Error("classes are mixed up")
	}
}

// The mark of the first byte is made once, and not after the act's time.
func TestSending(t *testing.T) {
	t.Parallel()
	if err := activities.Sending(t.Context()); err != nil {
		t.Errorf("outside of an act: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errReset)
	if err := activities.Sending(ctx); !errors.Is(err, errReset) {
		t.Errorf("when its time is over: %v", err)
	}
}

// An activity that waits tells Temporal that it lives.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	l := newLab()
	l.look = func(context.Context, int) (lookOutput, error) { return well(false), nil }
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	beats := 0
	env.SetOnActivityHeartbeatListener(func(*sdkactivity.Info, converter.EncodedValues) { beats++ })
	for _, b := range l.runner(t).Activities() {
		env.RegisterActivityWithOptions(b.Do, sdkactivity.RegisterOptions{Name: b.Name})
	}
	_, err := env.ExecuteActivity("probe.look:verify", contract.Poll{
		Call: contract.Call{Action: "probe.look"}, Until: expression("result.ok"), Output: lookType(), Every: time.Second, Deadline: time.Now().Add(2500 * time.Millisecond),
	})
	if err != nil || beats == 0 {
		t.Errorf("%d heartbeats, %v", beats, err)
	}
}
