//go:build !lean

package demo

import (
	"strings"
	"testing"
	"time"

	"redress/definitions"
	"redress/internal/contract"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	words := glossary{strings.NewReplacer("redis://10.0.0.1:1", "redis-1", "10.0.0.1:1", "redis-1", "10.0.0.2:1", "redis-2")}
	began := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	later := began.Add(6200 * time.Millisecond)
	yes, no := true, false
	for name, c := range map[string]struct {
		step contract.RunStep
		say  func(contract.RunStep) string
		want string
	}{
		"a verify begins": {
			contract.RunStep{Path: "by_itself", Kind: definitions.KindVerify, Title: "Does it heal?", Action: "sentinel.topology"},
			words.begins, "step by_itself: Does it heal? (verify sentinel.topology)",
		},
		"an act begins": {
			contract.RunStep{Path: "failover", Kind: definitions.KindAct, Title: "Ask", Action: "sentinel.failover", Input: []byte(`{"expect_master":"10.0.0.1:1"}`)},
			words.begins, `step failover: ACTS: Ask (sentinel.failover {"expect_master":"redis-1"})`,
		},
		"the master is gone": {
			contract.RunStep{
				Path: "by_itself", Kind: definitions.KindVerify, Action: "sentinel.topology", Status: contract.StepFailed, Held: &no,
				StartedAt: &began, FinishedAt: &later, Error: "result.master.reachable is false",
				Result: []byte(`{"master": {"address": "10.0.0.1:1", "reachable": false}, "replicas": [{"address": "10.0.0.2:1", "electable": true}],
					"sentinels": {"known": 3, "reachable": 3, "master_o_down": 3, "agree": true}}`),
			},
			words.ends,
			"step by_itself: it did not come to that after 6.2s: the master redis-1 does not answer; 1 of 1 replicas fit to take over; 3 of 3 Sentinels say that it is down",
		},
		"all is well": {
			contract.RunStep{
				Path: "healthy", Kind: definitions.KindVerify, Action: "sentinel.topology", Status: contract.StepDone, Held: &yes,
				Result: []byte(`{"master": {"address": "10.0.0.2:1", "reachable": true, "role": "master", "writable": true},
					"replicas": [{"address": "10.0.0.1:1", "online": true}], "sentinels": {"known": 3, "reachable": 2, "agree": true}}`),
			},
			words.ends, "step healthy: it holds: redis-2 is the master and takes writes; 1 of 1 replicas in sync; 2 of 3 Sentinels agree",
		},
		"what is unknown is not said": {
			contract.RunStep{
				Path: "healthy", Kind: definitions.KindCheck, Action: "sentinel.topology", Status: contract.StepDone,
				Result: []byte(`{"master": {"address": "10.0.0.2:1", "reachable": true, "role": "replica"}, "replicas": [], "sentinels": {"known": 3}}`),
			},
			words.ends, `step healthy: done: redis-2 answers as "replica" and takes no writes; 0 of 0 replicas in sync`,
		},
		"a guard refuses": {
			contract.RunStep{Path: "guard#1", Kind: definitions.KindGuard, Status: contract.StepRefused, Error: "the master 10.0.0.1:1 answers"},
			words.ends, "step guard#1: refused: the master redis-1 answers",
		},
		"another action": {
			contract.RunStep{Path: "look", Kind: definitions.KindCheck, Action: "redis.info", Status: contract.StepDone, Result: []byte(`{"role":"` + strings.Repeat("x", 300) + `"}`)},
			words.ends, `step look: done: {"role":"` + strings.Repeat("x", 191) + "…",
		},
	} {
		if got := c.say(c.step); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestAlertOf(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		`{}/{service="redis"}:{alertname="RedisDown", redis_cluster="cache"}`: "RedisDown",
		`{}:{}`: `{}:{}`,
	} {
		if got := alertOf(key); got != want {
			t.Errorf("alertOf(%s) = %s, want %s", key, got, want)
		}
	}
}
