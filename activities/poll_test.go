package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/temporal"

	"redress/activities"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// seen is what a poll sees from some time on.
type seen struct {
	from time.Duration
	out  lookOutput
	err  error
}

func well(ok bool) lookOutput { return lookOutput{OK: activities.Known(ok), N: 1} }

func TestPoll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sees   []seen
		until  string
		stable time.Duration
		within time.Duration
		held   bool
		took   time.Duration
		polls  int
		why    string
		err    string // in the answer
	}{
		"at once":         {sees: []seen{{out: well(true)}}, within: time.Minute, held: true, polls: 1},
		"after some time": {sees: []seen{{out: well(false)}, {from: 5 * time.Second, out: well(true)}}, within: time.Minute, held: true, took: 6 * time.Second, polls: 4},
		"never": {
			sees: []seen{{out: well(false)}}, within: 5 * time.Second, took: 5 * time.Second, polls: 4, why: "result.ok is false",
		},
		"at the last look": {
			sees: []seen{{out: well(false)}, {from: 5 * time.Second, out: well(true)}}, within: 5 * time.Second, held: true, took: 5 * time.Second, polls: 4,
		},
		"the deadline is past: one look": {sees: []seen{{out: well(false)}}, within: -time.Hour, polls: 1, why: "result.ok is false"},
		"the deadline is past: it holds": {sees: []seen{{out: well(true)}}, within: -time.Hour, held: true, polls: 1},
		"stable": {
			sees: []seen{{out: well(true)}}, stable: 5 * time.Second, within: time.Minute, held: true, took: 5 * time.Second, polls: 4,
		},
		"stable, begun again after a break": {
			sees:   []seen{{out: well(true)}, {from: 4 * time.Second, out: well(false)}, {from: 6 * time.Second, out: well(true)}},
			stable: 5 * time.Second, within: time.Minute, held: true, took: 11 * time.Second, polls: 7,
		},
		"an error breaks the hold": {
			sees:   []seen{{out: well(true)}, {from: 4 * time.Second, err: errReset}, {from: 6 * time.Second, out: well(true)}},
			stable: 5 * time.Second, within: time.Minute, held: true, took: 11 * time.Second, polls: 7,
		},
		"what is unknown breaks the hold": {
			sees:   []seen{{out: well(true)}, {from: 4 * time.Second, out: lookOutput{}}, {from: 6 * time.Second, out: well(true)}},
			stable: 5 * time.Second, within: time.Minute, held: true, took: 11 * time.Second, polls: 7,
		},
		"not stable in time": {
			sees: []seen{{out: well(true)}}, stable: 10 * time.Second, within: 5 * time.Second, took: 5 * time.Second, polls: 4, why: "it held, but not yet for 10s",
		},
		"stable exactly in time": {
			sees: []seen{{out: well(true)}}, stable: 10 * time.Second, within: 10 * time.Second, held: true, took: 10 * time.Second, polls: 6,
		},
		"unknown to the end": {
			sees: []seen{{out: lookOutput{OK: activities.Unknown[bool]("no answer")}}}, within: 2 * time.Second, took: 2 * time.Second, polls: 2,
			why: "result.ok is unknown: no answer",
		},
		"errors to the end": {
			sees: []seen{{err: errReset}}, within: 2 * time.Second, took: 2 * time.Second, polls: 2, why: "the last look failed: connection reset", err: "connection reset",
		},
		"reads the scope and its own clock": {
			sees: []seen{{out: well(true)}}, until: `labels.env == "prod" && now >= timestamp("2000-01-01T00:00:04Z")`,
			within: time.Minute, held: true, took: 4 * time.Second, polls: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, began := newLab(), time.Now()
				l.look = func(context.Context, int) (lookOutput, error) {
					now := c.sees[0]
					for _, s := range c.sees {
						if time.Since(began) >= s.from {
							now = s
						}
					}
					return now.out, now.err
				}
				got, err := poll(t, l, began, c.until, c.stable, c.within)
				if err != nil {
					t.Fatal(err)
				}
				if got.Held != c.held || got.Polls != c.polls || time.Since(began) != c.took || !strings.Contains(got.Why, c.why) || got.Error != c.err {
					t.Errorf("%+v after %s", got, time.Since(began))
				}
				if got.Held && got.Why != "" {
					t.Errorf("it held, and why not: %q", got.Why)
				}
				if got.Error == "" && len(got.Value.JSON) == 0 {
					t.Error("no result")
				}
			})
		})
	}
}

func poll(t *testing.T, l *lab, began time.Time, until string, stable, within time.Duration) (contract.Polled, error) {
	t.Helper()
	if until == "" {
		until = "result.ok"
	}
	return activity[contract.Poll, contract.Polled](t, l, "probe.look:verify")(t.Context(), contract.Poll{
		Call: contract.Call{Action: "probe.look", With: object(`{"n": 1}`)}, Until: expression(until), Output: lookType(),
		Scope: expr.Scope{"labels": {Type: expr.MapOf(expr.Type{Kind: expr.String}), Value: object(`{"env": "prod"}`)}},
		Every: 2 * time.Second, Stable: stable, Deadline: began.Add(within),
	})
}

// What no further look can mend ends the poll.
func TestPollFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		until string
		want  string
	}{
		"for good":          {err: activities.Permanent(errReset), want: "connection reset"},
		"a wrong condition": {until: "result.n", want: "until: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab()
			l.look = func(context.Context, int) (lookOutput, error) { return well(true), c.err }
			_, err := poll(t, l, time.Now(), c.until, 0, time.Minute)
			var app *temporal.ApplicationError
			if !errors.As(err, &app) || !app.NonRetryable() || !strings.Contains(app.Message(), c.want) || len(l.looks) != 1 {
				t.Errorf("error %v after %d looks", err, len(l.looks))
			}
		})
	}
}

// A poll that is stopped gives no answer, so that a restarted worker begins it again.
func TestPollCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab()
		do := activity[contract.Poll, contract.Polled](t, l, "probe.look:verify")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := do(ctx, contract.Poll{Until: expression("result.ok"), Output: lookType(), Every: 2 * time.Second, Deadline: time.Now().Add(time.Hour)})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
