package alertmanager

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/internal/contract"
)

func TestASilenceEndsWhenTheAlertResolves(t *testing.T) {
	onEach(t, func(w *world) {
		down := newAlert("RedisDown")
		var polls atomic.Int32
		r := w.reporter(func(o *Options) { o.Heartbeat = func(context.Context) { polls.Add(1) } })
		w.fire(down)
		w.told(down, "firing")
		held := mustHold(w.t, r, hold(run("a.x.1"), down))

		cleared := make(chan contract.Cleared, 1)
		go func() {
			c, err := r.Clear(w.t.Context(), contract.Clear{
				RunID: "a.x.1", Alerts: []contract.Alert{down}, Silences: held.Silences, Deadline: time.Now().Add(time.Minute),
			})
			if err != nil {
				w.t.Error(err)
			}
			cleared <- c
		}()
		eventually(w.t, "it has looked twice", func() bool { return polls.Load() >= 2 })
		if len(w.active()) != 1 {
			w.t.Fatal("the silence ended while the alert fired")
		}
		before := time.Now()
		w.resolve(down)
		c := <-cleared
		if !c.Cleared || len(c.Still) != 0 || c.Why != "" {
			w.t.Fatalf("cleared = %+v", c)
		}
		if c.At.Before(before) || c.At.After(before.Add(5*time.Second)) {
			w.t.Errorf("cleared at %s, want right after %s", c.At, before)
		}
		if active := w.active(); len(active) != 0 {
			w.t.Errorf("active silences %v, want none", active)
		}
		w.told(down, "resolved")
		w.flushed("ControlOne")
		if w.mail.got("oncall", "RedisDown", "firing") || w.mail.got("oncall", "RedisDown", "resolved") {
			w.t.Error("people were told of an alert that cleared under our hands")
		}
	})
}

func TestEachAlertHasItsPageBackAsSoonAsItClears(t *testing.T) {
	onEach(t, func(w *world) {
		down, link := newAlert("RedisDown"), newAlert("RedisMasterLinkDown")
		r := w.reporter()
		w.fire(down, link)
		held := mustHold(w.t, r, hold(run("a.x.1"), down, link))
		ctx, cancel := context.WithCancel(w.t.Context())
		defer cancel()
		over := make(chan error, 1)
		go func() {
			_, err := r.Clear(ctx, contract.Clear{
				RunID: "a.x.1", Alerts: []contract.Alert{down, link}, Silences: held.Silences, Deadline: time.Now().Add(time.Minute),
			})
			over <- err
		}()
		w.resolve(link)
		eventually(w.t, "one silence is left", func() bool { return len(w.active()) == 1 })
		i := slices.IndexFunc(held.Silences, func(s contract.SilenceRef) bool { return s.Fingerprint == down.Fingerprint })
		if diff := cmp.Diff([]string{held.Silences[i].ID}, w.active()); diff != "" {
			w.t.Errorf("active (-want +got):\n%s", diff)
		}
		cancel()
		if err := <-over; !errors.Is(err, context.Canceled) {
			w.t.Errorf("cancelled: %v, want context.Canceled", err)
		}
		if len(w.active()) != 1 {
			w.t.Error("a cancelled watch ended the silence of an alert that fires")
		}
	})
}

func TestAtTheDeadlinePeopleArePaged(t *testing.T) {
	onEach(t, func(w *world) {
		down, link := newAlert("RedisDown"), newAlert("RedisMasterLinkDown")
		r := w.reporter()
		w.fire(down, link)
		mustHold(w.t, r, hold(run("a.x.1"), down, link))
		w.resolve(link)
		c, err := r.Clear(w.t.Context(), contract.Clear{
			RunID: "a.x.1", Alerts: []contract.Alert{down, link}, Deadline: time.Now().Add(1500 * time.Millisecond),
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if diff := cmp.Diff(contract.Cleared{Still: []string{down.Fingerprint}}, c); diff != "" {
			w.t.Errorf("cleared (-want +got):\n%s", diff)
		}
		eventually(w.t, "people are paged", func() bool { return w.mail.got("oncall", "RedisDown", "firing") })
	})
}

func TestWhoIsBelievedThatAnAlertIsGone(t *testing.T) {
	for name, test := range map[string]struct {
		clusters func(w *world) [][]string
		before   func(w *world, r *Reporter, a contract.Alert) // what Redress lived through
		cleared  bool
		why      string
	}{
		"old": {
			clusters: func(w *world) [][]string { return [][]string{{w.aged(10 * time.Minute)}} },
			cleared:  true,
		},
		"young": {
			clusters: func(w *world) [][]string { return [][]string{{w.url}} },
			why:      "may not have heard of the alert yet",
		},
		"young, but it did list the alert": {
			clusters: func(w *world) [][]string { return [][]string{{w.url}} },
			before: func(w *world, r *Reporter, a contract.Alert) {
				w.fire(a)
				if firing, err := r.StillFiring(w.t.Context(), []contract.Alert{a}); err != nil || !firing[0] {
					w.t.Fatalf("still firing = %v, %v", firing, err)
				}
				w.resolve(a)
				eventually(w.t, "the alert is not listed", func() bool { return len(w.listed()) == 0 })
			},
			cleared: true,
		},
		"one of two does not answer": {
			clusters: func(w *world) [][]string { return [][]string{{w.aged(10 * time.Minute), deadURL(w.t)}} },
			why:      "connection refused",
		},
		"one cluster of two does not answer": {
			clusters: func(w *world) [][]string { return [][]string{{w.aged(10 * time.Minute)}, {deadURL(w.t)}} },
			why:      "connection refused",
		},
		"none at all": {
			clusters: func(*world) [][]string { return nil },
			why:      "no Alertmanager is configured",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, startInProcess)
			down := newAlert("RedisDown")
			clusters := test.clusters(w)
			r := w.reporter(func(o *Options) { o.Clusters = clusters })
			if test.before != nil {
				test.before(w, r, down)
			}
			c, err := r.Clear(t.Context(), contract.Clear{
				RunID: "a.x.1", Alerts: []contract.Alert{down}, Deadline: time.Now().Add(100 * time.Millisecond),
			})
			if err != nil {
				t.Fatal(err)
			}
			if c.Cleared != test.cleared || !strings.Contains(c.Why, test.why) || (test.why == "") != (c.Why == "") {
				t.Errorf("cleared = %+v, want %v because %q", c, test.cleared, test.why)
			}
			if len(c.Still) != 0 {
				t.Errorf("still = %v: nobody listed the alert", c.Still)
			}
			firing, err := r.StillFiring(t.Context(), []contract.Alert{down})
			if known := err == nil; known != test.cleared || (known && firing[0]) {
				t.Errorf("still firing = %v, %v, want to be told the same", firing, err)
			}
		})
	}
}

func TestARestartedAlertmanagerHasSeenNothing(t *testing.T) {
	w := newWorld(t, startInProcess)
	down := newAlert("RedisDown")
	w.fire(down)
	r := w.reporter()
	if _, err := r.StillFiring(t.Context(), []contract.Alert{down}); err != nil {
		t.Fatal(err)
	}
	again := newWorld(t, startInProcess) // the same peer, for Redress, after a restart
	r.clusters[0][0].api = again.reporter().clusters[0][0].api
	if firing, err := r.StillFiring(t.Context(), []contract.Alert{down}); err == nil {
		t.Errorf("still firing = %v, want doubt: the new process never listed the alert", firing)
	}
}
