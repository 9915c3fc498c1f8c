package alertmanager

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/internal/contract"
)

func TestAPageIsHeldBackUntilItIsReleased(t *testing.T) {
	onEach(t, func(w *world) {
		r, down := w.reporter(), newAlert("RedisDown")
		w.fire(down)
		w.told(down, "firing")
		held := mustHold(w.t, r, hold(run("cache-prod.redis-master-down.1"), down))
		if len(held.Silences) != 1 || held.SuppressedBy != "" || held.Why != "" {
			w.t.Fatalf("held = %+v, want one silence and no remark", held)
		}
		if want := down.StartsAt.Add(5 * time.Minute); !held.Until.Equal(want) {
			w.t.Errorf("held until %s, want %s", held.Until, want)
		}
		w.flushed("ControlOne")
		if w.mail.got("oncall", "RedisDown", "firing") {
			w.t.Fatal("people were paged while the page was held back")
		}
		release := contract.Release{RunID: "cache-prod.redis-master-down.1", Silences: held.Silences}
		for range 2 { // it may be repeated
			if err := r.Release(w.t.Context(), release); err != nil {
				w.t.Fatal(err)
			}
		}
		eventually(w.t, "people are paged", func() bool { return w.mail.got("oncall", "RedisDown", "firing") })
	})
}

func TestReleaseEndsSilencesThatItWasNotToldOf(t *testing.T) {
	onEach(t, func(w *world) {
		r, down, other := w.reporter(), newAlert("RedisDown"), newAlert("RedisDown", "redis_cluster", "feed")
		mustHold(w.t, r, hold(run("a.x.1"), down))
		kept := mustHold(w.t, r, hold(run("b.x.1"), other))
		release := contract.Release{RunID: "a.x.1", Silences: []contract.SilenceRef{
			{ID: "6d6f0d1e-0000-4000-8000-000000000000", Fingerprint: down.Fingerprint}, // never was
		}}
		if err := r.Release(w.t.Context(), release); err != nil {
			w.t.Fatal(err)
		}
		if diff := cmp.Diff([]string{kept.Silences[0].ID}, w.active()); diff != "" {
			w.t.Errorf("active silences (-want +got):\n%s", diff)
		}
	})
}

// What is known is ended also where Alertmanager does not list its silences in time.
func TestReleaseNeedsNoList(t *testing.T) {
	onEach(t, func(w *world) {
		held := mustHold(w.t, w.reporter(), hold(run("a.x.1"), newAlert("RedisDown"), newAlert("RedisMasterLinkDown")))
		noList := &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/api/v2/silences" {
				return nil, errors.New("the list is too long")
			}
			return http.DefaultTransport.RoundTrip(req)
		})}
		r := w.reporter(func(o *Options) { o.HTTPClient = noList })
		err := r.Release(w.t.Context(), contract.Release{RunID: "a.x.1", Silences: held.Silences})
		if err == nil || !strings.Contains(err.Error(), "the list is too long") {
			w.t.Errorf("error = %v, want to be told that there may be others", err)
		}
		if active := w.active(); len(active) != 0 {
			w.t.Errorf("active silences %v, want none", active)
		}
	})
}

