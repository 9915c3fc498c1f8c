//go:build !lean

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"redress/definitions"
	"redress/internal/contract"
	"redress/internal/lab"
)

// ownerDir makes the test binary show the demo in that folder, so that it can be killed.
const ownerDir = "REDRESS_DEMO_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerDir); dir != "" {
		if _, err := Run(context.Background(), Options{Dir: dir, Out: os.Stdout, Err: os.Stderr}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for fault, wantActs := range map[lab.Fault]int{lab.MasterDown: 0, lab.SentinelStuck: 1} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var out, told bytes.Buffer
			began := time.Now()
			r, err := perform(t.Context(), Options{Fault: fault, Exit: true, JSON: true, Dir: dir, Out: &out, Err: &told})
			took := time.Since(began)
			t.Logf("%s\n%s", took, told.String())
			if err != nil {
				t.Fatal(err)
			}
			if !r.healed() {
				t.Errorf("not healed: outcome %s (%s), paged %d times, master: %v", r.run.Outcome, r.run.Reason, len(r.pages), r.trouble)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			var run contract.Run
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &run); err != nil {
				t.Fatalf("the last line is no run: %v\n%s", err, out.String())
			}
			if run.Outcome != definitions.Healed || run.HealedAt == nil || run.Target != target {
				t.Errorf("outcome %s (%s), healed at %v, target %s", run.Outcome, run.Reason, run.HealedAt, run.Target)
			}
			if len(run.Acts) != wantActs {
				t.Errorf("acts %+v, want %d", run.Acts, wantActs)
			}
			for _, a := range run.Acts {
				if a.Applied != contract.AppliedYes {
					t.Errorf("act %s: applied %s", a.Action, a.Applied)
				}
			}
			if r.failovers != 1 {
				t.Errorf("the Sentinels announced %d failovers, want 1", r.failovers)
			}
			if len(r.held) == 0 {
				t.Error("no page was due while a silence held it: that nobody was paged proves nothing")
			}
			if !r.quiet {
				t.Error("an alert or a silence is left")
			}
			if took > time.Minute {
				t.Errorf("it took %s, more than a minute", took)
			}
			gone(t, dir)
		})
	}
}

// Whoever is killed in the middle leaves nothing: no process, no file.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), ownerDir+"="+dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // killed below, when all goes well
	told, err := until(stdout, "silence set", time.Minute)
	if err != nil {
		t.Fatalf("%v; it told\n%s\n%s", err, told, &stderr)
	}
	if len(processes(t, dir)) == 0 {
		t.Fatal("no process of the demo is to be found while it runs")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	gone(t, dir)
}

// A demo that is stopped in the middle cleans up and says that it was.
func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &trigger{word: "silence set", pull: cancel}
	healed, err := Run(ctx, Options{Dir: dir, Out: out, Err: os.Stderr})
	if healed || err == nil {
		t.Errorf("healed %t, error %v; it was stopped in the middle\n%s", healed, err, out.String())
	}
	gone(t, dir)
}

func TestBadOptions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var b bytes.Buffer
	_, err := Run(t.Context(), Options{Fault: "flood", Dir: dir, Out: &b, Err: &b})
	if err == nil || !strings.Contains(err.Error(), `unknown fault "flood": choose one of master-down, sentinel-stuck`) {
		t.Errorf("error %v", err)
	}
	if _, err := Run(t.Context(), Options{Dir: dir}); err == nil {
		t.Error("it runs without anywhere to tell")
	}
	gone(t, dir)
}
