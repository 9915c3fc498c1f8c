package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redress/internal/contract"
	"redress/webhook"
)

const intake = "/api/v1/alertmanager"

// byCluster is an inventory that takes the label redis_cluster for the target's name.
type byCluster struct{}

func (byCluster) MatchTarget(labels map[string]string) (contract.TargetRef, string, bool) {
	switch name := labels["redis_cluster"]; name {
	case "":
		return contract.TargetRef{}, "no target matches", false
	case "twice":
		return contract.TargetRef{}, "targets a and b match", false
	default:
		return contract.TargetRef{Name: name, Labels: map[string]string{"env": "prod"}}, "", true
	}
}

// recorder is a Starter that keeps what it is given, as the JSON that Temporal would get.
type recorder struct {
	fail func(target string) error // nil = never

	mu      sync.Mutex
	records []record
}

type record struct {
	target contract.TargetRef
	n      contract.Notification
}

func (r *recorder) Record(ctx context.Context, target contract.TargetRef, n contract.Notification) error {
	if _, ok := ctx.Deadline(); !ok {
		return errors.New("Record was called without a deadline")
	}
	if r.fail != nil {
		if err := r.fail(target.Name); err != nil {
			return err
		}
	}
	if _, err := json.Marshal(n); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, record{target, n})
	return nil
}

func (r *recorder) all() []record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]record(nil), r.records...)
}

// reader serves runs from functions.
type reader struct {
	list  func(contract.RunFilter) (contract.RunList, error)
	one   func(string) (contract.Run, error)
	state func(string) (contract.Guardian, error)
}

func (r reader) Runs(_ context.Context, f contract.RunFilter) (contract.RunList, error) {
	return r.list(f)
}
func (r reader) Run(_ context.Context, id string) (contract.Run, error) { return r.one(id) }
func (r reader) Guardian(_ context.Context, name string) (contract.Guardian, error) {
	return r.state(name)
}

func options(s webhook.Starter) webhook.Options {
	return webhook.Options{
		Inventory: byCluster{}, Starter: s, Runs: reader{},
		Registry: prometheus.NewPedanticRegistry(),
		Now:      func() time.Time { return time.Date(2026, 11, 21, 3, 4, 12, 0, time.UTC) },
	}
}

func handler(t testing.TB, o webhook.Options) http.Handler {
	t.Helper()
	if o.Log == nil && testing.Verbose() {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	h, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func post(h http.Handler, body string, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, intake, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	for _, e := range edit {
		e(req)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec
}

// problemOf checks that an answer is a whole problem document and returns it.
func problemOf(t *testing.T, rec *httptest.ResponseRecorder, path string) webhook.Problem {
	t.Helper()
	if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q, want application/problem+json", got)
	}
	var p webhook.Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatalf("the answer %q is no problem document: %v", rec.Body, err)
	}
	if p.Type != "about:blank" || p.Title != http.StatusText(rec.Code) || p.Status != rec.Code || p.Instance != path || p.Detail == "" {
		t.Errorf("the problem document is not whole: %+v", p)
	}
	return p
}

func fixtures(t testing.TB) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("testdata/alertmanager-*.json")
	if err != nil || len(paths) != 10 {
		t.Fatalf("found %d fixtures, want 10 (%v)", len(paths), err)
	}
	out := map[string]string{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(p), ".json")] = string(b)
	}
	return out
}

// metric returns the lines of a metric as they are scraped.
func metric(t *testing.T, h http.Handler, name string) []string {
	t.Helper()
	rec := get(h, "/metrics")
	if rec.Code != http.StatusOK {
		t.Fatalf("GET /metrics: %d %s", rec.Code, rec.Body)
	}
	b, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, name) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}
