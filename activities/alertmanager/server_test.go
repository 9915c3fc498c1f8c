package alertmanager

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/template"

	lab "redress/internal/lab/alertmanager"
)

// routing is the routing that Redress recommends, with its waits cut short.
const routing = `
global: {resolve_timeout: 5m}
route:
  receiver: nobody
  routes:
    - {receiver: nobody, matchers: ['alertname="RedressRun"']}
    - receiver: redress
      matchers: ['service="redis"']
      group_by: [alertname, redis_cluster]
      group_wait: 100ms
      group_interval: 6s # a flush between a resolution and the next poll would lose the resolution
      continue: true
    - receiver: oncall
      matchers: ['service="redis"']
      group_by: [alertname, redis_cluster]
      group_wait: 2s
      group_interval: 500ms
inhibit_rules:
  - {source_matchers: ['alertname="NodeDown"'], target_matchers: ['service="redis"'], equal: [node]}
  - {source_matchers: ['alertname="RedressRun"'], target_matchers: ['service="redis"', 'inhibit="run"']}
receivers:
  - name: nobody
  - name: redress
    webhook_configs: [{url: '%[1]s/redress'}]
  - name: oncall
    webhook_configs: [{url: '%[1]s/oncall'}]
`

// world is an Alertmanager and the people behind it.
type world struct {
	t    *testing.T
	url  string
	mail *collector
}

// servers are the Alertmanagers that everything is tried on.
var servers = map[string]func(t *testing.T, config string) string{
	"0.25 process":    startProcess,
	"0.34 in process": startInProcess,
}

// onEach runs a test on each kind of Alertmanager.
func onEach(t *testing.T, test func(*world)) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, start))
		})
	}
}

func newWorld(t *testing.T, start func(t *testing.T, config string) string) *world {
	mail := &collector{}
	people := httptest.NewServer(mail)
	t.Cleanup(people.Close)
	return &world{t: t, url: start(t, fmt.Sprintf(routing, people.URL)), mail: mail}
}

func startInProcess(t *testing.T, config string) string {
	s, err := lab.Start(t.Context(), lab.Options{Config: config})
	if err != nil {
		t.Fatalf("start Alertmanager in process: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close Alertmanager: %v", err)
		}
	})
	return s.URL()
}

// keeper runs a command for as long as its own input is open, so that the command
// ends with the test however that ends.
const keeper = `"$@" & pid=$!; read -r word; kill "$pid"; wait "$pid"`

func startProcess(t *testing.T, config string) string {
	url, _ := startPeer(t, config, "--cluster.listen-address=")
	return url
}

// startPeer runs Alertmanager as a process; kill ends it before the test does.
func startPeer(t *testing.T, config string, flags ...string) (url string, kill func()) {
	binary, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		if binary, err = exec.LookPath("alertmanager"); err != nil {
			t.Fatal("no Alertmanager found: install the package prometheus-alertmanager")
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-c", keeper, "keeper", binary, "--config.file=" + file, "--storage.path=" + dir, "--web.listen-address=127.0.0.1:0"}
	cmd := exec.Command("/bin/sh", append(args, flags...)...)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", binary, err)
	}
	address := make(chan string, 1)
	var said strings.Builder
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(address)
		listening := regexp.MustCompile(`msg="Listening on" address=(\S+)`)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	})
	kill = sync.OnceFunc(func() {
		_ = input.Close()
		reading.Wait()
		_ = cmd.Wait() // the shell's status is that of the killed child
	})
	t.Cleanup(kill)
	select {
	case a, ok := <-address:
		if !ok {
			t.Fatalf("%s ended: %s", binary, said.String())
		}
		url = "http://" + a
		eventually(t, "Alertmanager is ready", func() bool {
			resp, err := http.Get(url + "/-/ready")
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
		return url, kill
	case <-time.After(20 * time.Second):
		t.Fatalf("%s did not listen within 20 s", binary)
		return "", nil
	}
}

// collector keeps the notifications that were sent to each path.
type collector struct {
	mu   sync.Mutex
	sent map[string][]template.Data
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var data template.Data
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &data)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent == nil {
		c.sent = map[string][]template.Data{}
	}
	c.sent[r.URL.Path] = append(c.sent[r.URL.Path], data)
}

// got reports whether the receiver was told of the alert's name with the status.
func (c *collector) got(receiver, name, status string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, data := range c.sent["/"+receiver] {
		for _, a := range data.Alerts {
			if a.Labels["alertname"] == name && a.Status == status {
				return true
			}
		}
	}
	return false
}

// eventually waits for a condition, at most 20 s.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until: %s", what)
		case <-tick.C:
		}
	}
}
