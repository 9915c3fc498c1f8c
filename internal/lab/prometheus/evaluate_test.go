package prometheus

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The life of an alert: pending, firing, resolved, and firing again as a new episode.
func TestEvaluate(t *testing.T) {
	t.Parallel()
	var changes []string
	w := &watcher{
		Options: Options{
			Rules: RedisRules(), Labels: map[string]string{"service": "redis"},
			OnChange: func(a Alert) {
				what := " resolved " + a.EndsAt.Format("05")
				if a.Firing {
					what = " firing " + a.StartsAt.Format("05")
				}
				changes = append(changes, a.Labels["alertname"]+a.Labels["instance"]+what)
			},
		},
		states: map[string]*state{},
	}
	up := []Instance{{Address: "a:1", Up: true, Role: "master"}, {Address: "b:1", Up: true, Role: "slave", LinkUp: true}}
	dead := []Instance{{Address: "a:1"}, {Address: "b:1", Up: true, Role: "slave"}}
	moved := []Instance{{Address: "a:1"}, {Address: "b:1", Up: true, Role: "master"}}
	begin := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	for second, scraped := range [][]Instance{
		0: up, 1: dead, 2: dead, 3: up, // only pending: RedisMissingMaster waits 2s
		4: dead, 5: dead, 6: dead, 7: dead, 8: dead, 9: dead, // RedisMasterLinkDown waits 5s
		10: moved, 11: moved, 12: dead, 13: dead, 14: dead, 15: moved,
		16: moved, 17: moved, 18: moved, 19: moved, 20: up, // RedisDown waits 15s
	} {
		w.evaluate(begin.Add(time.Duration(second)*time.Second), scraped)
	}
	want := []string{
		"RedisMissingMaster firing 06",
		"RedisMasterLinkDownredis://b:1 firing 09",
		"RedisMasterLinkDownredis://b:1 resolved 10",
		"RedisMissingMaster resolved 10",
		"RedisMissingMaster firing 14",
		"RedisMissingMaster resolved 15",
		"RedisDownredis://a:1 firing 19",
		"RedisDownredis://a:1 resolved 20",
	}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	w.evaluate(begin.Add(20*time.Second+keepResolved), up)
	if len(w.states) != 1 {
		t.Errorf("after %s the last one that resolved is still kept, and no other: got %d", keepResolved, len(w.states))
	}
	w.evaluate(begin.Add(21*time.Second+keepResolved), up)
	if len(w.states) != 0 {
		t.Errorf("%d alerts are never forgotten", len(w.states))
	}
}