// Where the alerts are known, only silences that mute the like of them are asked for.
func TestTheListOfSilencesIsNarrow(t *testing.T) {
	onEach(t, func(w *world) {
		odd, other := newAlert("RedisDown", "instance", `a"b\c`), newAlert("RedisDown", "redis_cluster", "feed")
		mustHold(w.t, w.reporter(), hold(run("b.x.1"), other))
		var queries []string
		spy := &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/api/v2/silences" && req.Method == http.MethodGet {
				queries = req.URL.Query()["filter"]
			}
			return http.DefaultTransport.RoundTrip(req)
		})}
		r := w.reporter(func(o *Options) { o.HTTPClient = spy })
		held := mustHold(w.t, r, hold(run("a.x.1"), odd))
		if again := mustHold(w.t, r, hold(run("a.x.1"), odd)); !cmp.Equal(held, again) {
			w.t.Errorf("held %+v, then %+v: its own silence was not found", held, again)
		}
		want := []string{`alertname="RedisDown"`, `instance="a\"b\\c"`, `redis_cluster="cache-prod"`, `service="redis"`}
		if diff := cmp.Diff(want, queries); diff != "" {
			w.t.Errorf("filter (-want +got):\n%s", diff)
		}
		got, err := r.leases(w.t.Context(), r.clusters[0][0], []contract.Alert{odd})
		if err != nil || len(got) != 1 || got[0].id != held.Silences[0].ID {
			w.t.Errorf("leases = %+v, %v, want the one of the alert", got, err)
		}
	})
}

// transport is a function that answers requests.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) { return t(req) }

func TestASilenceSaysWhatItIs(t *testing.T) {
	for name, want := range map[string]struct{ annotations bool }{
		"0.25 process": {false}, "0.34 in process": {true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, servers[name])
			down := newAlert("RedisDown", "path", `/var "x"`)
			held := mustHold(t, w.reporter(), hold(run("cache-prod.redis-master-down.1"), down))
			s := w.read(held.Silences[0].ID)
			if *s.CreatedBy != "redress/cache-prod.redis-master-down.1" {
				t.Errorf("createdBy = %q", *s.CreatedBy)
			}
			if len(s.Matchers) != len(down.Labels) {
				t.Errorf("%d matchers, want one for each of the %d labels", len(s.Matchers), len(down.Labels))
			}
			for _, m := range s.Matchers {
				if *m.Value != down.Labels[*m.Name] || *m.IsRegex {
					t.Errorf("matcher %s=%q (regex %v) does not equal the label", *m.Name, *m.Value, *m.IsRegex)
				}
			}
			sentence, _, _ := strings.Cut(*s.Comment, "\n")
			if !strings.HasPrefix(sentence, "Redress answers RedisDown on cache-prod with runbook redis-master-down ") {
				t.Errorf("comment begins %q", sentence)
			}
			facts := parseTrailer(*s.Comment)
			if _, err := time.Parse(time.RFC3339, facts[factUpdatedAt]); err != nil {
				t.Error(err)
			}
			delete(facts, factUpdatedAt)
			wantFacts := map[string]string{
				factStatus: "running", factRunbook: "redis-master-down", factSHA256: "4f2a", factStep: "before",
				factRun: "cache-prod.redis-master-down.1", factAlert: down.Fingerprint,
				factURL:       "http://127.0.0.1:8233/namespaces/default/workflows/cache-prod.redis-master-down.1",
				factHoldUntil: down.StartsAt.Add(5 * time.Minute).Format(time.RFC3339Nano),
			}
			if diff := cmp.Diff(wantFacts, map[string]string(facts)); diff != "" {
				t.Errorf("trailer (-want +got):\n%s", diff)
			}
			delete(s.Annotations, factUpdatedAt)
			if want.annotations {
				if diff := cmp.Diff(wantFacts, map[string]string(s.Annotations)); diff != "" {
					t.Errorf("annotations (-want +got):\n%s", diff)
				}
			} else if len(s.Annotations) != 0 {
				t.Errorf("annotations %v on a version that has none", s.Annotations)
			}
			lease := time.Until(time.Time(*s.EndsAt))
			if lease > 3*time.Minute || lease < 2*time.Minute+50*time.Second {
				t.Errorf("the lease is %s, want 3m", lease)
			}
		})
	}
}

func TestHoldTwiceMakesOneSilence(t *testing.T) {
	onEach(t, func(w *world) {
		r, h := w.reporter(), hold(run("a.x.1"), newAlert("RedisDown"), newAlert("RedisMasterLinkDown"))
		first, second := mustHold(w.t, r, h), mustHold(w.t, r, h)
		if diff := cmp.Diff(first, second); diff != "" {
			w.t.Errorf("the second answer differs (-first +second):\n%s", diff)
		}
		if n := len(w.silences()); n != 2 {
			w.t.Errorf("%d silences, want one for each of 2 alerts", n)
		}
	})
}

