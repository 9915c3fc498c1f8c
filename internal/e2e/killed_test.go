package e2e

import (
	"testing"
	"time"

	"redress/definitions"
	"redress/internal/contract"
	"redress/internal/lab"
)

// A worker that is killed in the middle of a run loses nothing: another one goes on,
// and the failover happens once, as Sentinel's epoch counts.
func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]func(w *world) bool{
		"while it watches Sentinel": func(w *world) bool {
			run, ok := w.run()
			return ok && step(run, "by_itself") == contract.StepRunning
		},
		"while it acts": func(w *world) bool {
			state, err := w.client.FleetState(t.Context())
			return err == nil && len(state.Runs["cache"].Keys) > 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.startWorker()
			w.watch()
			if err := w.lab.Inject(t.Context(), lab.SentinelStuck, t.Logf); err != nil {
				t.Fatal(err)
			}
			tried := w.triedEpoch()
			w.eventually(90*time.Second, "the moment to kill the worker", func() bool { return when(w) })
			if err := first.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			t.Log("killed the worker")
			w.startWorker()
			w.restore()
			run := w.finished(3 * time.Minute)
			if run.Outcome != definitions.Healed {
				t.Errorf("outcome %s: %s", run.Outcome, run.Reason)
			}
			if got := w.configEpoch(); got != tried+1 {
				t.Errorf("config epoch %d after the last try in %d: want one failover, in the next", got, tried)
			}
			var done int
			for _, a := range run.Acts {
				if a.Applied == contract.AppliedYes {
					done++
				} else if a.Applied != contract.AppliedNo {
					t.Errorf("act %+v", a)
				}
			}
			if done != 1 {
				t.Errorf("%d acts were applied, want one", done)
			}
		})
	}
}

func step(run contract.Run, path string) contract.StepStatus {
	for _, s := range run.Steps {
		if s.Path == path {
			return s.Status
		}
	}
	return ""
}
