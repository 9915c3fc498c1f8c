package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/definitions"
	"redress/internal/contract"
)

// That no runbook answers is believed for ten minutes; then an alert that is heard of is
// asked for again. People are not told.
func TestNobodyAnswersYet(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	var asked []string
	e.plan = func(req contract.PlanRequest) (contract.PlanAnswer, error) {
		asked = append(asked, fmt.Sprintf("%s %s", names(req.Alerts), e.env.Now().Sub(t0)))
		return e.byName(req)
	}
	z1 := alert("z1", "Other")
	for at := time.Second; at < 14*time.Minute; at += time.Minute {
		e.notify(at, z1)
	}
	e.after(20*time.Minute, func() { // by now the worker is a new one
		e.book("Other", "runbook: other\nalerts: ['alertname=\"Other\"']\n")
	})
	e.sight(25*time.Minute, contract.Sighting{Alerts: []contract.Alert{z1}})
	e.sight(50*time.Minute, contract.Sighting{Alerts: []contract.Alert{z1}}) // dealt with
	e.guardUntilGone(time.Hour, "z1")
	if diff := cmp.Diff([]string{"z1 1s", "z1 10m1s", "z1 25m0s"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	e.want("other z1")
	if told := e.called(contract.TellActivity); len(told) != 0 {
		t.Errorf("told %q", told)
	}
}

// A run that a limit refused begins when that ends, if its alert still fires.
func TestRefusedUntil(t *testing.T) {
	t.Parallel()
	a1 := alert("a1", "RedisDown")
	for name, c := range map[string]struct {
		limits  string
		acted   bool
		do      func(e *estate)
		started []time.Duration
		told    int
	}{
		"cooldown": {"cooldown: 5m", true, func(*estate) {}, []time.Duration{time.Second, 5*time.Minute + 5*time.Second}, 1},
		"limit":    {"runs: {max: 1, per: 10m}", false, func(*estate) {}, []time.Duration{time.Second, 10*time.Minute + time.Second}, 1},
		"limit after cooldown": {
			"cooldown: 5m, runs: {max: 1, per: 10m}", true, func(*estate) {},
			[]time.Duration{time.Second, 10*time.Minute + time.Second},
			2,
		},
		"gone by then": {"runs: {max: 1, per: 10m}", false, func(e *estate) { e.notify(9*time.Minute, gone(a1)) }, []time.Duration{time.Second}, 1},
		"gone and back": {"runs: {max: 1, per: 10m}", false, func(e *estate) {
			e.notify(9*time.Minute+40*time.Second, gone(a1))
			e.notify(10*time.Minute+20*time.Second, a1)
		}, []time.Duration{time.Second, 10*time.Minute + 20*time.Second}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			e.book("RedisDown", "runbook: down\nlimits: {"+c.limits+"}\nalerts: ['alertname=\"RedisDown\"']\n")
			if c.acted {
				e.script[0].finished.LastActAt = t0.Add(5 * time.Second)
			}
			e.script = append(e.script, playedRun{lasts: time.Second, finished: contract.Finished{Outcome: definitions.NoAction}})
			e.notify(time.Second, a1)
			e.notify(20*time.Second, gone(a1))
			for at := 90 * time.Second; at < 9*time.Minute; at += time.Minute {
				e.notify(at, a1) // a new episode
			}
			c.do(e)
			e.notify(time.Hour, gone(a1))
			e.guard()
			if diff := cmp.Diff(c.started, e.started); diff != "" {
				t.Errorf("runs %q (-want +got):\n%s", e.triggers(), diff)
			}
			if told := e.called(contract.TellActivity); len(told) != c.told {
				t.Errorf("told %q, want %d", strings.Join(told, "\n"), c.told)
			}
		})
	}
}

// Of an alert that blinks while the guardian waits for something, the run hears the last
// news alone.
func TestBlinksDuringActivity(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.slow[contract.PlanActivity] = 10 * time.Second
	e.script[0].lasts = time.Minute
	a1, a2 := alert("a1", "RedisDown"), alert("a2", "RedisDown")
	e.notify(time.Second, a1, a2)
	e.notify(12*time.Second, alert("z1", "Other")) // planned until 22 s
	e.notify(15*time.Second, gone(a1), gone(a2))
	e.notify(16*time.Second, a1, a2)
	e.notify(17*time.Second, gone(a2))
	e.guardUntilGone(time.Hour, "a1", "a2", "z1")
	e.want("down a1,a2")
	var heard []string
	for _, c := range e.heard[e.runs[0].RunID] {
		heard = append(heard, fmt.Sprintf("+%s -%s", names(c.Joined), strings.Join(c.Resolved, ",")))
	}
	if len(heard) == 0 || heard[0] != "+a1 -a2" {
		t.Errorf("the run heard %q", heard)
	}
	for _, more := range heard[min(1, len(heard)):] { // the other notifications that brought it
		if more != "+ -" {
			t.Errorf("the run heard %q", heard)
		}
	}
}

// An alert that fires again after the run that saw it clear is answered once more, as far
// as limits allow. One that goes on firing is dealt with: people were told.
func TestFiresAfterRun(t *testing.T) {
	t.Parallel()
	const down = "cache-prod.down.20261121T030413Z"
	a1, a2 := alert("a1", "RedisDown"), alert("a2", "RedisDown")
	healed := contract.Finished{Outcome: definitions.Healed, Resolved: []string{"a1"}}
	escalated := contract.Finished{Outcome: definitions.Escalated}
	acted := healed
	acted.LastActAt = t0.Add(5 * time.Second)
	for name, c := range map[string]struct {
		ended contract.Finished // after 11 s
		do    func(e *estate)
		runs  []string
		told  string // in the message about a run that was refused
	}{
		"fires again": {healed, func(e *estate) { e.notify(30*time.Second, a1) }, []string{"1s", "30s"}, ""},
		"fires again, and the resolution came too": {healed, func(e *estate) {
			e.notify(15*time.Second, gone(a1))
			e.notify(30*time.Second, a1)
		}, []string{"1s", "30s"}, ""},
		"fires again under other labels": {healed, func(e *estate) { e.notify(30*time.Second, a2) }, []string{"1s", "30s"}, ""},
		"is listed again": {healed, func(e *estate) {
			e.sight(30*time.Second, contract.Sighting{Alerts: []contract.Alert{a1}})
		}, []string{"1s", "30s"}, ""},
		"was listed before its end": {healed, func(e *estate) {
			e.sight(30*time.Second, contract.Sighting{At: t0.Add(8 * time.Second), Alerts: []contract.Alert{a1}})
		}, []string{"1s"}, ""},
		"fires again too soon": {acted, func(e *estate) {
			e.notify(30*time.Second, a1)
			e.notify(40*time.Second, gone(a1))
		}, []string{"1s"}, "cooldown"},
		"fired again before its report arrived": {healed, func(e *estate) {
			e.script[0].lasts = time.Minute // it stays open after its report, to tell people
			e.notify(15*time.Second, a1)
			e.after(20*time.Second, func() {
				f := healed
				f.RunID, f.Known, f.FinishedAt = down, []string{"a1"}, t0.Add(11*time.Second)
				e.env.SignalWorkflow(contract.FinishedSignal, f)
			})
		}, []string{"1s", "20s"}, ""},
		"goes on firing": {escalated, func(e *estate) {
			e.notify(30*time.Second, a1)
			e.sight(70*time.Second, contract.Sighting{Complete: true, Alerts: []contract.Alert{a1}})
		}, []string{"1s"}, ""},
		"blinks": {escalated, func(e *estate) {
			e.notify(30*time.Second, gone(a1))
			e.notify(50*time.Second, a1)
		}, []string{"1s"}, ""},
		"joined too late, and blinks": {escalated, func(e *estate) {
			e.script[0].finished.Known = []string{"a1"}
			e.notify(10*time.Second, a2)
			e.notify(10500*time.Millisecond, gone(a2))
			e.notify(30*time.Second, a2)
		}, []string{"1s", "30s"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			e.book("RedisFull", "runbook: full\nalerts: ['alertname=\"RedisFull\"']\n")
			e.script = []playedRun{{lasts: 10 * time.Second, finished: c.ended}, {lasts: 10 * time.Second, finished: escalated}}
			e.notify(time.Second, a1)
			c.do(e)
			e.look(5*time.Second, func(g contract.Guardian) {
				if g.ActiveRun == nil || g.ActiveRun.RunID != down {
					t.Errorf("active %+v", g.ActiveRun)
				}
			})
			e.guardUntilGone(time.Hour, "a1", "a2", "x1")
			var started []string
			for _, at := range e.started {
				started = append(started, at.String())
			}
			if diff := cmp.Diff(c.runs, started); diff != "" {
				t.Errorf("runs %q (-want +got):\n%s", e.triggers(), diff)
			}
			if told := strings.Join(e.called(contract.TellActivity), "\n"); !strings.Contains(told, c.told) || (told == "") != (c.told == "") {
				t.Errorf("told %q, want %q", told, c.told)
			}
		})
	}
}
