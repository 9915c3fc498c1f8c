package alertmanager

import (
	"context"
	"errors"
	"time"

	"redress/definitions"
	"redress/internal/contract"
)

// grace is how old a silence must be before the round ends it because it knows of no
// such run: the list of running runs is a little older than the silences.
const grace = time.Minute

// Leases renews the silences of the running runs, by ID, and with them what they say
// of the run, never beyond the end of their hold_page. It ends the silences of runs
// that are over, that are about to end without having healed, that wait for a person,
// or that are not running at all. A run without a status is one that could not be
// read: its silences are left to their leases. A silence that is over stays over. It
// goes on to the next cluster when one does not answer, and fails then with what could
// not be done, beside what was.
func (r *Reporter) Leases(ctx context.Context, running map[string]contract.Run) (contract.LeasesDone, error) {
	stop := r.beat(ctx)
	defer stop()
	var done contract.LeasesDone
	var errs []error
	for _, c := range r.clusters {
		errs = append(errs, c.one(ctx, func(p *peer) error {
			all, err := r.leases(ctx, p, nil)
			if err != nil {
				return err
			}
			var errs []error
			for _, l := range all {
				if l.live() {
					errs = append(errs, r.tend(ctx, p, l, running, &done))
				}
			}
			return errors.Join(errs...)
		}))
	}
	return done, errors.Join(errs...)
}

// tend renews or ends one silence.
func (r *Reporter) tend(ctx context.Context, p *peer, l lease, running map[string]contract.Run, done *contract.LeasesDone) error {
	now := p.clock()
	run, known := running[l.runID]
	switch {
	case !known && now.Sub(l.startsAt) < grace:
		return nil
	case known && run.Status == "": // it lives, and what it says could not be read
		return nil
	case !known, run.Status == contract.RunFinished, run.Status == contract.RunWaiting, run.Outcome != "" && run.Outcome != definitions.Healed:
		done.Ended++
		r.log.InfoContext(ctx, "silence ended", "run", l.runID, "silence", l.id, "running", known)
		return p.expire(ctx, l.id)
	}
	until, err := l.holdUntil()
	if err != nil {
		// Without a known end nothing is prolonged: the lease runs out by itself.
		r.log.WarnContext(ctx, "silence does not say how long it may hold", "run", l.runID, "silence", l.id)
		return nil //nolint:nilerr // said in the log; the next round would find the same
	}
	end := earlier(now.Add(r.lease), until)
	if end.Before(l.endsAt) {
		end = l.endsAt
	}
	if end.Sub(now) < shortest {
		return nil
	}
	ok, err := p.renew(ctx, l, end, r.facts(run, l.facts[factAlert], until, now), sentence(run, l.alert(), until))
	if ok {
		done.Renewed++
	}
	return err
}

// alert returns the name of the alert that the silence mutes.
func (l lease) alert() string {
	for _, m := range l.model.Matchers {
		if deref(m.Name) == alertName {
			return deref(m.Value)
		}
	}
	return "an alert"
}
