package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	amtemplate "github.com/prometheus/alertmanager/template"

	"redress/internal/app"
	"redress/internal/contract"
	"redress/internal/lab"
	"redress/internal/lab/alertmanager"
	"redress/internal/lab/prometheus"
	"redress/internal/temporal"
	"redress/worker/embedded"
)

// world is a team's estate with Redress beside it.
type world struct {
	t        *testing.T
	lab      *lab.Lab
	am       *alertmanager.Server
	server   *embedded.Server
	client   *temporal.Client
	serve    *app.Serve
	api      string           // host:port of the webhook and the API
	front    *httptest.Server // forwards to serve; is the human's pager too
	config   string           // redress.yaml
	mu       sync.Mutex
	pages    []amtemplate.Data // what the human receiver got
	messages []map[string]any  // what Redress itself told people
	log      *slog.Logger
}

// newWorld starts everything but the worker.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := newEstate(t)
	var err error
	w.server, err = embedded.Start(t.Context(), embedded.Options{
		Address: "127.0.0.1:0", UIAddress: embedded.NoUI, SearchAttributes: temporal.SearchAttributes(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, w.server.Close(context.Background())) })
	w.client = w.dial(w.server.Address())
	w.serve = w.startServe(w.client)
	w.api = w.serve.Address()
	return w
}

func (w *world) dial(address string) *temporal.Client {
	w.t.Helper()
	c, err := temporal.Dial(temporal.Options{Address: address, TaskQueue: "redress", Log: w.log})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	return c
}

// newEstate starts what a team has: Redis, Sentinels, an Alertmanager and a pager; and
// writes the redress.yaml for it.
func newEstate(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.lab, err = lab.Start(ctx, lab.Options{})
	must(err)
	t.Cleanup(func() { check(t, w.lab.Close()) })

	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/alertmanager", w.forward)
	mux.HandleFunc("/page", w.page)
	mux.HandleFunc("/message", w.message)
	w.front = httptest.NewServer(mux)
	t.Cleanup(w.front.Close)

	w.am, err = alertmanager.Start(ctx, alertmanager.Options{Config: fmt.Sprintf(routing, w.front.URL, w.front.URL)})
	must(err)
	t.Cleanup(func() { check(t, w.am.Close()) })

	dir := t.TempDir()
	must(os.WriteFile(filepath.Join(dir, "oncall"), []byte(w.front.URL+"/message\n"), 0o600))
	w.config = filepath.Join(dir, "redress.yaml")
	addrs := strings.Join(w.lab.SentinelAddrs(), ", ")
	must(os.WriteFile(w.config, fmt.Appendf(nil, redressYAML, w.am.URL(), w.lab.MasterName(), addrs), 0o600))
	return w
}

const routing = `
route:
  receiver: oncall
  routes:
    - receiver: redress
      matchers: [service="redis"]
      group_by: [alertname, redis_cluster]
      group_wait: 100ms
      group_interval: 1s
      repeat_interval: 10m
      continue: true
    - receiver: oncall
      matchers: [service="redis"]
      group_by: [alertname, redis_cluster]
      group_wait: 5s
      group_interval: 1s
receivers:
  - name: redress
    webhook_configs: [{url: '%s/api/v1/alertmanager', send_resolved: true}]
  - name: oncall
    webhook_configs: [{url: '%s/page', send_resolved: true}]
`

const redressYAML = `
alertmanager: {urls: ["%s"], receiver: redress}
library: {auto: [redis-master-down]}
receivers:
  - {name: oncall, http: {url_file: oncall}}
policy: {receiver: oncall, mode: auto}
targets:
  - name: cache
    match: 'redis_cluster="cache"'
    sentinel: {master: %s, addresses: [%s]}
`

