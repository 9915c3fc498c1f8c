package workflows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/definitions"
	"redress/internal/contract"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	acted := playedRun{lasts: 10 * time.Second, finished: contract.Finished{Outcome: definitions.Healed, LastActAt: t0.Add(10 * time.Second)}}
	for name, c := range map[string]struct {
		book   string
		script []playedRun
		every  time.Duration // from episode to episode
		runs   []string
		told   []string
		until  time.Duration // of the refusals
	}{
		"runs": {
			book: "limits: {runs: {max: 2, per: 1h}}\n", every: 2 * time.Minute,
			runs: []string{"1s", "2m1s"},
			told: []string{"notify oncall: account: limit: down has run 2 times on cache-prod within 1h; no new run before 2026-11-21T04:04:13Z"},
		},
		"runs, later again": {
			book: "limits: {runs: {max: 2, per: 5m}}\n", every: 2 * time.Minute,
			runs: []string{"1s", "2m1s", "6m1s", "8m1s"},
			told: []string{"notify oncall: account: limit: down has run 2 times on cache-prod within 5m; no new run before 2026-11-21T03:09:13Z"},
		},
		"cooldown": {
			book: "limits: {cooldown: 5m, runs: {max: 9, per: 1h}}\n", every: 2 * time.Minute, script: []playedRun{acted},
			runs: []string{"1s", "6m1s", "8m1s"},
			told: []string{"notify oncall: account: cooldown: the last act on cache-prod is too recent; no new run before 2026-11-21T03:09:22Z"},
		},
		"no cooldown for one that only looks": {
			book: "mode: observe\nlimits: {cooldown: 1h, runs: {max: 9, per: 1h}}\n", every: 2 * time.Minute, script: []playedRun{acted},
			runs: []string{"1s", "2m1s", "4m1s", "6m1s", "8m1s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			e.book("RedisDown", "runbook: down\nalerts: ['alertname=\"RedisDown\"']\n"+c.book)
			if c.script != nil {
				e.script = c.script
			}
			for i := range 5 {
				at := time.Second + time.Duration(i)*c.every
				e.notify(at, alert("a1", "RedisDown"))
				e.notify(at+20*time.Second, gone(alert("a1", "RedisDown")))
			}
			e.look(9*time.Minute, func(g contract.Guardian) {
				if len(g.Refusals) != 5-len(c.runs) {
					t.Errorf("refusals %+v", g.Refusals)
				}
			})
			e.guard()
			var started []string
			for _, at := range e.started {
				started = append(started, at.String())
			}
			if diff := cmp.Diff(c.runs, started); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.told, e.called(contract.TellActivity)); diff != "" && len(c.told)+len(e.called(contract.TellActivity)) > 0 {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// A runbook's `for` waits, and asks Alertmanager itself at its end.
func TestFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do      func(e *estate)
		started []time.Duration
		asked   int // at the end of `for`
	}{
		"still fires": {func(*estate) {}, []time.Duration{301 * time.Second}, 1},
		"resolved meanwhile": {func(e *estate) {
			e.notify(100*time.Second, gone(alert("a1", "RedisDown")))
		}, nil, 0},
		"Alertmanager does not list it any more": {func(e *estate) {
			e.plan = func(req contract.PlanRequest) (contract.PlanAnswer, error) {
				answer, err := e.byName(req)
				answer.Plans[0].Gone = req.StillFiring
				return answer, err
			}
		}, nil, 1},
		"Alertmanager cannot be asked at first": {func(e *estate) {
			e.plan = func(req contract.PlanRequest) (contract.PlanAnswer, error) {
				if req.StillFiring && e.env.Now().Sub(t0) < 370*time.Second {
					return contract.PlanAnswer{}, errors.New("away")
				}
				return e.byName(req)
			}
		}, []time.Duration{381_781_250 * time.Microsecond}, 11}, // tried for up to a minute, and half a minute later
		"Alertmanager can never be asked": {func(e *estate) {
			e.plan = func(req contract.PlanRequest) (contract.PlanAnswer, error) {
				if req.StillFiring && e.env.Now().Sub(t0) < 30*time.Minute {
					return contract.PlanAnswer{}, permanent("no Alertmanager is configured")
				}
				return e.byName(req)
			}
			e.notify(20*time.Minute, alert("a1", "RedisDown")) // still
			told := "notify oncall: account: whether its alerts still fire is not known: no Alertmanager is configured"
			e.look(50*time.Minute, func(g contract.Guardian) {
				if got := strings.Join(e.called(contract.TellActivity), "\n"); got != told || len(g.Queue) != 0 || len(g.Refusals) != 1 {
					e.t.Errorf("told %q, queue %+v, refusals %+v", got, g.Queue, g.Refusals)
				}
			})
		}, []time.Duration{3901 * time.Second}, 2},
		"a younger one has not fired for so long": {func(e *estate) {
			e.notify(200*time.Second, alert("a2", "RedisDown"))
			e.notify(280*time.Second, gone(alert("a1", "RedisDown")))
		}, []time.Duration{500 * time.Second}, 1},
		"a blink": {func(e *estate) {
			e.notify(200*time.Second, gone(alert("a1", "RedisDown")))
			e.notify(230*time.Second, alert("a1", "RedisDown"))
		}, []time.Duration{301 * time.Second}, 1},
		"a blink at its end": {func(e *estate) {
			e.notify(290*time.Second, gone(alert("a1", "RedisDown")))
			e.notify(320*time.Second, alert("a1", "RedisDown"))
		}, []time.Duration{320 * time.Second}, 1},
		"policy allows less by then": {func(e *estate) {
			e.plan = func(req contract.PlanRequest) (contract.PlanAnswer, error) {
				answer, err := e.byName(req)
				if req.StillFiring {
					answer.Plans[0].Mode, answer.Plans[0].ModeWhy = definitions.Observe, "policy"
				}
				return answer, err
			}
		}, []time.Duration{301 * time.Second}, 1},
		"another runbook by then": {func(e *estate) {
			e.plan = func(req contract.PlanRequest) (contract.PlanAnswer, error) {
				if req.StillFiring {
					e.book("RedisDown", "runbook: newer\nalerts: ['alertname=\"RedisDown\"']\n")
				}
				return e.byName(req)
			}
		}, []time.Duration{301 * time.Second}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			e.book("RedisDown", "runbook: down\nfor: 5m\nalerts: ['alertname=\"RedisDown\"']\n")
			e.notify(time.Second, alert("a1", "RedisDown"))
			c.do(e)
			e.notify(2*time.Hour, gone(alert("a1", "RedisDown")), gone(alert("a2", "RedisDown")))
			e.guard()
			if diff := cmp.Diff(c.started, e.started); diff != "" {
				t.Errorf("runs %q (-want +got):\n%s", e.triggers(), diff)
			}
			asked := 0
			for _, p := range e.plans {
				if p.StillFiring {
					asked++
				}
			}
			if asked != c.asked {
				t.Errorf("asked %d times whether it still fires, want %d", asked, c.asked)
			}
			if name == "policy allows less by then" && e.runs[0].Mode != definitions.Observe {
				t.Errorf("mode %s", e.runs[0].Mode)
			}
			if name == "another runbook by then" && e.runs[0].Pinned.Runbook.Name != "newer" {
				t.Errorf("runs %q", e.triggers())
			}
		})
	}
}