func TestWhatAPersonSilencedIsLeftAlone(t *testing.T) {
	onEach(t, func(w *world) {
		r, down := w.reporter(), newAlert("RedisDown")
		w.fire(down)
		w.silence("ana", "moving the rack", down)
		held := mustHold(w.t, r, hold(run("a.x.1"), down))
		for _, want := range []string{"RedisDown is silenced by ana until ", `"moving the rack"`} {
			if !strings.Contains(held.SuppressedBy, want) {
				w.t.Errorf("suppressed by %q, want it to contain %q", held.SuppressedBy, want)
			}
		}
		if n := len(w.silences()); n != 1 {
			w.t.Errorf("%d silences, want ana's alone", n)
		}
		by, err := r.Suppressed(w.t.Context(), "a.x.1", []contract.Alert{down})
		if err != nil || by != held.SuppressedBy {
			w.t.Errorf("suppressed = %q, %v, want %q", by, err, held.SuppressedBy)
		}
	})
}

func TestOurOwnSilenceIsNobodyElses(t *testing.T) {
	onEach(t, func(w *world) {
		r, down := w.reporter(), newAlert("RedisDown")
		w.fire(down)
		h := hold(run("a.x.1"), down)
		mustHold(w.t, r, h)
		if by, err := r.Suppressed(w.t.Context(), "a.x.1", h.Alerts); by != "" || err != nil {
			w.t.Errorf("suppressed = %q, %v, want nobody", by, err)
		}
		w.silence("ana", "", down) // beside ours
		if by, err := r.Suppressed(w.t.Context(), "a.x.1", h.Alerts); !strings.Contains(by, "ana") || err != nil {
			w.t.Errorf("suppressed = %q, %v, want ana", by, err)
		}
	})
}

func TestInhibition(t *testing.T) {
	onEach(t, func(w *world) {
		r, down := w.reporter(), newAlert("RedisDown", "node", "n1")
		w.fire(down, contract.Alert{Labels: map[string]string{"alertname": "NodeDown", "node": "n1"}, StartsAt: down.StartsAt})
		var by string
		eventually(w.t, "the alert is inhibited", func() bool {
			var err error
			if by, err = r.Suppressed(w.t.Context(), "a.x.1", []contract.Alert{down}); err != nil {
				w.t.Fatal(err)
			}
			return by != ""
		})
		if want := `RedisDown is inhibited by NodeDown{node="n1"}`; !strings.HasPrefix(by, want) {
			w.t.Errorf("suppressed by %q, want %q", by, want)
		}
	})
}

func TestOurStatusAlertMayInhibit(t *testing.T) {
	onEach(t, func(w *world) {
		r := w.reporter(func(o *Options) { o.StatusAlerts = true })
		down := newAlert("RedisDown", "inhibit", "run")
		w.fire(down)
		if err := r.Status(w.t.Context(), contract.StatusAlert{Run: run("a.x.1")}); err != nil {
			w.t.Fatal(err)
		}
		eventually(w.t, "the alert is inhibited", func() bool {
			for _, a := range w.listed() {
				if len(a.Status.InhibitedBy) > 0 {
					return true
				}
			}
			return false
		})
		if by, err := r.Suppressed(w.t.Context(), "a.x.1", []contract.Alert{down}); by != "" || err != nil {
			w.t.Errorf("suppressed = %q, %v, want nobody", by, err)
		}
	})
}

