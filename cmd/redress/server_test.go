package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asProgram makes this binary redress itself, for tests that need a process.
const asProgram = "REDRESS_TEST_PROGRAM"

// patience bounds every wait; nothing here takes seconds unless it hangs.
const patience = 60 * time.Second

const smallConfig = `
alertmanager: {urls: ["http://127.0.0.1:9"]}
receivers: [{name: oncall, url_file: oncall}]
policy: {receiver: oncall}
targets: [{name: cache, match: 'redis_cluster="cache"', redis: {address: "127.0.0.1:9"}}]
`

// process is a running redress.
type process struct {
	t   *testing.T
	cmd *exec.Cmd

	mu  sync.Mutex
	log bytes.Buffer
}

// Write takes what the process logs.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// start runs a verb in a folder; the test kills it when it does not end by itself.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{t: t}
	p.cmd = exec.Command(os.Args[0], args...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "TEMPORAL_ADDRESS="+unused(t))
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // has ended, if all went well
		_ = p.cmd.Wait()
		if t.Failed() {
			t.Logf("redress %s said:\n%s", strings.Join(args, " "), p.said())
		}
	})
	return p
}

// finds waits until the process has said something, and returns the first group.
func (p *process) finds(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	var found string
	eventually(p.t, "the log has "+pattern, func() error {
		m := re.FindStringSubmatch(p.said())
		if m == nil {
			return fmt.Errorf("not yet")
		}
		found = m[1]
		return nil
	})
	return found
}

// stop sends a signal and returns the exit code.
func (p *process) stop(signal os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }() // the code says it
	select {
	case <-done:
	case <-time.After(patience):
		p.t.Fatalf("%v did not end it within %s", signal, patience)
	}
	return p.cmd.ProcessState.ExitCode()
}

func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s: %v", what, patience, err)
		case <-tick.C:
		}
	}
}

// fetch asks for a URL and returns the status and the body.
func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func configured(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"redress.yaml": smallConfig, "oncall": "generic://127.0.0.1:9/\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A process whose Temporal is away is alive, is not ready and says why, does not mind
// SIGHUP, and stops in order.
func TestTemporalAway(t *testing.T) {
	for _, verb := range []string{"serve", "worker"} {
		t.Run(verb, func(t *testing.T) {
			p := start(t, configured(t), verb, "--web.listen-address=127.0.0.1:0")
			url := "http://" + p.finds(`msg="?serving.* address=(\S+)`)
			if code, body := fetch(t, url+"/-/healthy"); code != http.StatusOK {
				t.Errorf("healthy: %d %s", code, body)
			}
			if code, body := fetch(t, url+"/-/ready"); code != http.StatusServiceUnavailable || !strings.Contains(body, "not ready") {
				t.Errorf("ready: %d %s", code, body)
			}
			if code, body := fetch(t, url+"/metrics"); code != http.StatusOK || !strings.Contains(body, "redress_build_info") {
				t.Errorf("metrics: %d %s", code, body)
			}
			if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			p.finds(`(reloading is not supported yet)`)
			if code := p.stop(syscall.SIGTERM); code != exitGood {
				t.Errorf("SIGTERM: exit code %d, want %d", code, exitGood)
			}
			if strings.Contains(p.said(), "panic") {
				t.Error("it panicked")
			}
		})
	}
}

// An address that is taken is an error that names the flag.
func TestAddressTaken(t *testing.T) {
	first := start(t, configured(t), "serve", "--web.listen-address=127.0.0.1:0")
	address := first.finds(`msg="?serving.* address=(\S+)`)
	for _, verb := range []string{"serve", "worker"} {
		second := start(t, configured(t), verb, "--web.listen-address="+address)
		second.finds(`(redress: listen for .*--web\.listen-address)`)
	}
}

// Standalone is up by one command, keeps its state over a restart, and stops in order.
func TestStandalone(t *testing.T) {
	dir := configured(t)
	for round := range 2 {
		p := start(t, dir, "standalone", "--web.listen-address=127.0.0.1:0",
			"--temporal.address=127.0.0.1:0", "--temporal.ui-address=127.0.0.1:0")
		url := p.finds(`msg="standalone is up".* webhook=(\S+)/api/v1/alertmanager`)
		eventually(t, "ready", func() error {
			if code, body := fetch(t, url+"/-/ready"); code != http.StatusOK {
				return fmt.Errorf("%d %s", code, body)
			}
			return nil
		})
		ui := p.finds(`temporal_ui=(\S+)`)
		if code, _ := fetch(t, ui); code != http.StatusOK {
			t.Errorf("the Temporal Web UI answers %d", code)
		}
		if round == 0 {
			notify(t, url)
		}
		eventually(t, "the target is remembered", func() error {
			if code, body := fetch(t, url+"/api/v1/targets/cache"); code != http.StatusOK || !strings.Contains(body, "RedisSlow") {
				return fmt.Errorf("round %d: %d %s", round, code, body)
			}
			return nil
		})
		if code := p.stop(os.Interrupt); code != exitGood {
			t.Errorf("SIGINT: exit code %d, want %d", code, exitGood)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err != nil {
		t.Errorf("the state is not in ./data: %v", err)
	}
}

// notify sends a notification of an alert that no runbook answers.
func notify(t *testing.T, url string) {
	t.Helper()
	body := `{"version":"4","groupKey":"{}:{}","status":"firing","receiver":"redress","groupLabels":{},"commonLabels":{},
		"commonAnnotations":{},"externalURL":"http://am","truncatedAlerts":0,"alerts":[{"status":"firing",
		"labels":{"alertname":"RedisSlow","redis_cluster":"cache"},"annotations":{},"startsAt":"` +
		time.Now().UTC().Format(time.RFC3339) + `","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"0123456789abcdef"}]}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/alertmanager", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		answer, _ := io.ReadAll(res.Body) // the status is the failure
		t.Fatalf("the notification is answered with %s: %s", res.Status, answer)
	}
}