// One run at a time; what waits is started by priority, then age.
func TestQueue(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for i, priority := range []int{3, 4, 1, 4} {
		e.book(fmt.Sprintf("Alert%d", i), fmt.Sprintf("runbook: book-%d\npriority: %d\nalerts: ['alertname=\"Alert%d\"']\n", i, priority, i))
		e.notify(time.Duration(i+1)*time.Second, alert(fmt.Sprintf("a%d", i), fmt.Sprintf("Alert%d", i)))
	}
	e.look(5*time.Second, func(g contract.Guardian) {
		var queue []string
		for _, q := range g.Queue {
			queue = append(queue, q.Pinned.Runbook.Name)
		}
		if diff := cmp.Diff([]string{"book-2", "book-1", "book-3"}, queue); diff != "" || g.ActiveRun == nil || g.ActiveRun.Runbook != "book-0" {
			t.Errorf("active %+v, queue (-want +got):\n%s", g.ActiveRun, diff)
		}
	})
	for i := range 4 {
		e.notify(time.Minute, gone(alert(fmt.Sprintf("a%d", i), "")))
	}
	e.guard()
	e.want("book-0 a0", "book-2 a2", "book-1 a1", "book-3 a3")
	want := []time.Duration{time.Second, 11 * time.Second, 21 * time.Second, 31 * time.Second}
	if diff := cmp.Diff(want, e.started); diff != "" {
		t.Errorf("started (-want +got):\n%s", diff)
	}
}

// What waits and has gone is not started; when it fires again in the same episode, it is
// answered after all. An episode that begins anew while its run waits is not listed twice.
func TestQueuedAlertBlinks(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.book("RedisFull", "runbook: full\nalerts: ['alertname=\"RedisFull\"']\n")
	e.script[0].lasts = 5 * time.Minute
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.notify(2*time.Second, alert("x1", "RedisFull"))
	e.notify(10*time.Second, gone(alert("x1", "RedisFull")))
	e.notify(100*time.Second, alert("x1", "RedisFull")) // a new episode
	e.notify(295*time.Second, gone(alert("x1", "RedisFull")))
	e.notify(310*time.Second, alert("x1", "RedisFull")) // a blink, across the start
	e.notify(time.Hour, gone(alert("a1", "RedisDown")), gone(alert("x1", "RedisFull")))
	e.guard()
	e.want("down a1", "full x1")
	if e.started[1] != 310*time.Second {
		t.Errorf("started %v", e.started)
	}
}

// An alert whose episode begins anew while its run waits is answered once.
func TestQueuedAlertComesAgain(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.book("RedisFull", "runbook: full\nalerts: ['alertname=\"RedisFull\"']\n")
	e.script[0].lasts = 5 * time.Minute
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.notify(2*time.Second, alert("x1", "RedisFull"))
	e.notify(10*time.Second, gone(alert("x1", "RedisFull")))
	e.notify(100*time.Second, alert("x1", "RedisFull"))
	e.guardUntilGone(time.Hour, "a1", "x1")
	e.want("down a1", "full x1")
}
