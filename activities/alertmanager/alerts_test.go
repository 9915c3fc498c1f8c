package alertmanager

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/activities"
	"redress/internal/contract"
)

func TestListedAlerts(t *testing.T) {
	onEach(t, func(w *world) {
		down, link := newAlert("RedisDown"), newAlert("RedisMasterLinkDown")
		silenced := newAlert("RedisMemoryHigh")
		foreign := contract.Alert{Labels: map[string]string{"alertname": "DiskFull"}, StartsAt: down.StartsAt}
		down.Annotations = map[string]string{"summary": "it is down"}
		w.fire(down, link, silenced, foreign)
		w.silence("ana", "known", silenced)
		old := w.aged(10 * time.Minute)
		r := w.reporter(func(o *Options) { o.Clusters = [][]string{{old, old}} }) // two peers list the same
		mustHold(w.t, r, hold(run("a.x.1"), link))                                // ours does not count

		got, suppressed, complete, err := r.Listed(w.t.Context())
		if err != nil || !complete {
			w.t.Fatalf("complete = %v, %v", complete, err)
		}
		want := []contract.Alert{down, link}
		slices.SortFunc(want, func(a, b contract.Alert) int { return strings.Compare(a.Fingerprint, b.Fingerprint) })
		for i := range want {
			if want[i].Annotations == nil {
				want[i].Annotations = map[string]string{}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.t.Errorf("alerts (-want +got):\n%s", diff)
		}
		if len(suppressed) != 1 || suppressed[0].Fingerprint != silenced.Fingerprint {
			w.t.Errorf("suppressed = %+v, want what ana silenced and nothing else", suppressed)
		}
	})
}

func TestListedIsComplete(t *testing.T) {
	w := newWorld(t, startInProcess)
	old, dead := w.aged(10*time.Minute), deadURL(t)
	for name, test := range map[string]struct {
		clusters     [][]string
		complete, ok bool
	}{
		"old":            {[][]string{{old}}, true, true},
		"young":          {[][]string{{w.url}}, false, true},
		"one down":       {[][]string{{old, dead}}, false, true},
		"all down":       {[][]string{{dead}}, false, false},
		"none":           {nil, false, true},
		"a younger peer": {[][]string{{old}, {w.url}}, false, true},
	} {
		r := w.reporter(func(o *Options) { o.Clusters = test.clusters })
		_, _, complete, err := r.Listed(t.Context())
		if complete != test.complete || (err == nil) != test.ok {
			t.Errorf("%s: complete = %v, error = %v", name, complete, err)
		}
	}
}

// A receiver that Alertmanager does not have gets no alerts, which proves nothing.
func TestAReceiverThatIsNotThere(t *testing.T) {
	onEach(t, func(w *world) {
		w.fire(newAlert("RedisDown"))
		var log bytes.Buffer
		old := w.aged(10 * time.Minute)
		r := w.reporter(func(o *Options) {
			o.Receiver, o.Clusters = "red.*", [][]string{{old}} // it is no pattern
			o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
		})
		got, _, complete, err := r.Listed(w.t.Context())
		if len(got) != 0 || complete || err != nil {
			w.t.Errorf("alerts = %v, complete = %v, %v, want none and not complete", got, complete, err)
		}
		for _, want := range []string{"set alertmanager.receiver", "receiver=red.*", `receivers_there="nobody, `, "redress"} {
			if !strings.Contains(log.String(), want) {
				w.t.Errorf("the log lacks %q:\n%s", want, log.String())
			}
		}
	})
}

func TestLabelsThatNeedQuoting(t *testing.T) {
	onEach(t, func(w *world) {
		odd := newAlert("RedisDown", "instance", `a"b\c`+"\n", "empty", "")
		odd.Fingerprint = ""
		delete(odd.Labels, "empty")
		w.fire(odd)
		firing, err := w.reporter().StillFiring(w.t.Context(), []contract.Alert{odd})
		if err != nil || !firing[0] {
			w.t.Errorf("still firing = %v, %v", firing, err)
		}
	})
}

func TestWrongURLs(t *testing.T) {
	for _, urls := range [][]string{{}, {"alertmanager:9093"}, {"ftp://x"}, {""}} {
		if _, err := New(Options{Clusters: [][]string{urls}}); err == nil {
			t.Errorf("%q is accepted", urls)
		}
	}
}

func TestCredentialsInAURLAreRefusedWithoutTellingThem(t *testing.T) {
	_, err := New(Options{Clusters: [][]string{{"http://redress:s3cret@127.0.0.1:9093"}}})
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error = %v", err)
	}
}

func TestWhatAlertmanagerRefusesIsPermanent(t *testing.T) {
	onEach(t, func(w *world) {
		r := w.reporter()
		p := r.clusters[0][0]
		_, err := p.create(w.t.Context(), contract.Alert{}, time.Now().Add(time.Minute), facts{factRun: "a.x.1"}, "No matchers.")
		if !activities.IsPermanent(err) {
			w.t.Errorf("error = %v, want a permanent one", err)
		}
		if err := (cluster{p}).one(w.t.Context(), func(*peer) error { return errors.New("away") }); activities.IsPermanent(err) {
			w.t.Errorf("error = %v, want a transient one", err)
		}
	})
}
