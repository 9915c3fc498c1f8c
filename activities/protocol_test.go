package activities_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/activities"
	"redress/definitions/expr"
	"redress/internal/contract"
)

func TestAct(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set     func(l *lab, a *contract.Act)
		want    contract.Verdict
		reason  string // a part of it
		granted bool
		sent    bool // SentAt is set
		took    time.Duration
	}{
		"acted": {func(*lab, *contract.Act) {}, contract.Acted, "", true, true, 0},

		// Looking again.
		"a guard does not hold any more": {func(l *lab, _ *contract.Act) {
			l.look = func(context.Context, int) (lookOutput, error) { return lookOutput{OK: activities.Known(true)}, nil }
		}, contract.Refusal, "looked at again before the act: !look.ok is false (look.ok = true)", false, false, 0},
		"a guard is unknown": {func(l *lab, _ *contract.Act) {
			l.look = func(context.Context, int) (lookOutput, error) {
				return lookOutput{OK: activities.Unknown[bool]("no answer")}, nil
			}
		}, contract.Refusal, "look.ok is unknown: no answer", false, false, 0},
		"a guard is wrong": {func(_ *lab, a *contract.Act) { a.Conditions[0].Expr.Source = "look.n" }, contract.Refusal, "not true or false", false, false, 0},
		"a read fails": {func(l *lab, _ *contract.Act) {
			l.look = func(context.Context, int) (lookOutput, error) { return lookOutput{}, errReset }
		}, contract.Refusal, "looking again at look failed: connection reset", false, false, 0},
		"a read hangs": {func(l *lab, _ *contract.Act) {
			l.look = func(ctx context.Context, _ int) (lookOutput, error) {
				<-ctx.Done()
				return lookOutput{}, context.Cause(ctx)
			}
		}, contract.Refusal, "probe.look took longer than 5s", false, false, 5 * time.Second},
		"a read is not known here": {
			func(_ *lab, a *contract.Act) { a.Rechecks[0].Call.Action = "probe.other" },
			contract.Refusal, "this worker has no action probe.other", false, false, 0,
		},
		"the stop before it would apply now": {func(_ *lab, a *contract.Act) {
			a.Conditions = append(a.Conditions, contract.Condition{Expr: expression("look.n == 7"), Path: "stop#0", Not: true})
		}, contract.Refusal, "look.n == 7 is true", false, false, 0},
		"the stop before it still does not apply": {func(_ *lab, a *contract.Act) {
			a.Conditions = append(a.Conditions, contract.Condition{Expr: expression("look.n == 8 || labels.env == 'lab'"), Path: "stop#0", Not: true})
		}, contract.Acted, "", true, true, 0},
		"now is the worker's": {func(_ *lab, a *contract.Act) {
			a.Scope["now"] = expr.Var{Type: expr.Type{Kind: expr.Timestamp}, Value: object(`"1999-01-01T00:00:00Z"`)}
			a.Conditions = append(a.Conditions, contract.Condition{Expr: expression(`now == timestamp("2000-01-01T00:00:00Z")`)}) // synctest's beginning
		}, contract.Acted, "", true, true, 0},

		// Hands off.
		"the run's time is over": {
			func(_ *lab, a *contract.Act) { a.Deadline = time.Now() },
			contract.Refusal, "the run's time was over at 2000-01-01T00:00:00Z", false, false, 0,
		},
		"the run's time ends while it looks": {func(l *lab, a *contract.Act) {
			a.Deadline = time.Now().Add(time.Second)
			l.byWhom = func(context.Context, []contract.Alert) (string, error) { time.Sleep(2 * time.Second); return "", nil }
		}, contract.Refusal, "the run's time was over", false, false, 2 * time.Second},
		"somebody silenced the alert": {func(l *lab, _ *contract.Act) {
			l.byWhom = func(_ context.Context, alerts []contract.Alert) (string, error) {
				return alerts[0].Fingerprint + " is silenced by ana", nil
			}
		}, contract.Refusal, "a1 is silenced by ana", false, false, 0},
		"nobody knows who silences": {func(l *lab, _ *contract.Act) {
			l.byWhom = func(context.Context, []contract.Alert) (string, error) { return "", errReset }
		}, contract.Refusal, "cannot tell whether somebody has taken over: connection reset", false, false, 0},
		"no alerts to be silenced": {func(l *lab, a *contract.Act) {
			a.Alerts = nil
			l.byWhom = func(context.Context, []contract.Alert) (string, error) { return "", errReset }
		}, contract.Acted, "", true, true, 0},

		// The fleet.
		"the fleet refuses": {func(l *lab, _ *contract.Act) {
			l.grant = func(context.Context, contract.Grant) (contract.Answer, error) {
				return contract.Answer{Reason: "all acts are paused: maintenance"}, nil
			}
		}, contract.Refusal, "all acts are paused: maintenance", false, false, 0},
		"the fleet is away": {func(l *lab, _ *contract.Act) {
			l.grant = func(context.Context, contract.Grant) (contract.Answer, error) { return contract.Answer{}, errReset }
		}, contract.NotSent, "ask the fleet: connection reset", false, false, 0},
		"the fleet does not answer": {func(l *lab, _ *contract.Act) {
			l.grant = func(ctx context.Context, _ contract.Grant) (contract.Answer, error) {
				<-ctx.Done()
				return contract.Answer{}, context.Cause(ctx)
			}
		}, contract.NotSent, "the fleet did not answer in 10s", false, false, 10 * time.Second},
		"granted to somebody else": {func(l *lab, _ *contract.Act) {
			l.grant = func(context.Context, contract.Grant) (contract.Answer, error) {
				return contract.Answer{OK: true, Holder: "another"}, nil
			}
		}, contract.Unknown, "granted to another attempt", false, false, 0},

		// Doing it.
		"its own guard says no":           {func(l *lab, _ *contract.Act) { l.fix = failing(activities.Refuse("The master has moved.")) }, contract.Refusal, "The master has moved.", true, false, 0},
		"it cannot reach the system":      {func(l *lab, _ *contract.Act) { l.fix = failing(errReset) }, contract.NotSent, "connection reset", true, false, 0},
		"it is configured wrong":          {func(l *lab, _ *contract.Act) { l.fix = failing(activities.Permanent(errReset)) }, contract.Refusal, "connection reset", true, false, 0},
		"its input is wrong":              {func(_ *lab, a *contract.Act) { a.With = object(`{"m": 1}`) }, contract.Refusal, `unknown field "m"`, true, false, 0},
		"the system did not do it":        {func(l *lab, _ *contract.Act) { l.fix = after(activities.NotDone(errReset)) }, contract.NotSent, "connection reset", true, true, 0},
		"the answer is lost":              {func(l *lab, _ *contract.Act) { l.fix = after(errReset) }, contract.Unknown, "connection reset", true, true, 0},
		"it says no after it has sent":    {func(l *lab, _ *contract.Act) { l.fix = after(activities.Refuse("Too late.")) }, contract.Unknown, "Too late.", true, true, 0},
		"it fails for good after it sent": {func(l *lab, _ *contract.Act) { l.fix = after(activities.Permanent(errReset)) }, contract.Unknown, "connection reset", true, true, 0},
		"it hangs before it sends": {func(l *lab, _ *contract.Act) {
			l.fix = func(ctx context.Context) (fixOutput, error) {
				<-ctx.Done()
				return fixOutput{}, activities.Sending(ctx)
			}
		}, contract.NotSent, "before sending: probe.fix took longer than 1m", true, false, time.Minute},
		"it hangs after it has sent": {func(l *lab, _ *contract.Act) {
			l.fix = func(ctx context.Context) (fixOutput, error) {
				if err := activities.Sending(ctx); err != nil {
					return fixOutput{}, err
				}
				<-ctx.Done()
				return fixOutput{}, context.Cause(ctx)
			}
		}, contract.Unknown, "probe.fix took longer than 1m", true, true, time.Minute},
		"a slow grant is part of its time": {func(l *lab, _ *contract.Act) {
			l.grant = func(_ context.Context, g contract.Grant) (contract.Answer, error) {
				time.Sleep(9 * time.Second)
				return contract.Answer{OK: true, Holder: g.Holder}, nil
			}
			l.fix = func(ctx context.Context) (fixOutput, error) {
				<-ctx.Done()
				return fixOutput{}, context.Cause(ctx)
			}
		}, contract.NotSent, "took longer than 1m", true, false, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, a := newLab(), theAct()
				c.set(l, &a)
				do := activity[contract.Act, contract.ActResult](t, l, "probe.fix")
				began := time.Now()
				got, err := do(t.Context(), a)
				if err != nil {
					t.Fatalf("an act fails never: %v", err)
				}
				if got.Verdict != c.want || !strings.Contains(got.Reason, c.reason) || got.Granted != c.granted || got.SentAt.IsZero() == c.sent {
					t.Errorf("%+v, want %s (%s), granted %t, sent %t", got, c.want, c.reason, c.granted, c.sent)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("it took %s, want %s", took, c.took)
				}
				if acted := got.Verdict == contract.Acted; acted != (l.sent == 1) || acted != (string(got.Output.JSON) == `{"was":1}`) || acted && got.Reason != "" {
					t.Errorf("sent %d times; output %s, reason %q", l.sent, got.Output.JSON, got.Reason)
				}
				if len(l.grants) > 1 || !c.granted && len(l.grants) == 1 && got.Verdict == contract.Acted {
					t.Errorf("asked the fleet %d times", len(l.grants))
				}
			})
		})
	}
}

