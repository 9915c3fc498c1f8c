package alertmanager

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/definitions"
	"redress/internal/contract"
)

func TestStatusAlert(t *testing.T) {
	onEach(t, func(w *world) {
		r := w.reporter(func(o *Options) { o.StatusAlerts = true })
		running := run("a.x.1")
		running.Alerts = []contract.RunAlert{{Fingerprint: "c0ffee"}}
		if err := r.Status(w.t.Context(), contract.StatusAlert{Run: running}); err != nil {
			w.t.Fatal(err)
		}
		all := w.listed()
		if len(all) != 1 {
			w.t.Fatalf("%d alerts, want the status alert", len(all))
		}
		want := map[string]string{"alertname": "RedressRun", "target": "cache-prod", "runbook": "redis-master-down", "severity": "none"}
		if diff := cmp.Diff(want, map[string]string(all[0].Labels)); diff != "" {
			w.t.Errorf("labels (-want +got):\n%s", diff)
		}
		want = map[string]string{
			"summary": "Redress runs redis-master-down on cache-prod: running, at step before.",
			"status":  "running", "step": "before", "redress_url": running.URL, "alert_fingerprint": "c0ffee",
		}
		if diff := cmp.Diff(want, map[string]string(all[0].Annotations)); diff != "" {
			w.t.Errorf("annotations (-want +got):\n%s", diff)
		}
		if lease := time.Until(time.Time(*all[0].EndsAt)); lease > 3*time.Minute || lease < 2*time.Minute+50*time.Second {
			w.t.Errorf("it lives for %s, want 3m", lease)
		}

		running.Status, running.Outcome = contract.RunFinished, definitions.Healed
		for range 2 { // it may be repeated
			if err := r.Status(w.t.Context(), contract.StatusAlert{Run: running}); err != nil {
				w.t.Fatal(err)
			}
		}
		eventually(w.t, "the status alert is resolved", func() bool { return len(w.listed()) == 0 })
	})
}

func TestStatusAlertsAreOffUnlessAskedFor(t *testing.T) {
	onEach(t, func(w *world) {
		if err := w.reporter().Status(w.t.Context(), contract.StatusAlert{Run: run("a.x.1")}); err != nil {
			w.t.Fatal(err)
		}
		if all := w.listed(); len(all) != 0 {
			w.t.Errorf("%d alerts, want none", len(all))
		}
	})
}

func TestStatusAlertNeedsOnePeerOfEachCluster(t *testing.T) {
	w := newWorld(t, startInProcess)
	dead := deadURL(t)
	status := contract.StatusAlert{Run: run("a.x.1")}
	for name, test := range map[string]struct {
		clusters [][]string
		ok       bool
	}{
		"a peer down":    {[][]string{{dead, w.url}}, true},
		"a cluster down": {[][]string{{dead}, {w.url}}, false},
	} {
		r := w.reporter(func(o *Options) { o.StatusAlerts, o.Clusters = true, test.clusters })
		if err := r.Status(t.Context(), status); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
