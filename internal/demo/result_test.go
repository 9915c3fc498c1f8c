//go:build !lean

package demo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"redress/definitions"
	"redress/internal/contract"
)

func TestHealed(t *testing.T) {
	t.Parallel()
	fault := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	healed := fault.Add(18 * time.Second)
	good := func() result {
		return result{
			run: contract.Run{
				Outcome: definitions.Healed, HealedAt: &healed, URL: "http://ui/run",
				Acts: []contract.RunAct{{Action: "sentinel.failover", At: fault.Add(16 * time.Second), Applied: contract.AppliedYes}},
			},
			fault: fault, cleared: fault.Add(20 * time.Second), quiet: true, failovers: 1, events: 80,
			held: []string{"RedisMissingMaster"}, master: "redis-2", keys: 100,
		}
	}
	for name, c := range map[string]struct {
		change func(*result)
		healed bool
		want   []string // in the summary
	}{
		"healed": {func(*result) {}, true, []string{
			"Outcome   healed (by Redress)", "Healed    18.0s after the fault", "Cleared   20.0s after the fault",
			"Acts      sentinel.failover at + 16.0s, applied: yes", "Paged     nobody; the silences held back RedisMissingMaster",
			"Data      100 of 100 keys on redis-2, which takes writes", "History   80 events in Temporal", "Run       http://ui/run",
		}},
		"by itself": {func(r *result) { r.run.Acts = nil }, true, []string{"by Redis's own means", "Acts      none by Redress"}},
		"paged": {
			func(r *result) { r.pages = []page{{at: fault.Add(7 * time.Second), alerts: []string{"RedisDown"}}} }, false,
			[]string{"Paged     a person was, at +  7.0s for RedisDown"},
		},
		"no master": {
			func(r *result) {
				r.trouble, r.keys = errors.Join(errors.New("no master"), errors.New("redis-1 is down")), 0
			}, false,
			[]string{"Data      no master; redis-1 is down (0 of 100 keys)"},
		},
		"refused": {
			func(r *result) {
				r.run = contract.Run{Outcome: definitions.Refused, Reason: "no quorum"}
				r.quiet = false
			}, false,
			[]string{"Outcome   refused: no quorum", "Cleared   no: an alert or a silence is still there"},
		},
	} {
		r := good()
		c.change(&r)
		if r.healed() != c.healed {
			t.Errorf("%s: healed is %t", name, r.healed())
		}
		for _, want := range c.want {
			if got := r.summary(); !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got)
			}
		}
	}
}
