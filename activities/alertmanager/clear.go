package alertmanager

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"redress/internal/contract"
)

// Clear watches the alerts of a verified run, once a second on every peer, and ends
// the silence of each alert the moment that no Alertmanager lists it any more. Ended
// sooner, people are paged for a fault that is healed; ended later, the resolution is
// muted too and a new firing may page nobody. (A group that Alertmanager flushes in
// the second between the two is muted all the same: this answer is the resolution.)
//
// It leaves the silences of alerts that joined the run meanwhile alone. At the deadline
// it ends all silences of the run, so that people hear of alerts that still fire, and
// answers which these are. It fails only when ctx is over. It may be
// repeated: it then goes on where it was.
func (r *Reporter) Clear(ctx context.Context, c contract.Clear) (contract.Cleared, error) {
	if len(r.clusters) == 0 && len(c.Alerts) > 0 {
		return contract.Cleared{Still: nil, Why: errNoAlertmanager.Error()}, nil
	}
	stop := r.beat(ctx)
	defer stop()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	ended := map[string]bool{} // fingerprints whose silences were ended
	for {
		s := r.survey(ctx, c.Alerts)
		if err := context.Cause(ctx); err != nil {
			return contract.Cleared{}, fmt.Errorf("watch the alerts of run %s: %w", c.RunID, err)
		}
		for _, id := range s.firing {
			delete(ended, id)
		}
		news := slices.DeleteFunc(slices.Clone(s.gone), func(a contract.Alert) bool { return ended[fingerprint(a)] })
		endErr := r.endGone(ctx, c.RunID, c.Silences, news)
		if endErr == nil {
			for _, a := range news {
				ended[fingerprint(a)] = true
			}
		}
		late := !r.now().Before(c.Deadline)
		switch {
		case s.cleared() && (endErr == nil || late):
			return contract.Cleared{Cleared: true, At: r.now().UTC(), Why: trouble(endErr)}, nil
		case late:
			return r.giveUp(ctx, c, s), nil
		}
		select {
		case <-ctx.Done():
			return contract.Cleared{}, fmt.Errorf("watch the alerts of run %s: %w", c.RunID, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// survey is where the alerts of a run are.
type survey struct {
	gone    []contract.Alert
	firing  []string // fingerprints
	unknown []string // why, in words
}

func (s survey) cleared() bool { return len(s.firing) == 0 && len(s.unknown) == 0 }

func (r *Reporter) survey(ctx context.Context, alerts []contract.Alert) survey {
	var s survey
	if len(alerts) == 0 {
		return s
	}
	answers := r.look(ctx, about(alerts))
	for _, a := range alerts {
		id := fingerprint(a)
		switch w := locate(answers, id); {
		case w.firing:
			s.firing = append(s.firing, id)
		case w.gone():
			s.gone = append(s.gone, a)
		case !slices.Contains(s.unknown, w.unknown):
			s.unknown = append(s.unknown, w.unknown)
		}
	}
	return s
}

// endGone ends the silences that the run made for alerts that are gone.
func (r *Reporter) endGone(ctx context.Context, runID string, refs []contract.SilenceRef, gone []contract.Alert) error {
	if len(gone) == 0 {
		return nil
	}
	n, err := r.end(ctx, ending{runID: runID, refs: refs, alerts: gone})
	if err != nil {
		r.log.WarnContext(ctx, "silence of a cleared alert could not be ended", "run", runID, "error", err)
		return err
	}
	r.log.InfoContext(ctx, "alerts cleared", "run", runID, "alerts", len(gone), "silences", n)
	return nil
}

// giveUp ends all silences of a run whose alerts did not clear in time.
func (r *Reporter) giveUp(ctx context.Context, c contract.Clear, s survey) contract.Cleared {
	whys := s.unknown
	if _, err := r.end(ctx, ending{runID: c.RunID, refs: c.Silences}); err != nil {
		r.log.WarnContext(ctx, "silences could not be ended", "run", c.RunID, "error", err)
		whys = append(whys, trouble(err))
	}
	return contract.Cleared{Still: s.firing, Why: strings.Join(whys, "; ")}
}

// trouble says that silences were left to their leases.
func trouble(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf("silences could not be ended and end with their lease: %v", err)
}
