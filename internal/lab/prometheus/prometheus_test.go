//go:build !lean

package prometheus_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/internal/lab"
	"redress/internal/lab/alertmanager"
	"redress/internal/lab/prometheus"
)

// receiver is an Alertmanager that only takes notes.
type receiver struct {
	mu     sync.Mutex
	refuse bool
	posts  []prometheus.Alert
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	var alerts []prometheus.Alert
	if err := json.NewDecoder(req.Body).Decode(&alerts); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.posts = append(r.posts, alerts...)
}

func (r *receiver) setRefuse(refuse bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = refuse
}

func (r *receiver) seen() []prometheus.Alert {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]prometheus.Alert(nil), r.posts...)
}

const (
	interval = 50 * time.Millisecond
	resend   = 400 * time.Millisecond
)

// watch watches a lab of one server that is killed, and tells the Alertmanagers.
func watch(t *testing.T, alertmanagers ...string) (node *lab.Node, changes <-chan prometheus.Alert, stop func()) {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Options{Replicas: -1, Sentinels: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	rules := prometheus.RedisRules()[:1]
	rules[0].For = 2 * interval
	heard := make(chan prometheus.Alert, 10)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		prometheus.Watch(ctx, prometheus.Options{
			Instances: []string{l.Nodes()[0].Addr()}, Rules: rules, Labels: map[string]string{"redis_cluster": "cache"},
			Alertmanagers: alertmanagers, Interval: interval, Resend: resend,
			OnChange: func(a prometheus.Alert) { heard <- a },
		})
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	if err := l.Nodes()[0].Kill(); err != nil {
		t.Fatal(err)
	}
	return l.Nodes()[0], heard, stop
}

func TestSendsLikePrometheus(t *testing.T) {
	t.Parallel()
	r := &receiver{refuse: true}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	node, changes, _ := watch(t, server.URL)
	fired := next(t, changes)
	if !fired.Firing {
		t.Fatalf("the first change is no firing: %+v", fired)
	}
	r.setRefuse(false)
	// What could not be delivered is tried again, and what fires is sent again.
	eventually(t, func() bool { return len(r.seen()) >= 3 })
	first, second := r.seen()[0], r.seen()[1]
	if diff := cmp.Diff(map[string]string{"alertname": "RedisMissingMaster", "severity": "critical", "redis_cluster": "cache"}, first.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if first.Annotations["summary"] == "" {
		t.Error("no summary")
	}
	if !first.StartsAt.Equal(fired.StartsAt) || !second.StartsAt.Equal(fired.StartsAt) {
		t.Errorf("startsAt %s, then %s; it fires since %s", first.StartsAt, second.StartsAt, fired.StartsAt)
	}
	if apart := second.EndsAt.Sub(first.EndsAt); apart < resend {
		t.Errorf("sent again after %s, less than %s", apart, resend)
	}
	if left := time.Until(second.EndsAt); left > 4*resend {
		t.Errorf("it would fire for another %s if Prometheus vanished", left)
	}
	if err := node.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	over := next(t, changes)
	if over.Firing {
		t.Fatalf("the second change is no resolution: %+v", over)
	}
	eventually(t, func() bool {
		posts := r.seen()
		return posts[len(posts)-1].EndsAt.Equal(over.EndsAt)
	})
	if over.EndsAt.After(time.Now()) {
		t.Errorf("resolved in the future, at %s", over.EndsAt)
	}
}

// An Alertmanager takes what is sent, and lets an alert go of which it hears no more.
func TestRealAlertmanager(t *testing.T) {
	t.Parallel()
	am, err := alertmanager.Start(t.Context(), alertmanager.Options{Config: "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := am.Close(); err != nil {
			t.Error(err)
		}
	})
	node, changes, stop := watch(t, am.URL())
	next(t, changes)
	eventually(t, func() bool { return listed(t, am) == 1 })
	if err := node.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	next(t, changes)
	eventually(t, func() bool { return listed(t, am) == 0 })
	if err := node.Kill(); err != nil {
		t.Fatal(err)
	}
	next(t, changes)
	eventually(t, func() bool { return listed(t, am) == 1 })
	stop()
	eventually(t, func() bool { return listed(t, am) == 0 })
}

func listed(t *testing.T, am *alertmanager.Server) int {
	t.Helper()
	resp, err := http.Get(am.URL() + "/api/v2/alerts?filter=" + url.QueryEscape(`redis_cluster="cache"`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var alerts []json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&alerts); err != nil {
		t.Fatal(err)
	}
	return len(alerts)
}

func next(t *testing.T, changes <-chan prometheus.Alert) prometheus.Alert {
	t.Helper()
	select {
	case a := <-changes:
		return a
	case <-time.After(20 * time.Second):
		t.Fatal("no alert changed")
		return prometheus.Alert{}
	}
}

func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to that in 20s")
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(interval / 5):
		}
	}
}
