package alertmanager

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/common/model"

	"redress/definitions"
	"redress/internal/contract"
)

const holdPage = definitions.Duration(5 * time.Minute)

// reporter returns a reporter for the world's Alertmanager.
func (w *world) reporter(change ...func(*Options)) *Reporter {
	w.t.Helper()
	o := Options{Clusters: [][]string{{w.url}}, Receiver: "redress", HTTPClient: &http.Client{}}
	for _, c := range change {
		c(&o)
	}
	r, err := New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// newAlert is an alert about a Redis, firing since now: an alert
// that is older than its group_wait is sent at once.
func newAlert(name string, more ...string) contract.Alert {
	labels := map[string]string{"alertname": name, "service": "redis", "redis_cluster": "cache-prod"}
	for i := 0; i < len(more); i += 2 {
		labels[more[i]] = more[i+1]
	}
	set := model.LabelSet{}
	for k, v := range labels {
		set[model.LabelName(k)] = model.LabelValue(v)
	}
	return contract.Alert{
		Fingerprint: set.Fingerprint().String(), Status: contract.Firing, Labels: labels,
		StartsAt: time.Now().UTC().Truncate(time.Millisecond),
	}
}

// fire posts an alert as Prometheus does.
func (w *world) fire(alerts ...contract.Alert) { w.post(alerts, time.Now().Add(5*time.Minute)) }

// resolve posts the end of an alert as Prometheus does.
func (w *world) resolve(alerts ...contract.Alert) { w.post(alerts, time.Now()) }

func (w *world) post(alerts []contract.Alert, ends time.Time) {
	w.t.Helper()
	var body []map[string]any
	for _, a := range alerts {
		body = append(body, map[string]any{"labels": a.Labels, "annotations": a.Annotations, "startsAt": a.StartsAt, "endsAt": ends})
	}
	w.call(http.MethodPost, "/api/v2/alerts", body, nil)
}

// silence makes a silence as a person does.
func (w *world) silence(author, comment string, a contract.Alert) {
	w.t.Helper()
	w.call(http.MethodPost, "/api/v2/silences", map[string]any{
		"createdBy": author, "comment": comment, "startsAt": time.Now(), "endsAt": time.Now().Add(time.Hour),
		"matchers": []map[string]any{{"name": "alertname", "value": a.Name(), "isRegex": false, "isEqual": true}},
	}, nil)
}

func (w *world) expire(id string) { w.call(http.MethodDelete, "/api/v2/silence/"+id, nil, nil) }

// silences returns all silences, read without the code under test.
func (w *world) silences() (all models.GettableSilences) {
	w.t.Helper()
	w.call(http.MethodGet, "/api/v2/silences", nil, &all)
	return all
}

// active returns the IDs of the silences that mute now.
func (w *world) active() (ids []string) {
	w.t.Helper()
	for _, s := range w.silences() {
		if *s.Status.State == "active" {
			ids = append(ids, *s.ID)
		}
	}
	return ids
}

func (w *world) read(id string) *models.GettableSilence {
	w.t.Helper()
	all := w.silences()
	i := slices.IndexFunc(all, func(s *models.GettableSilence) bool { return *s.ID == id })
	if i < 0 {
		w.t.Fatalf("there is no silence %s", id)
	}
	return all[i]
}

func (w *world) listed() (all models.GettableAlerts) {
	w.t.Helper()
	w.call(http.MethodGet, "/api/v2/alerts", nil, &all)
	return all
}

func (w *world) call(method, path string, in, out any) {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, answer, err)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			w.t.Fatal(err)
		}
	}
}

// flushed waits until the human route has flushed what is pending: a control alert,
// posted after everything else, has been paged.
func (w *world) flushed(control string) {
	w.t.Helper()
	w.fire(newAlert(control, "redis_cluster", control))
	eventually(w.t, "oncall is paged for "+control, func() bool { return w.mail.got("oncall", control, "firing") })
}

// told waits until our receiver has been told of the alert.
func (w *world) told(a contract.Alert, status string) {
	w.t.Helper()
	eventually(w.t, "redress is told that "+a.Name()+" is "+status, func() bool { return w.mail.got("redress", a.Name(), status) })
}

// aged returns the URL of the world's Alertmanager behind a proxy that makes it look
// as old as that, since no test can wait until one is.
func (w *world) aged(age time.Duration) string {
	w.t.Helper()
	u, err := url.Parse(w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ModifyResponse = func(resp *http.Response) error {
		if !strings.HasSuffix(resp.Request.URL.Path, "/status") {
			return nil
		}
		var status map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&status); err != nil {
			return err
		}
		status["uptime"] = time.Now().Add(-age).UTC().Truncate(time.Second)
		body, err := json.Marshal(status)
		resp.Body = io.NopCloser(bytes.NewReader(body))
		resp.ContentLength = int64(len(body))
		resp.Header.Del("Content-Length")
		return err
	}
	s := httptest.NewServer(proxy)
	w.t.Cleanup(s.Close)
	return s.URL
}

// deadURL is the address of an Alertmanager that is not there.
func deadURL(t *testing.T) string {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	return s.URL
}

func run(id string) contract.Run {
	started := time.Now().UTC()
	return contract.Run{
		ID: id, Target: "cache-prod", Runbook: "redis-master-down", RunbookSHA256: "4f2a",
		Mode: definitions.Auto, Status: contract.RunRunning, StartedAt: &started,
		Steps: []contract.RunStep{{Path: "before", Name: "before", Status: contract.StepRunning}},
		URL:   "http://127.0.0.1:8233/namespaces/default/workflows/" + id,
	}
}

func hold(r contract.Run, alerts ...contract.Alert) contract.Hold {
	return contract.Hold{Run: r, Alerts: alerts, Silence: true, HoldPage: holdPage}
}

func mustHold(t *testing.T, r *Reporter, h contract.Hold) contract.Held {
	t.Helper()
	held, err := r.Hold(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return held
}
