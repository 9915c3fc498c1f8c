package workflows_test

import (
	"errors"
	"testing"
	"time"

	"redress/definitions"
	"redress/internal/contract"
)

// The last word is not lost while a receiver is away: the run says that it could not be
// delivered, frees its target, and goes on trying.
func TestLastWordIsTriedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "well", reply{json: bad, why: "result.ok is false"})
	w.failing[contract.TellActivity] = errors.New("the receiver is away")
	// The test environment gives an activity up after ten attempts, before its time is
	// over; the second ten are under way here.
	w.after(time.Minute, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.failing, contract.TellActivity)
	})
	in := input(t, fix)
	e := w.remediate(in)
	if e.Run.Outcome != definitions.Ineffective || len(e.Run.Told) != 2 || e.Run.Told[0].Error == "" || e.Run.Told[1].Error != "" {
		t.Errorf("outcome %s, told %+v", e.Run.Outcome, e.Run.Told)
	}
	if e.Run.FinishedAt.Sub(t0) > 5*time.Minute || w.at[contract.EndActivity] > 5*time.Minute {
		t.Errorf("finished at %s, freed after %s: held up by the message", e.Run.FinishedAt, w.at[contract.EndActivity])
	}
}

// What no repetition mends is written down once.
func TestLastWordThatCannotBeSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given = with(fixed(), "well", reply{json: bad, why: "result.ok is false"})
	w.failing[contract.TellActivity] = permanent("no receiver is configured")
	e := w.remediate(input(t, fix))
	if len(e.Run.Told) != 1 || e.Run.Told[0].Error != "no receiver is configured" {
		t.Errorf("told %+v", e.Run.Told)
	}
}