func TestASilenceThatAPersonEndedIsNotMadeAgain(t *testing.T) {
	onEach(t, func(w *world) {
		r, h := w.reporter(), hold(run("a.x.1"), newAlert("RedisDown"))
		held := mustHold(w.t, r, h)
		w.expire(held.Silences[0].ID)
		again := mustHold(w.t, r, h)
		if len(again.Silences) != 0 || !strings.Contains(again.Why, "not made again") {
			w.t.Errorf("held again = %+v, want no silence and why", again)
		}
		if _, err := r.Leases(w.t.Context(), map[string]contract.Run{"a.x.1": h.Run}); err != nil {
			w.t.Fatal(err)
		}
		if active := w.active(); len(active) != 0 {
			w.t.Errorf("active silences %v, want none", active)
		}
		if held := mustHold(w.t, r, hold(run("a.x.2"), h.Alerts...)); len(held.Silences) != 1 {
			w.t.Errorf("another run held %+v, want a silence", held)
		}
	})
}

func TestNothingIsHeldLongerThanHoldPage(t *testing.T) {
	onEach(t, func(w *world) {
		r, old, young := w.reporter(), newAlert("RedisDown"), newAlert("RedisMasterLinkDown")
		old.StartsAt = old.StartsAt.Add(-10 * time.Minute)
		young.StartsAt = young.StartsAt.Add(-4 * time.Minute) // less is left than a lease
		held := mustHold(w.t, r, hold(run("a.x.1"), old, young))
		if len(held.Silences) != 1 || held.Silences[0].Fingerprint != young.Fingerprint {
			w.t.Fatalf("held %+v, want the page of the younger alert alone", held)
		}
		if !strings.Contains(held.Why, "RedisDown") || !strings.Contains(held.Why, "(hold_page 5m)") {
			w.t.Errorf("why = %q, want it to name RedisDown and hold_page", held.Why)
		}
		end := time.Time(*w.read(held.Silences[0].ID).EndsAt)
		if want := young.StartsAt.Add(5 * time.Minute); !end.Equal(want) || !held.Until.Equal(want) {
			w.t.Errorf("the silence ends %s, held until %s, want both %s", end, held.Until, want)
		}
	})
}

func TestHoldWithoutSilenceOnlyLooks(t *testing.T) {
	onEach(t, func(w *world) {
		h := hold(run("a.x.1"), newAlert("RedisDown"))
		h.Silence = false
		if diff := cmp.Diff(contract.Held{}, mustHold(w.t, w.reporter(), h)); diff != "" {
			w.t.Errorf("held (-want +got):\n%s", diff)
		}
		if n := len(w.silences()); n != 0 {
			w.t.Errorf("%d silences, want none", n)
		}
	})
}

func TestAPeerThatIsDown(t *testing.T) {
	onEach(t, func(w *world) {
		dead := deadURL(w.t)
		down := newAlert("RedisDown")
		r := w.reporter(func(o *Options) { o.Clusters = [][]string{{dead, w.url}} })
		if held := mustHold(w.t, r, hold(run("a.x.1"), down)); len(held.Silences) != 1 {
			w.t.Errorf("held %+v, want a silence by the peer that is up", held)
		}
		if err := r.Release(w.t.Context(), contract.Release{RunID: "a.x.1"}); err != nil || len(w.active()) != 0 {
			w.t.Errorf("release = %v, active = %v", err, w.active())
		}
		r = w.reporter(func(o *Options) { o.Clusters = [][]string{{w.url}, {dead}} })
		if _, err := r.Hold(w.t.Context(), hold(run("a.x.2"), down)); err == nil || !strings.Contains(err.Error(), dead) {
			w.t.Errorf("with a whole cluster down: %v, want an error that names it", err)
		}
		if _, err := r.Suppressed(w.t.Context(), "a.x.2", []contract.Alert{down}); err == nil {
			w.t.Error("hands off with a whole cluster down: want an error, not an answer")
		}
		if active := w.active(); len(active) != 0 {
			w.t.Errorf("active silences %v, want none where it is unknown who suppresses", active)
		}
	})
}