func (w *world) startServe(c *temporal.Client) *app.Serve {
	w.t.Helper()
	loaded, problems := app.Load(w.config)
	if loaded == nil {
		w.t.Fatal(problems)
	}
	s, err := app.StartServe(app.ServeOptions{
		Config: loaded.Config, Temporal: c, Web: app.Web{ListenAddress: "127.0.0.1:0"}, Metrics: app.NewMetrics(), Log: w.log,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { check(w.t, s.Close(context.Background())) })
	return s
}

// startWorker starts a worker process.
func (w *world) startWorker() *exec.Cmd {
	w.t.Helper()
	return w.startProcess(workerEnv+"="+w.config, "TEMPORAL_ADDRESS="+w.server.Address())
}

// startProcess starts the test binary as another process, which ends with the test.
func (w *world) startProcess(env ...string) *exec.Cmd {
	w.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	out := &lockedBuffer{}
	cmd.Stderr, cmd.Stdout = out, out
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = cmd.Process.Kill() // ended already where the test killed it
		_ = cmd.Wait()
		if w.t.Failed() {
			w.t.Logf("process %d said:\n%s", cmd.Process.Pid, out.String())
		}
	})
	return cmd
}

// watch plays Prometheus until the test ends.
func (w *world) watch() {
	var nodes []string
	for _, n := range w.lab.Nodes() {
		nodes = append(nodes, n.Addr())
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		prometheus.Watch(ctx, prometheus.Options{
			Instances: nodes, Rules: prometheus.RedisRules(), Alertmanagers: []string{w.am.URL()},
			Labels: map[string]string{"service": "redis", "redis_cluster": "cache"}, Log: w.log,
		})
	}()
	w.t.Cleanup(func() { stop(); <-done })
}

// restore brings killed nodes back as a supervisor would, in the background.
func (w *world) restore() {
	ctx, stop := context.WithTimeout(context.Background(), 90*time.Second)
	done := make(chan error, 1)
	go func() { done <- w.lab.Restore(ctx, nil) }()
	w.t.Cleanup(func() { stop(); <-done })
}

func (w *world) forward(rw http.ResponseWriter, r *http.Request) {
	u := &url.URL{Scheme: "http", Host: w.api}
	httputil.NewSingleHostReverseProxy(u).ServeHTTP(rw, r)
}

func (w *world) page(_ http.ResponseWriter, r *http.Request) {
	var d amtemplate.Data
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		w.t.Errorf("page: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages = append(w.pages, d)
}

func (w *world) message(_ http.ResponseWriter, r *http.Request) {
	var m map[string]any
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		w.t.Errorf("message: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages = append(w.messages, m)
}

func (w *world) paged() []amtemplate.Data {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]amtemplate.Data(nil), w.pages...)
}

// runs returns what the API lists.
func (w *world) runs() []contract.Run {
	w.t.Helper()
	var list contract.RunList
	w.get("/api/v1/runs", &list)
	return list.Runs
}

// run returns the newest run of the target in full; ok is false while there is none.
func (w *world) run() (run contract.Run, ok bool) {
	w.t.Helper()
	list := w.runs()
	if len(list) == 0 {
		return contract.Run{}, false
	}
	w.get("/api/v1/runs/"+list[0].ID, &run)
	return run, true
}

func (w *world) get(path string, to any) {
	w.t.Helper()
	resp, err := http.Get("http://" + w.api + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		w.t.Fatalf("GET %s: %s: %s", path, resp.Status, body)
	}
	if err := json.Unmarshal(body, to); err != nil {
		w.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// finished waits for the run to end and returns it.
func (w *world) finished(within time.Duration) contract.Run {
	w.t.Helper()
	var run contract.Run
	w.eventually(within, "the run to finish", func() bool {
		var ok bool
		run, ok = w.run()
		return ok && run.Status == contract.RunFinished
	})
	return run
}

func (w *world) eventually(within time.Duration, what string, is func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(within)
	for !is() {
		if time.Now().After(deadline) {
			run, _ := w.run()
			text, _ := json.MarshalIndent(run, "", "  ") // of our own types: cannot fail
			w.t.Fatalf("waited %s for %s; the run is %s", within, what, text)
		}
		select {
		case <-w.t.Context().Done():
			w.t.Fatal(w.t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
