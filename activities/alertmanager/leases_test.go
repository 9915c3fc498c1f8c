package alertmanager

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/definitions"
	"redress/internal/contract"
)

func TestRenewalKeepsTheSilence(t *testing.T) {
	onEach(t, func(w *world) {
		down := newAlert("RedisDown")
		running := run("a.x.1")
		short := w.reporter(func(o *Options) { o.Lease = time.Minute })
		held := mustHold(w.t, short, hold(running, down))
		before := w.read(held.Silences[0].ID)

		running.Status = contract.RunClearing
		running.Steps = append(running.Steps, contract.RunStep{Path: "healthy", Name: "healthy", Status: contract.StepDone})
		running.Steps[0].Status = contract.StepDone
		done, err := w.reporter().Leases(w.t.Context(), map[string]contract.Run{"a.x.1": running})
		if err != nil {
			w.t.Fatal(err)
		}
		if diff := cmp.Diff(contract.LeasesDone{Renewed: 1}, done); diff != "" {
			w.t.Errorf("done (-want +got):\n%s", diff)
		}
		if n := len(w.silences()); n != 1 {
			w.t.Fatalf("%d silences, want the one that was there", n)
		}
		after := w.read(held.Silences[0].ID)
		gained := time.Time(*after.EndsAt).Sub(time.Time(*before.EndsAt))
		if gained < 110*time.Second || gained > 130*time.Second {
			w.t.Errorf("the end moved by %s, want about 2m", gained)
		}
		facts := parseTrailer(*after.Comment)
		if facts[factStep] != "healthy" || facts[factStatus] != "clearing" {
			w.t.Errorf("the silence says %v, want step healthy and status clearing", facts)
		}
	})
}

func TestAHealedRunKeepsItsLeaseUntilItsAlertsAreGone(t *testing.T) {
	onEach(t, func(w *world) {
		r, healed := w.reporter(), run("a.x.1")
		mustHold(w.t, r, hold(healed, newAlert("RedisDown")))
		healed.Outcome, healed.Status = definitions.Healed, contract.RunClearing
		done, err := r.Leases(w.t.Context(), map[string]contract.Run{"a.x.1": healed})
		if diff := cmp.Diff(contract.LeasesDone{Renewed: 1}, done); diff != "" || err != nil {
			w.t.Errorf("done (-want +got):\n%s%v", diff, err)
		}
	})
}

func TestRenewalStopsAtHoldPage(t *testing.T) {
	onEach(t, func(w *world) {
		down := newAlert("RedisDown")
		down.StartsAt = down.StartsAt.Add(-3 * time.Minute) // 2 minutes are left
		short := w.reporter(func(o *Options) { o.Lease = time.Minute })
		held := mustHold(w.t, short, hold(run("a.x.1"), down))
		r := w.reporter()
		for range 2 {
			if _, err := r.Leases(w.t.Context(), map[string]contract.Run{"a.x.1": run("a.x.1")}); err != nil {
				w.t.Fatal(err)
			}
		}
		end := time.Time(*w.read(held.Silences[0].ID).EndsAt)
		if want := down.StartsAt.Add(5 * time.Minute); !end.Equal(want) {
			w.t.Errorf("the silence ends %s, want %s", end, want)
		}
	})
}

