package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/internal/contract"
)

// Only a complete sighting proves that an alert is gone, and only by younger news.
func TestSightings(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.script[0].lasts = 10 * time.Minute
	e.sight(time.Second, contract.Sighting{Alerts: []contract.Alert{alert("a1", "RedisDown")}})                                                  // nobody else reported it
	e.sight(10*time.Second, contract.Sighting{})                                                                                                 // proves nothing
	e.sight(20*time.Second, contract.Sighting{Complete: true, At: t0})                                                                           // older than what is known
	e.sight(30*time.Second, contract.Sighting{Complete: true, Alerts: []contract.Alert{alert("a1", "RedisDown")}})                               // still there
	e.sight(40*time.Second, contract.Sighting{Complete: true})                                                                                   // gone
	e.sight(41*time.Second, contract.Sighting{Complete: true, At: t0.Add(39 * time.Second), Alerts: []contract.Alert{alert("a1", "RedisDown")}}) // from before
	e.sight(50*time.Second, contract.Sighting{Alerts: []contract.Alert{alert("a1", "RedisDown"), alert("b1", "RedisLink")}})
	e.guardUntilGone(time.Hour, "a1", "b1")
	e.want("down a1")
	var heard []string
	for _, c := range e.heard[e.runs[0].RunID] {
		heard = append(heard, fmt.Sprintf("+%s -%s", names(c.Joined), strings.Join(c.Resolved, ",")))
	}
	if diff := cmp.Diff([]string{"+ -a1", "+a1,b1 -"}, heard); diff != "" {
		t.Errorf("the run heard (-want +got):\n%s", diff)
	}
}

// An alert that others suppress is not gone, and begins nothing.
func TestSuppressedSightings(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.notify(time.Second, alert("a1", "RedisDown"))
	e.sight(20*time.Second, contract.Sighting{Complete: true, Suppressed: []string{"a1", "a2"}})
	e.sight(80*time.Second, contract.Sighting{Complete: true, Suppressed: []string{"a1", "a2"}})
	e.look(90*time.Second, func(g contract.Guardian) {
		if len(g.Alerts) != 1 || !g.Alerts[0].Alert.Firing() {
			t.Errorf("alerts %+v", g.Alerts)
		}
	})
	e.sight(140*time.Second, contract.Sighting{Complete: true, Suppressed: []string{"a2"}})
	e.look(141*time.Second, func(g contract.Guardian) {
		if g.Alerts[0].Alert.Firing() {
			t.Errorf("alerts %+v", g.Alerts)
		}
	})
	e.guard()
	e.want("down a1")
}

// An alert that no sighting has listed is gone when two in a row do not list it.
func TestNeverSighted(t *testing.T) {
	t.Parallel()
	all := func(at time.Duration, alerts ...contract.Alert) func(e *estate) {
		return func(e *estate) { e.sight(at, contract.Sighting{Complete: true, Alerts: alerts}) }
	}
	some := func(e *estate) { e.sight(70*time.Second, contract.Sighting{}) }
	for name, c := range map[string]struct {
		seen  []func(e *estate)
		fires bool // after two minutes
	}{
		"none":                               {fires: true},
		"one":                                {seen: []func(e *estate){all(20 * time.Second)}, fires: true},
		"two":                                {seen: []func(e *estate){all(20 * time.Second), all(80 * time.Second)}},
		"one that repeated itself":           {seen: []func(e *estate){all(20 * time.Second), all(22 * time.Second)}, fires: true},
		"two, one is not complete":           {seen: []func(e *estate){all(20 * time.Second), some}, fires: true},
		"two that are, with another between": {seen: []func(e *estate){all(20 * time.Second), some, all(80 * time.Second)}},
		"listed, then gone":                  {seen: []func(e *estate){all(20*time.Second, alert("a1", "RedisDown")), all(80 * time.Second)}},
		"gone, then listed":                  {seen: []func(e *estate){all(20 * time.Second), all(80*time.Second, alert("a1", "RedisDown"))}, fires: true},
		"reported between": {seen: []func(e *estate){
			all(20 * time.Second), func(e *estate) { e.notify(50*time.Second, alert("a1", "RedisDown")) }, all(80 * time.Second),
		}, fires: true},
		"listed before it blinked": {seen: []func(e *estate){
			all(20*time.Second, alert("a1", "RedisDown")), func(e *estate) { e.notify(30*time.Second, gone(alert("a1", ""))) },
			func(e *estate) { e.notify(50*time.Second, alert("a1", "RedisDown")) }, all(80 * time.Second),
		}, fires: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			e.notify(time.Second, alert("a1", "RedisDown"))
			for _, do := range c.seen {
				do(e)
			}
			e.look(2*time.Minute, func(g contract.Guardian) {
				if len(g.Alerts) != 1 || g.Alerts[0].Alert.Firing() != c.fires {
					t.Errorf("alerts %+v", g.Alerts)
				}
			})
			e.guardUntilGone(time.Hour, "a1")
			e.want("down a1")
		})
	}
}
