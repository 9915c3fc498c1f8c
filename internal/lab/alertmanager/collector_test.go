//go:build !lean

package alertmanager

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/notify/webhook"
)

// patience is how long a test waits for something that should come soon.
const patience = 20 * time.Second

// delivery is one notification that came in.
type delivery struct {
	webhook.Message
	at time.Time
}

// names are the alert names in it, sorted.
func (d delivery) names() string {
	var names []string
	for _, a := range d.Alerts {
		names = append(names, a.Labels["alertname"])
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

// collector is a webhook that keeps what it gets.
type collector struct {
	*httptest.Server

	mu  sync.Mutex
	got []delivery
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := delivery{at: time.Now()}
		if err := json.NewDecoder(r.Body).Decode(&d.Message); err != nil {
			t.Error("the webhook got no JSON:", err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, d)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) all() []delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// await returns the first n deliveries with this status and these alerts.
func (c *collector) await(t *testing.T, n int, status, names string) []delivery {
	t.Helper()
	var match []delivery
	eventually(t, "deliveries: "+status+" "+names, func() bool {
		match = slices.DeleteFunc(c.all(), func(d delivery) bool { return d.Status != status || d.names() != names })
		return len(match) >= n
	})
	return match[:n]
}

// never says which deliveries mention the alert: there should be none.
func (c *collector) never(t *testing.T, name string) {
	t.Helper()
	for _, d := range c.all() {
		if strings.Contains(d.names(), name) {
			t.Errorf("%s was delivered: %s %s", name, d.Status, d.names())
		}
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-poll.C {
		if done() {
			return
		}
	}
	t.Fatalf("%s: not within %s", what, patience)
}

// start runs an Alertmanager until the end of the test. HOOK in the
// configuration becomes the collector's URL.
func start(t *testing.T, c *collector, o Options) *Server {
	t.Helper()
	o.Config = strings.ReplaceAll(o.Config, "HOOK", c.URL)
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// call sends a request with a JSON body and reads the JSON answer into out.
func call(t *testing.T, method, url string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v: %s", method, url, response.Status, err, answer)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			t.Fatalf("%s %s: %v: %s", method, url, err, answer)
		}
	}
}

type object map[string]any

// fire posts an alert with these labels, in pairs; a zero end means it fires.
func fire(t *testing.T, s *Server, endsAt time.Time, labels ...string) {
	t.Helper()
	set := map[string]string{}
	for i := 0; i < len(labels); i += 2 {
		set[labels[i]] = labels[i+1]
	}
	a := object{"labels": set}
	if !endsAt.IsZero() {
		a["startsAt"], a["endsAt"] = endsAt.Add(-time.Minute), endsAt
	}
	call(t, http.MethodPost, s.URL()+"/api/v2/alerts", []object{a}, nil)
}

// status returns what the API says of the alert of this name.
func status(t *testing.T, s *Server, name string) (st struct {
	State                   string
	SilencedBy, InhibitedBy []string
},
) {
	t.Helper()
	var alerts []struct{ Status json.RawMessage }
	call(t, http.MethodGet, s.URL()+`/api/v2/alerts?filter=alertname%3D%22`+name+`%22`, nil, &alerts)
	if len(alerts) != 1 {
		t.Fatalf("the API lists %d alerts of the name %s", len(alerts), name)
	}
	if err := json.Unmarshal(alerts[0].Status, &st); err != nil {
		t.Fatal(err)
	}
	return st
}