func TestLeasesOfRunsThatAreOver(t *testing.T) {
	for name, test := range map[string]struct {
		running func(contract.Run) map[string]contract.Run
		age     time.Duration // of the silence
		ended   int
	}{
		"finished": {running: func(r contract.Run) map[string]contract.Run {
			r.Status = contract.RunFinished
			return map[string]contract.Run{r.ID: r}
		}, ended: 1},
		"waiting for a person": {running: func(r contract.Run) map[string]contract.Run {
			r.Status = contract.RunWaiting
			return map[string]contract.Run{r.ID: r}
		}, ended: 1},
		"about to end without having healed": {running: func(r contract.Run) map[string]contract.Run {
			r.Outcome = definitions.Ineffective
			return map[string]contract.Run{r.ID: r}
		}, ended: 1},
		"killed": {age: 2 * time.Minute, ended: 1},
		"not to be read": {running: func(r contract.Run) map[string]contract.Run {
			return map[string]contract.Run{r.ID: {ID: r.ID}}
		}, age: 2 * time.Minute},
		"too new to be in the list of the runs": {},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(w *world) {
				r := w.reporter()
				running := run("a.x.1")
				held := mustHold(w.t, r, hold(running, newAlert("RedisDown")))
				// What a later round does: its clock, reckoned from the server's, is ahead.
				later := w.reporter(func(o *Options) { o.Lease = time.Minute })
				all, err := later.leases(w.t.Context(), later.clusters[0][0], nil)
				if err != nil {
					w.t.Fatal(err)
				}
				var runs map[string]contract.Run
				if test.running != nil {
					runs = test.running(running)
				}
				l := all[0]
				l.startsAt = l.startsAt.Add(-test.age)
				var done contract.LeasesDone
				if err := later.tend(w.t.Context(), later.clusters[0][0], l, runs, &done); err != nil {
					w.t.Fatal(err)
				}
				if done.Ended != test.ended || done.Renewed != 0 {
					w.t.Errorf("done = %+v, want %d ended", done, test.ended)
				}
				if active := w.active(); len(active) != 1-test.ended {
					w.t.Errorf("active = %v of %v", active, held.Silences)
				}
			})
		})
	}
}

// Two Redress on one Alertmanager do not end each other's silences, not even of runs
// with the same ID; one from before silences named a namespace belongs to anybody.
func TestSilencesOfAnotherRedress(t *testing.T) {
	onEach(t, func(w *world) {
		in := func(namespace string) *Reporter { return w.reporter(func(o *Options) { o.Namespace = namespace }) }
		prod, stage := in("prod"), in("stage")
		held := mustHold(w.t, prod, hold(run("a.x.1"), newAlert("RedisDown")))
		if err := stage.Release(w.t.Context(), contract.Release{RunID: "a.x.1"}); err != nil {
			w.t.Fatal(err)
		}
		over := run("a.x.1")
		over.Status = contract.RunFinished
		runs := map[string]contract.Run{"a.x.1": over}
		if done, err := stage.Leases(w.t.Context(), runs); done.Ended != 0 || err != nil {
			w.t.Errorf("the other one ended %d silences, %v", done.Ended, err)
		}
		if diff := cmp.Diff([]string{held.Silences[0].ID}, w.active()); diff != "" {
			w.t.Errorf("active (-want +got):\n%s", diff)
		}
		old := mustHold(w.t, in(""), hold(over, newAlert("RedisMasterLinkDown")))
		if done, err := prod.Leases(w.t.Context(), runs); done.Ended != 2 || err != nil {
			w.t.Errorf("its own ended %d silences, want its own and %s; %v", done.Ended, old.Silences[0].ID, err)
		}
	})
}

func TestASilenceEndedDuringItsRenewalStaysEnded(t *testing.T) {
	onEach(t, func(w *world) {
		r := w.reporter()
		held := mustHold(w.t, r, hold(run("a.x.1"), newAlert("RedisDown")))
		p := r.clusters[0][0]
		read, err := r.leases(w.t.Context(), p, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		w.expire(held.Silences[0].ID) // between the round's reading and its writing
		var done contract.LeasesDone
		if err := r.tend(w.t.Context(), p, read[0], map[string]contract.Run{"a.x.1": run("a.x.1")}, &done); err != nil {
			w.t.Fatal(err)
		}
		if active := w.active(); len(active) != 0 || done.Renewed != 0 {
			w.t.Errorf("active = %v, done = %+v, want the silence to stay ended", active, done)
		}
	})
}

func TestLeasesGoOnPastAClusterThatIsDown(t *testing.T) {
	onEach(t, func(w *world) {
		mustHold(w.t, w.reporter(func(o *Options) { o.Lease = time.Minute }), hold(run("a.x.1"), newAlert("RedisDown")))
		dead := deadURL(w.t)
		r := w.reporter(func(o *Options) { o.Clusters = [][]string{{dead}, {w.url}} })
		done, err := r.Leases(w.t.Context(), map[string]contract.Run{"a.x.1": run("a.x.1")})
		if err == nil || !strings.Contains(err.Error(), dead) {
			w.t.Errorf("error = %v, want one that names %s", err, dead)
		}
		if done.Renewed != 1 {
			w.t.Errorf("done = %+v, want the other cluster's lease renewed", done)
		}
	})
}
