package alertmanager

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/internal/contract"
)

// watching is a watch that goes on in the background.
type watching struct {
	answer chan contract.Watched
	err    chan error
}

func startWatch(ctx context.Context, r *Reporter, w contract.Watch) watching {
	going := watching{answer: make(chan contract.Watched, 1), err: make(chan error, 1)}
	go func() {
		answer, err := r.Watch(ctx, w)
		going.answer <- answer
		going.err <- err
	}()
	return going
}

// requests counts what is asked, so that a test knows that a look is over.
type requests struct{ alerts atomic.Int32 }

func (q *requests) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == "/api/v2/alerts" {
		q.alerts.Add(1)
	}
	return http.DefaultTransport.RoundTrip(req)
}

func TestAnAlertThatGoesWhileTheRunWorksHasItsSilenceEnded(t *testing.T) {
	onEach(t, func(w *world) {
		down, link := newAlert("RedisDown"), newAlert("RedisMasterLinkDown")
		var asked requests
		r := w.reporter(func(o *Options) { o.HTTPClient = &http.Client{Transport: &asked} })
		w.fire(down, link)
		w.told(down, "firing")
		w.told(link, "firing")
		held := mustHold(w.t, r, hold(run("a.x.1"), down, link))
		other := mustHold(w.t, r, hold(run("b.x.1"), link)) // of another run: stays
		before := asked.alerts.Load()

		going := startWatch(w.t.Context(), r, contract.Watch{
			RunID: "a.x.1", Alerts: []contract.Alert{down, link}, Silences: held.Silences, Deadline: time.Now().Add(time.Minute),
		})
		eventually(w.t, "it has looked twice", func() bool { return asked.alerts.Load() >= before+3 })
		if n := len(w.active()); n != 3 {
			w.t.Fatalf("%d silences while both alerts fire, want 3", n)
		}
		w.resolve(link)
		if diff := cmp.Diff(contract.Watched{Gone: []string{link.Fingerprint}}, <-going.answer); diff != "" {
			w.t.Errorf("watched (-want +got):\n%s", diff)
		}
		if err := <-going.err; err != nil {
			w.t.Error(err)
		}
		want := map[string]bool{other.Silences[0].ID: true}
		for _, s := range held.Silences {
			if s.Fingerprint == down.Fingerprint {
				want[s.ID] = true
			}
		}
		got := map[string]bool{}
		for _, id := range w.active() {
			got[id] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.t.Errorf("active (-want +got):\n%s", diff)
		}
	})
}

func TestAnAlertThatComesBackWhileTheRunWorksIsTold(t *testing.T) {
	onEach(t, func(w *world) {
		down, back := newAlert("RedisDown"), newAlert("RedisMasterLinkDown")
		r := w.reporter()
		w.fire(down)
		back.Status = contract.Resolved
		going := startWatch(w.t.Context(), r, contract.Watch{
			RunID: "a.x.1", Alerts: []contract.Alert{down, back}, Deadline: time.Now().Add(time.Minute),
		})
		w.fire(back)
		if diff := cmp.Diff(contract.Watched{Firing: []string{back.Fingerprint}}, <-going.answer); diff != "" {
			w.t.Errorf("watched (-want +got):\n%s", diff)
		}
		if err := <-going.err; err != nil {
			w.t.Error(err)
		}
	})
}

func TestAWatchLeavesSilencesAloneAtItsDeadline(t *testing.T) {
	onEach(t, func(w *world) {
		down := newAlert("RedisDown")
		r := w.reporter()
		w.fire(down)
		held := mustHold(w.t, r, hold(run("a.x.1"), down))
		before := time.Now()
		got, err := r.Watch(w.t.Context(), contract.Watch{
			RunID: "a.x.1", Alerts: []contract.Alert{down}, Silences: held.Silences, Deadline: before.Add(1200 * time.Millisecond),
		})
		if diff := cmp.Diff(contract.Watched{}, got); diff != "" || err != nil {
			w.t.Errorf("watched (-want +got):\n%s%v", diff, err)
		}
		if took := time.Since(before); took < 1200*time.Millisecond {
			w.t.Errorf("it answered after %s, before its deadline", took)
		}
		if len(w.active()) != 1 {
			w.t.Error("the silence of an alert that fires was ended")
		}
	})
}

func TestWhatAWatchDoesNotKnowIsNoChange(t *testing.T) {
	for name, clusters := range map[string]func(w *world) [][]string{
		"young":                     func(w *world) [][]string { return [][]string{{w.url}} },
		"one of two is down":        func(w *world) [][]string { return [][]string{{w.aged(10 * time.Minute), deadURL(w.t)}} },
		"no Alertmanager is known":  func(*world) [][]string { return nil },
		"all Alertmanagers are off": func(w *world) [][]string { return [][]string{{deadURL(w.t)}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, startInProcess)
			down := newAlert("RedisDown")
			mustHold(t, w.reporter(), hold(run("a.x.1"), down))
			urls := clusters(w)
			got, err := w.reporter(func(o *Options) { o.Clusters = urls }).Watch(t.Context(), contract.Watch{
				RunID: "a.x.1", Alerts: []contract.Alert{down}, Deadline: time.Now().Add(100 * time.Millisecond),
			})
			if diff := cmp.Diff(contract.Watched{}, got); diff != "" || err != nil {
				t.Errorf("watched (-want +got):\n%s%v", diff, err)
			}
			if len(w.active()) != 1 {
				t.Error("the silence was ended although nobody knows that the alert is gone")
			}
		})
	}
}

// A peer that takes the request and never answers must cost neither the heartbeat nor
// the promptness of a cancellation.
func TestAPeerThatHangs(t *testing.T) {
	asked := make(chan struct{}, 100)
	over := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		asked <- struct{}{}
		select {
		case <-req.Context().Done():
		case <-over:
		}
	}))
	defer hangs.Close()
	defer close(over)
	down := []contract.Alert{newAlert("RedisDown")}
	far := time.Now().Add(time.Hour)
	for name, do := range map[string]func(context.Context, *Reporter) error{
		"watch": func(ctx context.Context, r *Reporter) error {
			_, err := r.Watch(ctx, contract.Watch{RunID: "a.x.1", Alerts: down, Deadline: far})
			return err
		},
		"clear": func(ctx context.Context, r *Reporter) error {
			_, err := r.Clear(ctx, contract.Clear{RunID: "a.x.1", Alerts: down, Deadline: far})
			return err
		},
		"hold": func(ctx context.Context, r *Reporter) error {
			_, err := r.Hold(ctx, hold(run("a.x.1"), down...))
			return err
		},
		"release": func(ctx context.Context, r *Reporter) error {
			return r.Release(ctx, contract.Release{RunID: "a.x.1"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var beats atomic.Int32
			w := &world{t: t, url: hangs.URL}
			r := w.reporter(func(o *Options) { o.Heartbeat = func(context.Context) { beats.Add(1) } })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- do(ctx, r) }()
			<-asked
			eventually(t, "it heartbeats while its first request goes on", func() bool { return beats.Load() >= 2 })
			cancelled := time.Now()
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want context.Canceled", err)
			}
			if took := time.Since(cancelled); took > time.Second {
				t.Errorf("it took %s to end, want it at once", took)
			}
		})
	}
}
