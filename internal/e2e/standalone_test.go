package e2e

import (
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"redress/definitions"
	"redress/internal/contract"
	"redress/internal/lab"
)

// Everything in one process, killed in the middle of a run: started again on its file
// it goes on, and heals.
func TestStandaloneKilled(t *testing.T) {
	t.Parallel()
	w := newEstate(t)
	w.api = freeAddress(t)
	env := []string{
		standaloneEnv + "=" + w.config, storageEnv + "=" + t.TempDir(), webEnv + "=" + w.api, temporalEnv + "=" + freeAddress(t),
	}
	first := w.startProcess(env...)
	w.ready()
	w.watch()
	if err := w.lab.Inject(t.Context(), lab.MasterDown, t.Logf); err != nil {
		t.Fatal(err)
	}
	w.eventually(60*time.Second, "the run to verify that a master serves", func() bool {
		run, ok := w.run()
		return ok && step(run, "healthy") == contract.StepRunning
	})
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Process.Wait(); err != nil {
		t.Fatal(err)
	}
	second := w.startProcess(env...)
	w.ready()
	w.restore()
	run := w.finished(2 * time.Minute)
	if run.Outcome != definitions.Healed || len(run.Acts) != 0 {
		t.Errorf("outcome %s (%s) with acts %+v, want healed by Sentinel", run.Outcome, run.Reason, run.Acts)
	}
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if state, err := second.Process.Wait(); err != nil || !state.Success() {
		t.Errorf("after SIGTERM: %v, %v", state, err)
	}
}

// ready waits until notifications can be recorded and runs are worked on.
func (w *world) ready() {
	w.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		resp, err := http.Get("http://" + w.api + "/-/ready")
		if err == nil {
			check(w.t, resp.Body.Close())
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("not ready: %v, %+v", err, resp)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// freeAddress returns an address on loopback that nobody listens on at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { check(t, l.Close()) }()
	return l.Addr().String()
}