// What an act asks and reports: the key, its own name as holder, and the fresh results.
func TestActAsks(t *testing.T) {
	t.Parallel()
	l, a := newLab(), theAct()
	do := activity[contract.Act, contract.ActResult](t, l, "probe.fix")
	var holders []string
	for range 2 {
		got, err := do(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Fresh["look"].JSON) != `{"ok":false,"n":7}` {
			t.Errorf("fresh %s", got.Fresh["look"].JSON)
		}
	}
	for _, g := range l.grants {
		if g.Key != a.Key || g.Target != "cache" || g.Action != "probe.fix" {
			t.Errorf("grant %+v", g)
		}
		holders = append(holders, g.Holder)
	}
	if len(holders) != 2 || holders[0] == holders[1] || holders[0] == "" {
		t.Errorf("holders %q", holders)
	}
	if !slices.Equal(l.looks, []int{7, 7}) {
		t.Errorf("looked with %v", l.looks)
	}
}

// Before the grant a cancellation stops the act; after it, the act goes on to its end.
func TestActCancelled(t *testing.T) {
	t.Parallel()
	t.Run("while it looks", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		l := newLab()
		l.look = func(ctx context.Context, _ int) (lookOutput, error) {
			cancel()
			return lookOutput{}, ctx.Err()
		}
		got, err := activity[contract.Act, contract.ActResult](t, l, "probe.fix")(ctx, theAct())
		if err != nil || got.Verdict != contract.NotSent || len(l.grants) != 0 || l.sent != 0 {
			t.Errorf("%+v, %v; asked the fleet %d times", got, err, len(l.grants))
		}
	})
	t.Run("after the grant", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		l := newLab()
		l.grant = func(_ context.Context, g contract.Grant) (contract.Answer, error) {
			cancel()
			return contract.Answer{OK: true, Holder: g.Holder}, nil
		}
		got, err := activity[contract.Act, contract.ActResult](t, l, "probe.fix")(ctx, theAct())
		if err != nil || got.Verdict != contract.Acted || l.sent != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestSettle(t *testing.T) {
	t.Parallel()
	granted := func(ago time.Duration) func(context.Context, contract.Void) (contract.Voided, error) {
		return func(context.Context, contract.Void) (contract.Voided, error) {
			return contract.Voided{Granted: true, GrantedAt: time.Now().Add(-ago)}, nil
		}
	}
	found := func(a contract.Applied, err error) func(context.Context) (activities.Finding, error) {
		return func(context.Context) (activities.Finding, error) {
			return activities.Finding{Applied: a, Why: "seen"}, err
		}
	}
	for name, c := range map[string]struct {
		void     func(context.Context, contract.Void) (contract.Voided, error)
		applied  func(context.Context) (activities.Finding, error)
		returned bool
		want     contract.Settled
		err      string
		took     time.Duration
	}{
		"never granted": {
			void:    func(context.Context, contract.Void) (contract.Voided, error) { return contract.Voided{}, nil },
			applied: found("", errors.New("was looked up")),
			want:    contract.Settled{Verdict: contract.NotSent, Reason: "it was never admitted, so nothing was sent"},
		},
		"the fleet is away": {
			void: func(context.Context, contract.Void) (contract.Voided, error) { return contract.Voided{}, errReset },
			err:  "take the act out of use: connection reset",
		},
		"waits until it must be over": {
			void: granted(20 * time.Second), applied: found(contract.AppliedYes, nil), took: 40 * time.Second,
			want: contract.Settled{Verdict: contract.Acted, Granted: true, Reason: "seen"},
		},
		"the fleet's clock is an hour ahead": {
			void: func(context.Context, contract.Void) (contract.Voided, error) {
				now := time.Now().Add(time.Hour)
				return contract.Voided{Granted: true, GrantedAt: now.Add(-20 * time.Second), Now: now}, nil
			},
			applied: found(contract.AppliedYes, nil), took: 40 * time.Second,
			want: contract.Settled{Verdict: contract.Acted, Granted: true, Reason: "seen"},
		},
		"the fleet's clock is an hour behind": {
			void: func(context.Context, contract.Void) (contract.Voided, error) {
				now := time.Now().Add(-time.Hour)
				return contract.Voided{Granted: true, GrantedAt: now.Add(-20 * time.Second), Now: now}, nil
			},
			applied: found(contract.AppliedYes, nil), took: 40 * time.Second,
			want: contract.Settled{Verdict: contract.Acted, Granted: true, Reason: "seen"},
		},
		"over long ago": {
			void: granted(time.Hour), applied: found(contract.AppliedNo, nil),
			want: contract.Settled{Verdict: contract.NotSent, Granted: true, Reason: "seen"},
		},
		"has returned": {
			void: granted(0), returned: true, applied: found(contract.AppliedUnknown, nil),
			want: contract.Settled{Verdict: contract.Unknown, Granted: true, Reason: "seen"},
		},
		"an answer that is none": {
			void: granted(0), returned: true, applied: found("", nil), want: contract.Settled{Verdict: contract.Unknown, Granted: true, Reason: "seen"},
		},
		"cannot look now": {void: granted(0), returned: true, applied: found("", errReset), err: "look whether probe.fix was applied: connection reset"},
		"can never look": {
			void: granted(0), returned: true, applied: found("", activities.Permanent(errReset)),
			want: contract.Settled{Verdict: contract.Unknown, Granted: true, Reason: "connection reset"},
		},
		"the look hangs": {
			void: granted(0), returned: true, took: activities.DefaultTimeout, err: "deadline exceeded",
			applied: func(ctx context.Context) (activities.Finding, error) {
				<-ctx.Done()
				return activities.Finding{}, ctx.Err()
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLab()
				l.void, l.applied = c.void, c.applied
				began := time.Now()
				act := theAct()
				got, err := activity[contract.Settle, contract.Settled](t, l, "probe.fix:settle")(t.Context(), contract.Settle{Act: act, Returned: c.returned})
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("it took %s, want %s", took, c.took)
				}
				if len(l.voids) != 1 || l.voids[0].Key != act.Key || l.voids[0].Target != "cache" || l.sent != 0 {
					t.Errorf("voids %+v, sent %d", l.voids, l.sent)
				}
			})
		})
	}
}

// A settle that is stopped while it waits is not an answer.
func TestSettleCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := activity[contract.Settle, contract.Settled](t, l, "probe.fix:settle")(ctx, contract.Settle{Act: theAct()})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
