package workflows_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
)

// payload is what a message weighs in Temporal, which takes 2 MB at most.
func payload(t *testing.T, v any) int {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}

// crowd is many alerts, with as much text as real ones have.
func crowd(many int) []contract.Alert {
	alerts := make([]contract.Alert, many)
	for i := range alerts {
		h := fnv.New64a()
		_, _ = fmt.Fprint(h, i) // never fails
		a := alert(fmt.Sprintf("%016x", h.Sum64()), "RedisDown")
		a.Labels["pod"], a.Labels["cluster"] = fmt.Sprintf("cache-prod-%d", i), "eu-central-1"
		a.Labels["instance"], a.Labels["job"] = fmt.Sprintf("10.0.%d.%d:9121", i/256, i%256), "redis-exporter"
		a.Annotations = map[string]string{"summary": "Redis is down", "description": strings.Repeat("It does not answer. ", 40)}
		a.GeneratorURL = "https://prometheus.example.com/graph?g0.expr=" + strings.Repeat("redis_up", 15)
		alerts[i] = a
	}
	return alerts
}

// Thousands of alerts about one target make one run, and no message that Temporal refuses.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const many, most = 3000, 1_400_000 // bytes
	e := newEstate(t)
	// This is about sizes. How fast the machine is just now is not.
	e.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: 30 * time.Second})
	e.book("RedisDown", "runbook: down\nfor: 1m\nlimits: {runs: {max: 1, per: 1h}}\nalerts: ['alertname=\"RedisDown\"']\n")
	e.script[0].lasts = time.Minute
	e.script[0].finished.Known = []string{"none"} // of all that joined: another run, which a limit refuses
	alerts := crowd(many)
	e.notify(time.Second, alerts...)
	e.sight(30*time.Second, contract.Sighting{Complete: true, Alerts: alerts})
	e.after(10*time.Minute, func() { e.env.SetContinueAsNewSuggested(true) })
	e.sight(10*time.Minute+time.Second, contract.Sighting{Complete: true, Alerts: alerts})
	err := e.execute(contract.GuardianInput{
		Target: contract.TargetRef{Name: target},
		State:  &contract.Guardian{Runs: []contract.PastRun{{RunID: "old", StartedAt: t0, Keep: 1 << 31}}},
	})
	var next *workflow.ContinueAsNewError
	if !errors.As(err, &next) {
		t.Fatalf("the guardian ended with %v", err)
	}
	if len(e.runs) != 1 || len(e.tells) != 1 || len(e.tells[0].Alerts) != many {
		t.Fatalf("%d runs, %d messages", len(e.runs), len(e.tells))
	}
	known, annotations := map[string]bool{}, 0
	note := func(alerts []contract.Alert) {
		for _, a := range alerts {
			known[a.Fingerprint] = true
			if a.Annotations != nil {
				annotations++
			}
		}
	}
	note(e.runs[0].Alerts)
	sizes := map[string]int{
		"run": payload(t, e.runs[0]), "message": payload(t, e.tells[0]), "next": len(next.Input.GetPayloads()[0].GetData()),
	}
	for _, p := range e.plans {
		sizes["plan"] = max(sizes["plan"], payload(t, p))
	}
	for _, c := range e.heard[e.runs[0].RunID] {
		note(c.Joined)
		sizes["news"] = max(sizes["news"], payload(t, c))
	}
	for what, size := range sizes {
		if size > most {
			t.Errorf("%s: %d bytes", what, size)
		}
	}
	t.Logf("sizes: %v", sizes)
	if len(known) != many || annotations != 50 {
		t.Errorf("the run knows %d alerts, %d with annotations", len(known), annotations)
	}
	var in contract.GuardianInput
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(many, len(in.State.Alerts)); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
}
