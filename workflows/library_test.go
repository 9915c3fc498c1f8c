package workflows_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/definitions"
	"redress/internal/contract"
)

// masterDown is the shipped runbook.
func masterDown(t *testing.T) contract.RemediationInput {
	t.Helper()
	text, err := os.ReadFile("../definitions/library/redis-master-down.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return input(t, string(text))
}

const (
	down = `{"master": {"address": "10.0.0.1:6379", "reachable": false, "writable": false},
		"replicas": [{"online": false, "electable": true}, {"online": false, "electable": true}],
		"sentinels": {"known": 3, "quorum_ok": true, "any_tilt": false, "agree": true, "master_s_down": 3, "failover_in_progress": false},
		"epoch": 7, "down_after": "5s"}`
	healed = `{"master": {"address": "10.0.0.2:6379", "reachable": true, "writable": true},
		"replicas": [{"online": true, "electable": true}, {"online": true, "electable": true}],
		"sentinels": {"known": 3, "quorum_ok": true, "any_tilt": false, "agree": true, "master_s_down": 0, "failover_in_progress": false},
		"epoch": 8, "down_after": "5s"}`
)

func TestMasterDownHealsByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = map[string][]reply{
		"before":      {{json: down}},
		"by_itself":   {{json: healed, held: true, took: 8 * time.Second}},
		"healthy":     {{json: healed, held: true, took: 10 * time.Second}},
		"whole_again": {{json: healed, held: true, took: 5 * time.Second}},
	}
	e := w.remediate(masterDown(t))
	want := []string{
		"redress.begin", "alertmanager.hold a1", "sentinel.topology before", "sentinel.topology:verify by_itself",
		"sentinel.topology:verify healthy",
		"notify oncall: {{ .Target.Name }}: master moved from {{ .Steps.before.master.address }} to {{ .Steps.healthy.master.address }}.",
		"sentinel.topology:verify whole_again", "alertmanager.clear a1", "redress.end", "finished healed",
	}
	if diff := cmp.Diff(want, w.called()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	v := e.Run
	if v.Outcome != definitions.Healed || v.Status != contract.RunFinished || v.HealedAt == nil || v.FinishedAt == nil || len(v.Acts) != 0 || v.FirstActAt != nil {
		t.Errorf("run %+v", v)
	}
	if got := w.polls["by_itself"][0].Deadline.Sub(t0); got != 20*time.Second {
		t.Errorf("by_itself may take until %s, want 20s", got)
	}
	for _, name := range []string{"before", "healthy"} {
		if _, ok := w.tells[0].Steps[name]; !ok || len(w.tells[0].Steps) != 2 {
			t.Errorf("the message is given the steps %v, want before and healthy", w.tells[0].Steps)
		}
	}
	if len(e.Finished) != 1 || e.Finished[0].Outcome != definitions.Healed || !e.Finished[0].LastActAt.IsZero() ||
		!slices.Equal(e.Finished[0].Known, []string{"a1"}) || !slices.Equal(e.Finished[0].Resolved, []string{"a1"}) {
		t.Errorf("the guardian heard %+v", e.Finished)
	}
	if len(v.Told) != 1 || !v.Alerts[0].Resolved || len(v.Silences) != 1 || v.SilencedUntil == nil {
		t.Errorf("run %+v", v)
	}
}

func TestMasterDownHealsByAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = map[string][]reply{
		"before":                  {{json: down}},
		"by_itself":               {{json: down, why: "result.master.reachable is false", took: 20 * time.Second}},
		"by_itself.else.stuck":    {{json: down}},
		"by_itself.else.failover": {{json: `{"to": "10.0.0.2:6379"}`, act: contract.ActResult{Verdict: contract.Acted}, took: 2 * time.Second}},
		"healthy":                 {{json: healed, held: true, took: 10 * time.Second}},
		"whole_again":             {{json: healed, held: true}},
	}
	in := masterDown(t)
	e := w.remediate(in)
	if e.Run.Outcome != definitions.Healed {
		t.Fatalf("outcome %s: %s", e.Run.Outcome, e.Run.Reason)
	}
	if diff := cmp.Diff([]string{"sentinel.failover by_itself.else.failover try 1"}, w.called("sentinel.failover")); diff != "" {
		t.Errorf("acts (-want +got):\n%s", diff)
	}
	act := w.acts[0]
	if got := string(act.With.JSON); got != `{"expect_master":"10.0.0.1:6379","expect_epoch":7}` {
		t.Errorf("the act is given %s", got)
	}
	var rechecks, conditions []string
	for _, r := range act.Rechecks {
		rechecks = append(rechecks, r.Name)
	}
	for _, c := range act.Conditions {
		conditions = append(conditions, c.Path)
	}
	if diff := cmp.Diff([]string{"stuck"}, rechecks); diff != "" {
		t.Errorf("rechecks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"by_itself.else.guard#1", "by_itself.else.guard#2", "by_itself.else.guard#3", "by_itself.else.failover"}, conditions); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	if want := t0.Add(20 * time.Minute); !act.Deadline.Equal(want) || act.Timeout != time.Minute || len(act.Alerts) != 1 {
		t.Errorf("deadline %s timeout %s alerts %v", act.Deadline, act.Timeout, act.Alerts)
	}
	if len(e.Run.Acts) != 1 || e.Run.Acts[0].Applied != contract.AppliedYes || e.Run.FirstActAt == nil || e.Finished[0].LastActAt.IsZero() {
		t.Errorf("acts %+v, finished %+v", e.Run.Acts, e.Finished)
	}
	if n := len(w.called(contract.ReleaseActivity)); n != 0 {
		t.Errorf("%d releases of a healed run: the silence ends with the alert", n)
	}
}

func TestMasterDownRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stuck   string
		unknown map[string]string
		want    []string // parts of the reason
	}{
		"no quorum": {
			stuck: strings.Replace(down, `"quorum_ok": true`, `"quorum_ok": false`, 1),
			want:  []string{"Sentinel cannot agree on a failover, or is doing one.", "quorum_ok"},
		},
		"quorum unknown": {
			stuck: strings.Replace(down, `"quorum_ok": true,`, ``, 1), unknown: map[string]string{"sentinels.quorum_ok": "no Sentinel answered"},
			want: []string{"stuck.sentinels.quorum_ok is unknown: no Sentinel answered"},
		},
		"they reach the master": {
			stuck: strings.Replace(down, `"master_s_down": 3`, `"master_s_down": 1`, 1),
			want:  []string{"The Sentinels can reach the master. We cannot."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.given = map[string][]reply{
				"before": {{json: down}}, "by_itself": {{json: down}}, "by_itself.else.stuck": {{json: c.stuck, unknown: c.unknown}},
			}
			e := w.remediate(masterDown(t))
			if e.Run.Outcome != definitions.Refused {
				t.Errorf("outcome %s: %s", e.Run.Outcome, e.Run.Reason)
			}
			for _, part := range c.want {
				if !strings.Contains(e.Run.Reason, part) {
					t.Errorf("reason %q lacks %q", e.Run.Reason, part)
				}
			}
			// The page goes out first; people are told last, once, when nothing waits for it.
			calls := w.called(contract.ReleaseActivity, contract.TellActivity, contract.EndActivity, "sentinel.failover")
			if len(calls) != 3 || calls[0] != "alertmanager.release" || calls[1] != "redress.end" || !strings.HasPrefix(calls[2], "notify oncall: account") {
				t.Errorf("calls %q", calls)
			}
		})
	}
}
