package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"redress/internal/contract"
)

// notification is one firing alert about the lab, as Alertmanager sends it.
func notification(at time.Time) []byte {
	labels := map[string]string{
		"alertname": "RedisMissingMaster", "severity": "critical", "service": "redis", "redis_cluster": "cache",
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": `{}:{alertname="RedisMissingMaster"}`, "status": "firing", "receiver": "redress",
		"groupLabels": map[string]string{}, "commonLabels": labels, "commonAnnotations": map[string]string{}, "externalURL": "http://am",
		"alerts": []map[string]any{{
			"status": "firing", "labels": labels, "annotations": map[string]string{}, "startsAt": at, "endsAt": time.Time{},
			"generatorURL": "", "fingerprint": "0123456789abcdef",
		}},
	})
	if err != nil {
		panic(err)
	}
	return body
}

func post(ctx context.Context, address string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/api/v1/alertmanager", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// The same notification, ten times from two senders at once, makes one run.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.startWorker()
	second := w.startServe(w.client)
	body := notification(time.Now().UTC())
	var all sync.WaitGroup
	for i := range 10 {
		address := w.serve.Address()
		if i%2 == 1 {
			address = second.Address()
		}
		all.Go(func() {
			if code, err := post(t.Context(), address, body); err != nil || code != http.StatusAccepted {
				t.Errorf("notification %d: %d, %v", i, code, err)
			}
		})
	}
	all.Wait()
	// The lab is well, so the run soon has verified it; the alert of this test, which no
	// Alertmanager knows, it cannot see clear.
	w.eventually(60*time.Second, "the run to verify", func() bool {
		run, ok := w.run()
		return ok && run.Status == contract.RunClearing
	})
	if code, err := post(t.Context(), w.serve.Address(), body); err != nil || code != http.StatusAccepted {
		t.Errorf("repeat: %d, %v", code, err)
	}
	g, err := w.client.Guardian(t.Context(), "cache") // a query: answered after the signals before it
	if err != nil {
		t.Fatal(err)
	}
	if g.Stale || g.ActiveRun == nil || len(g.Queue) != 0 || len(g.Runs) != 0 || len(g.Alerts) != 1 {
		t.Errorf("guardian %+v, want one alert and one active run", g)
	}
	if runs := w.runs(); len(runs) != 1 {
		t.Errorf("%d runs: %+v", len(runs), runs)
	}
}

// With Temporal away nothing can be recorded: 503, so that Alertmanager tries again.
func TestTemporalAway(t *testing.T) {
	t.Parallel()
	w := newEstate(t)
	s := w.startServe(w.dial(freeAddress(t)))
	if code, err := post(t.Context(), s.Address(), notification(time.Now())); err != nil || code != http.StatusServiceUnavailable {
		t.Errorf("webhook: %d, %v, want 503", code, err)
	}
	resp, err := http.Get(fmt.Sprintf("http://%s/-/ready", s.Address()))
	if err != nil {
		t.Fatal(err)
	}
	check(t, resp.Body.Close())
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/-/ready: %s, want 503", resp.Status)
	}
}
