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

func (e *estate) want(triggers ...string) {
	e.t.Helper()
	if diff := cmp.Diff(triggers, e.triggers()); diff != "" {
		e.t.Errorf("runs (-want +got):\n%s", diff)
	}
}

// Duplicates and repeats of a notification make one run.
func TestGuardianFolds(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for i := range 10 {
		e.notify(time.Second+time.Duration(i/5)*time.Millisecond, alert("a1", "RedisDown"))
	}
	for i := range 30 {
		e.notify(time.Duration(i+2)*time.Second, alert("a1", "RedisDown"))
	}
	e.notify(35*time.Second, gone(alert("a1", "RedisDown")))
	took := e.guard()
	e.want("down a1")
	if len(e.plans) != 1 || len(e.heard[e.runs[0].RunID]) != 0 {
		t.Errorf("asked for %d plans; the run heard %+v", len(e.plans), e.heard)
	}
	if in := e.runs[0]; in.RunID != "cache-prod.down.20261121T030413Z" || in.Target.TaskQueue != "zone-a" || in.Target.Labels["env"] != "prod" ||
		in.Receiver != "oncall" || in.Mode != definitions.Auto || len(in.Notifications) != 1 || in.Notifications[0].Alerts != nil {
		t.Errorf("input %+v", in)
	}
	// It remembers the run for as long as its limit looks back: 6 h from its start.
	if want := 6*time.Hour + time.Second; took != want {
		t.Errorf("the guardian ended after %s, want %s", took, want)
	}
}

// The alerts of one incident make one run, whichever came first.
func TestGuardianGroups(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.book("RedisLink", "runbook: link\nalerts: ['alertname=\"RedisLink\"']\n")
	e.script[0].lasts = time.Minute
	e.notify(time.Second, alert("c1", "RedisLink"), alert("b1", "RedisDown"), alert("b2", "RedisDown"), alert("z1", "Other"))
	e.books["RedisDown"] = book(t, "runbook: down\npriority: 1\nalerts: ['alertname=\"RedisDown\"']\ncovers: ['alertname=\"RedisLink\"']\nsteps: [{stop: no_action}]")
	e.notify(20*time.Second, alert("b3", "RedisDown"))
	e.notify(30*time.Second, alert("c2", "RedisLink"))
	e.notify(40*time.Second, gone(alert("b1", "RedisDown")), alert("b1x", "Other"))
	e.notify(50*time.Second, gone(alert("b2", "RedisDown")), gone(alert("b3", "RedisDown")), gone(alert("c1", "RedisLink")),
		gone(alert("c2", "RedisLink")), gone(alert("z1", "Other")), gone(alert("b1x", "Other")))
	e.guard()
	e.want("down b1,b2,c1")
	var heard []string
	for _, c := range e.heard[e.runs[0].RunID] {
		heard = append(heard, fmt.Sprintf("+%s -%s %t", names(c.Joined), strings.Join(c.Resolved, ","), c.Notification != nil))
	}
	if diff := cmp.Diff([]string{"+b3 - true", "+c2 - true", "+ -b1 true", "+ -b2,b3,c1,c2 true"}, heard); diff != "" {
		t.Errorf("the run heard (-want +got):\n%s", diff)
	}
}

// on is RedisDown of a node.
func on(fingerprint, instance string) contract.Alert {
	a := alert(fingerprint, "RedisDown")
	a.Labels["instance"] = instance
	return a
}

// An alert that was away for a minute is a new episode; a shorter gap is a blink.
func TestEpisodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		next  contract.Alert
		after time.Duration
		runs  int
	}{
		"same alert within a minute":          {on("a1", "redis://10.0.0.1:6379"), 59 * time.Second, 1},
		"same alert after a minute":           {on("a1", "redis://10.0.0.1:6379"), time.Minute, 2},
		"other labels within five minutes":    {alert("a2", "RedisDown"), 4*time.Minute + 59*time.Second, 1},
		"other labels after five minutes":     {alert("a2", "RedisDown"), 5 * time.Minute, 2},
		"another node, however soon it came":  {on("a3", "redis://10.0.0.3:6379"), time.Second, 2},
		"another alert, however soon it came": {alert("x1", "RedisFull"), time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			e.book("RedisFull", "runbook: full\nalerts: ['alertname=\"RedisFull\"']\n")
			first := on("a1", "redis://10.0.0.1:6379")
			e.notify(time.Second, first)
			e.notify(20*time.Second, gone(first))
			e.notify(20*time.Second+c.after, c.next)
			e.notify(time.Hour, gone(c.next))
			e.look(time.Minute*10, func(g contract.Guardian) {
				if len(g.Alerts) != 1 || g.Alerts[0].RunID == "" {
					t.Errorf("alerts %+v", g.Alerts)
				}
			})
			e.guard()
			if len(e.runs) != c.runs {
				t.Errorf("runs %q, want %d", e.triggers(), c.runs)
			}
		})
	}
}

