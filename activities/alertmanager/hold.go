package alertmanager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"redress/activities"
	"redress/internal/contract"
)

// shortest is the least time for which a page is held back: Alertmanager refuses a
// silence that ends in its past.
const shortest = 3 * time.Second

// Hold looks who else suppresses the alerts, and unless somebody does makes a lease
// silence for each alert on each cluster. A silence ends with its lease, and at the
// latest HoldPage after the alert began to fire. Silences of the run that exist are
// kept; one that somebody ended is not made again: whoever did wants the page.
//
// It fails when no peer of a cluster answers. It may be repeated.
func (r *Reporter) Hold(ctx context.Context, h contract.Hold) (contract.Held, error) {
	held := contract.Held{StatusAlerts: r.statusAlerts}
	if len(r.clusters) == 0 {
		held.Why = errNoAlertmanager.Error()
		return held, nil
	}
	stop := r.beat(ctx)
	defer stop()
	by, err := r.suppressed(ctx, h.Alerts)
	if err != nil {
		return held, activities.ToTemporal(fmt.Errorf("hold the page for run %s: %w", h.Run.ID, err))
	}
	if held.SuppressedBy = by; by != "" || !h.Silence {
		return held, nil
	}
	var whys []string
	var errs []error
	for i, c := range r.clusters {
		var done holding
		errs = append(errs, c.one(ctx, func(p *peer) error {
			done, err = r.hold(ctx, p, h)
			return err
		}))
		for fingerprint, id := range done.ids {
			held.Silences = append(held.Silences, contract.SilenceRef{Cluster: i, ID: id, Fingerprint: fingerprint})
		}
		if done.until.After(held.Until) {
			held.Until = done.until
		}
		for _, why := range done.whys {
			if !slices.Contains(whys, why) {
				whys = append(whys, why)
			}
		}
	}
	slices.SortFunc(held.Silences, func(a, b contract.SilenceRef) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Fingerprint, b.Fingerprint), cmp.Compare(a.ID, b.ID))
	})
	held.Why = strings.Join(whys, "; ")
	if err := errors.Join(errs...); err != nil {
		return held, activities.ToTemporal(fmt.Errorf("hold the page for run %s: %w", h.Run.ID, err))
	}
	return held, nil
}

// holding is what was held on one cluster.
type holding struct {
	ids   map[string]string // silences, by the alert's fingerprint
	until time.Time
	whys  []string
}

// hold makes the silences that are missing on one cluster, through one of its peers.
func (r *Reporter) hold(ctx context.Context, p *peer, h contract.Hold) (holding, error) {
	done := holding{ids: map[string]string{}}
	ours, err := r.leasesOf(ctx, p, h.Run.ID, h.Alerts)
	if err != nil {
		return done, err
	}
	for _, a := range h.Alerts {
		id := fingerprint(a)
		if i := slices.IndexFunc(ours, func(l lease) bool { return l.live() && l.facts[factAlert] == id }); i >= 0 {
			done.ids[id] = ours[i].id
			if until, err := ours[i].holdUntil(); err == nil && until.After(done.until) {
				done.until = until
			}
			continue
		}
		if slices.ContainsFunc(ours, func(l lease) bool { return l.endedByHand() && l.facts[factAlert] == id }) {
			done.whys = append(done.whys, fmt.Sprintf("the silence of this run for %s was ended before its lease was over; it is not made again", describe(a)))
			continue
		}
		now := p.clock()
		until := a.StartsAt.Add(time.Duration(h.HoldPage)).UTC()
		if until.Sub(now) < shortest {
			done.whys = append(done.whys, fmt.Sprintf("%s has been firing for %s, longer than a page may be held back (hold_page %s)",
				describe(a), now.Sub(a.StartsAt).Round(time.Second), h.HoldPage))
			continue
		}
		silence, err := p.create(ctx, a, earlier(now.Add(r.lease), until),
			r.facts(h.Run, id, until, now), sentence(h.Run, a.Name(), until))
		if err != nil {
			return done, err
		}
		r.log.InfoContext(ctx, "page held back", "run", h.Run.ID, "alert", a.Name(), "silence", silence, "until", until)
		done.ids[id] = silence
		if until.After(done.until) {
			done.until = until
		}
	}
	return done, nil
}

// Release ends every silence of the run now, on every cluster, those that the request
// does not name too, so that people are paged. Those that it names are ended first and
// also where the others cannot be listed. It may be repeated.
func (r *Reporter) Release(ctx context.Context, rel contract.Release) error {
	stop := r.beat(ctx)
	defer stop()
	ended, err := r.end(ctx, ending{runID: rel.RunID, refs: rel.Silences})
	if err != nil {
		return activities.ToTemporal(fmt.Errorf("release the page for run %s: %w", rel.RunID, err))
	}
	r.log.InfoContext(ctx, "page released", "run", rel.RunID, "silences", ended)
	return nil
}

// facts returns what a silence of the run says.
func (r *Reporter) facts(run contract.Run, fingerprint string, until, now time.Time) facts {
	f := facts{
		factStatus:    string(run.Status),
		factRunbook:   run.Runbook,
		factSHA256:    run.RunbookSHA256,
		factStep:      step(run),
		factRun:       run.ID,
		factURL:       r.page(run),
		factAlert:     fingerprint,
		factNamespace: r.namespace,
		factHoldUntil: until.UTC().Format(time.RFC3339Nano),
		factUpdatedAt: now.UTC().Format(time.RFC3339),
	}
	maps.DeleteFunc(f, func(_, value string) bool { return value == "" })
	return f
}

// sentence says to people what a silence is.
func sentence(run contract.Run, alert string, until time.Time) string {
	return fmt.Sprintf("Redress answers %s on %s with runbook %s and holds the page back until %s at the latest; expire this silence to be paged now.",
		alert, run.Target, run.Runbook, until.UTC().Format("15:04:05 MST"))
}

// step returns the name of the step that the run is at; "" before the first.
func step(run contract.Run) string {
	if len(run.Steps) == 0 {
		return ""
	}
	at := run.Steps[len(run.Steps)-1]
	for _, s := range run.Steps {
		if s.Status == contract.StepRunning || s.Status == contract.StepWaiting {
			at = s
		}
	}
	return cmp.Or(at.Name, at.Path)
}

// describe names an alert for people: its name and the labels that tell it from others.
func describe(a contract.Alert) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		if name != alertName {
			pairs = append(pairs, fmt.Sprintf("%s=%q", name, a.Labels[name]))
		}
	}
	return a.Name() + "{" + strings.Join(pairs, ", ") + "}"
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
