package e2e

import (
	"strings"
	"testing"
	"time"

	"redress/definitions"
	"redress/internal/lab"
)

// When Sentinel cannot agree nobody touches anything: the run refuses, and the page
// that was held back goes out.
func TestRefusedRunPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.startWorker()
	w.watch()
	for _, s := range w.lab.Sentinels()[:2] {
		if err := s.Freeze(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.lab.Inject(t.Context(), lab.MasterDown, t.Logf); err != nil {
		t.Fatal(err)
	}
	run := w.finished(90 * time.Second)
	if run.Outcome != definitions.Refused {
		t.Fatalf("outcome %s: %s", run.Outcome, run.Reason)
	}
	if len(run.Silences) == 0 {
		t.Error("the page was not held back while the run worked")
	}
	if len(run.Acts) != 0 {
		t.Errorf("acts: %+v", run.Acts)
	}
	w.eventually(20*time.Second, "the human to be paged", func() bool { return len(w.paged()) > 0 })
	if first := run.FinishedAt.Sub(*run.StartedAt); first <= 5*time.Second {
		t.Errorf("the run took %s: no longer than the human route waits, which proves nothing of the silence", first)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.messages) != 1 {
		t.Fatalf("people were told %d times, want once: %v", len(w.messages), w.messages)
	}
	if text, _ := w.messages[0]["message"].(string); !strings.Contains(text, run.Reason) {
		t.Errorf("the message %q does not say why: %q", text, run.Reason)
	}
}