// Labels that change while a run is active: the run hears of the alert as it is now.
func TestRenamedJoins(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.book("RedisDown", "runbook: down\nalerts: ['alertname=\"RedisDown\",instance=\"a1\"']\n")
	e.script[0].lasts = time.Minute
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.notify(10*time.Second, gone(alert("a1", "RedisDown")))
	e.notify(20*time.Second, alert("a2", "RedisDown"))
	e.notify(30*time.Second, gone(alert("a2", "RedisDown")))
	e.guard()
	e.want("down a1")
	if heard := e.heard[e.runs[0].RunID]; len(heard) != 3 || names(heard[1].Joined) != "a2" || heard[2].Resolved[0] != "a2" {
		t.Errorf("the run heard %+v", heard)
	}
}

// Alerts for one run may differ in what policy allows: the least counts.
func TestLowestMode(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.plan = func(req contract.PlanRequest) (contract.PlanAnswer, error) {
		answer, err := e.byName(req)
		for i, a := range req.Alerts {
			if a.Fingerprint == "a2" {
				answer.Plans[i].Mode, answer.Plans[i].ModeWhy = definitions.Observe, "policy rule 2"
			}
		}
		return answer, err
	}
	e.notify(time.Second, alert("a1", "RedisDown"), alert("a2", "RedisDown"))
	e.notify(time.Minute, gone(alert("a1", "RedisDown")), gone(alert("a2", "RedisDown")))
	e.guard()
	e.want("down a1,a2")
	if e.runs[0].Mode != definitions.Observe || e.runs[0].ModeWhy != "policy rule 2" {
		t.Errorf("mode %s: %s", e.runs[0].Mode, e.runs[0].ModeWhy)
	}
}

func (e *estate) guardUntilGone(at time.Duration, fingerprints ...string) time.Duration {
	e.t.Helper()
	for _, f := range fingerprints {
		e.notify(at, gone(alert(f, "")))
	}
	return e.guard()
}

// A plan that fails is asked for again, less and less often; nothing that comes meanwhile
// is lost, and the run has the notification that led to it.
func TestPlanFails(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	var at []time.Duration
	e.plan = func(req contract.PlanRequest) (contract.PlanAnswer, error) {
		at = append(at, e.env.Now().Sub(t0))
		if len(at) < 4 {
			return contract.PlanAnswer{}, permanent("no such target")
		}
		return e.byName(req)
	}
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.notify(10*time.Second, alert("a2", "RedisDown"))
	e.guardUntilGone(time.Hour, "a1", "a2")
	e.want("down a1,a2")
	if diff := cmp.Diff([]time.Duration{time.Second, 31 * time.Second, 91 * time.Second, 211 * time.Second}, at); diff != "" {
		t.Errorf("asked at (-want +got):\n%s", diff)
	}
	if len(e.runs[0].Notifications) != 2 {
		t.Errorf("notifications %+v", e.runs[0].Notifications)
	}
}

// Signals that arrive while the guardian waits for an activity are not lost.
func TestSignalsDuringActivities(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.book("RedisFull", "runbook: full\nalerts: ['alertname=\"RedisFull\"']\n")
	e.slow[contract.PlanActivity] = 10 * time.Second
	e.script[0].lasts = time.Minute
	e.notify(time.Second, alert("a1", "RedisDown"), alert("a3", "RedisDown"))
	e.notify(5*time.Second, alert("b1", "RedisLink"), gone(alert("a3", "RedisDown")))
	e.notify(6*time.Second, alert("x1", "RedisFull"))
	e.sight(7*time.Second, contract.Sighting{Alerts: []contract.Alert{alert("b2", "RedisLink")}})
	e.guardUntilGone(time.Hour, "a1", "b1", "b2", "x1")
	e.want("down a1,a3", "full x1")
	var heard []string
	for _, c := range e.heard[e.runs[0].RunID] {
		heard = append(heard, fmt.Sprintf("+%s -%s", names(c.Joined), strings.Join(c.Resolved, ",")))
	}
	if diff := cmp.Diff([]string{"+b1,b2 -a3"}, heard); diff != "" {
		t.Errorf("the run heard (-want +got):\n%s", diff)
	}
}

// The report of another run than the active one changes nothing.
func TestWrongFinished(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.script[0].lasts = time.Minute
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.after(10*time.Second, func() {
		e.env.SignalWorkflow(contract.FinishedSignal, contract.Finished{RunID: "cache-prod.down.20200101T000000Z", Outcome: definitions.Failed})
	})
	e.look(30*time.Second, func(g contract.Guardian) {
		if g.ActiveRun == nil || len(g.Runs) != 0 {
			t.Errorf("active %+v, runs %+v", g.ActiveRun, g.Runs)
		}
	})
	e.look(2*time.Minute, func(g contract.Guardian) {
		if g.ActiveRun != nil || len(g.Runs) != 1 || g.Runs[0].Outcome != definitions.Healed || len(g.Alerts) != 1 || g.Alerts[0].RunID != e.runs[0].RunID {
			t.Errorf("state %+v", g)
		}
	})
	e.guardUntilGone(time.Hour, "a1")
	e.want("down a1")
	if told := e.called(contract.TellActivity); len(told) != 0 {
		t.Errorf("told %q", told)
	}
}

// An alert that joined too late for the run to know it is planned anew; one that the run
// saw clear is gone.
func TestJoinedTooLate(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.book("RedisLink", "runbook: link\nalerts: ['alertname=\"RedisLink\"']\n")
	e.script[0].finished.Resolved = []string{"a1"}
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.notify(5*time.Second, alert("b1", "RedisLink"))
	e.look(15*time.Second, func(g contract.Guardian) {
		if g.Alerts[0].Alert.Firing() || g.ActiveRun == nil || g.ActiveRun.Runbook != "link" {
			t.Errorf("state %+v", g)
		}
	})
	e.guardUntilGone(time.Hour, "b1")
	e.want("down a1", "link b1")
}

// A run that ends without a report does not hold the target for ever.
func TestRunIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run  playedRun
		next time.Duration // when the next run starts
		told string
	}{
		"its report was lost": {playedRun{lasts: 10 * time.Second, silent: true, finished: contract.Finished{Outcome: definitions.Failed}}, 11 * time.Second, ""},
		"it was terminated": {
			playedRun{lasts: 10 * time.Second, dies: true},
			131 * time.Second,
			"notify : account: the run's workflow was closed in Temporal before it could report",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			e.book("RedisFull", "runbook: full\nalerts: ['alertname=\"RedisFull\"']\n")
			e.script = append([]playedRun{c.run}, e.script...)
			e.notify(time.Second, alert("a1", "RedisDown"))
			e.notify(2*time.Second, alert("x1", "RedisFull"))
			e.look(3*time.Minute, func(g contract.Guardian) {
				if len(g.Runs) != 2 || g.Runs[0].Outcome != definitions.Failed {
					t.Errorf("runs %+v", g.Runs)
				}
			})
			e.guardUntilGone(time.Hour, "a1", "x1")
			e.want("down a1", "full x1")
			if e.started[1] != c.next {
				t.Errorf("the next one started after %s, want %s", e.started[1], c.next)
			}
			if told := strings.Join(e.called(contract.TellActivity), "\n"); told != c.told {
				t.Errorf("told %q, want %q", told, c.told)
			}
		})
	}
}

// The round's report of a dead run ends it, begins the cooldown, and is told to people.
func TestRoundReportsDeadRun(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.script[0] = playedRun{lasts: time.Second, dies: true}
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.after(30*time.Second, func() {
		e.env.SignalWorkflow(contract.FinishedSignal, contract.Finished{
			RunID: e.runs[0].RunID, Outcome: definitions.Failed, Reason: "closed", FinishedAt: t0.Add(30 * time.Second), LastActAt: t0.Add(10 * time.Second),
		})
	})
	e.look(time.Minute, func(g contract.Guardian) {
		if g.ActiveRun != nil || g.CooldownUntil == nil || !g.CooldownUntil.Equal(t0.Add(10*time.Minute+10*time.Second)) {
			t.Errorf("state %+v", g)
		}
	})
	e.guardUntilGone(time.Hour, "a1")
	if diff := cmp.Diff([]string{"notify : account: closed"}, e.called(contract.TellActivity)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if got := e.tells[0]; got.Run.ID != e.runs[0].RunID || got.Run.Runbook != "down" || names(got.Alerts) != "a1" {
		t.Errorf("told of %+v about %q", got.Run, names(got.Alerts))
	}
}

// A receiver that is away keeps no other run from its start, and no message is cut off.
func TestTellingTakesTime(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.book("RedisDown", "runbook: down\nlimits: {runs: {max: 1, per: 1m}}\nalerts: ['alertname=\"RedisDown\"']\n")
	e.book("RedisFull", "runbook: full\nlimits: {runs: {max: 1, per: 1m}}\nalerts: ['alertname=\"RedisFull\"']\n")
	e.slow[contract.TellActivity] = 40 * time.Second
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.notify(15*time.Second, alert("a2", "RedisDown")) // refused
	e.notify(16*time.Second, alert("x1", "RedisFull"))
	e.after(20*time.Second, func() { e.env.SetContinueAsNewSuggested(true) })
	if took := e.guard(); took != 55*time.Second {
		t.Errorf("continued as new after %s", took)
	}
	e.want("down a1", "full x1")
	if e.started[1] != 16*time.Second {
		t.Errorf("started %v", e.started)
	}
	if len(e.tells) != 1 {
		t.Errorf("told %+v", e.tells)
	}
}

// While a run lasts, time costs the guardian nothing.
func TestGuardianSleeps(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	timers := 0
	e.env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	e.script[0].lasts = time.Hour
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.notify(5*time.Second, gone(alert("a1", "RedisDown")))
	at := 0
	e.look(50*time.Minute, func(contract.Guardian) { at = timers })
	e.guard()
	if at > 6 { // one is the run's own
		t.Errorf("%d timers in the first 50 minutes", at)
	}
}
