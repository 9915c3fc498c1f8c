//go:build !lean

package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"redress/definitions"
	"redress/internal/contract"
	"redress/internal/lab"
)

// result is what the demo has seen.
type result struct {
	run       contract.Run
	fault     time.Time
	cleared   time.Time // when the last alert was gone from Alertmanager
	failovers int       // as the Sentinels announced them
	events    int64     // in the run's history
	pages     []page
	held      []string // alerts whose page was due and held back
	quiet     bool     // no silence of ours and no alert is left
	master    string   // the node that serves
	keys      int      // of the first ones, on it
	trouble   error    // why no master serves with all data
}

// healed reports whether all went well: see [Run].
func (r result) healed() bool {
	return r.run.Outcome == definitions.Healed && len(r.pages) == 0 && r.trouble == nil
}

// sumUp looks at everything once more.
func (p *player) sumUp(ctx context.Context) result {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	r := result{
		run: p.follower.run, fault: p.fault, cleared: p.observer.cleared, failovers: p.switches.failovers(),
		pages: p.pager.paged(), held: p.observer.held, quiet: p.observer.err == nil && p.observer.quiet(),
	}
	r.master, r.keys, r.trouble = serving(ctx, p.lab)
	if d, err := p.redress.Temporal().SDK().DescribeWorkflowExecution(ctx, r.run.ID, ""); err == nil {
		r.events = d.GetWorkflowExecutionInfo().GetHistoryLength()
	}
	return r
}

// summary is the end of the story.
func (r result) summary() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	b.WriteString("\n")
	row("Outcome", "%s%s", r.run.Outcome, by(r.run))
	if r.run.HealedAt != nil {
		row("Healed", "%.1fs after the fault", r.run.HealedAt.Sub(r.fault).Seconds())
	}
	switch {
	case !r.quiet:
		row("Cleared", "no: an alert or a silence is still there")
	case !r.cleared.IsZero():
		row("Cleared", "%.1fs after the fault", r.cleared.Sub(r.fault).Seconds())
	}
	if len(r.run.Acts) == 0 {
		row("Acts", "none by Redress")
	}
	for _, a := range r.run.Acts {
		row("Acts", "%s at %s, applied: %s", a.Action, strings.TrimSpace(since(r.fault, a.At)), a.Applied)
	}
	row("Failovers", "%d, as the Sentinels announced", r.failovers)
	row("Paged", "%s", r.paged())
	if r.trouble != nil {
		row("Data", "%s (%d of %d keys)", strings.ReplaceAll(r.trouble.Error(), "\n", "; "), r.keys, lab.SeedKeys)
	} else {
		row("Data", "%d of %d keys on %s, which takes writes", r.keys, lab.SeedKeys, r.master)
	}
	row("History", "%d events in Temporal", r.events)
	row("Run", "%s", r.run.URL)
	return b.String()
}

func (r result) paged() string {
	if len(r.pages) == 0 {
		if len(r.held) == 0 {
			return "nobody"
		}
		return "nobody; the silences held back " + list(r.held)
	}
	var whens []string
	for _, p := range r.pages {
		whens = append(whens, fmt.Sprintf("%s for %s", strings.TrimSpace(since(r.fault, p.at)), list(p.alerts)))
	}
	return "a person was, at " + list(whens)
}

// by says who healed.
func by(r contract.Run) string {
	switch {
	case r.Outcome != definitions.Healed && r.Reason != "":
		return ": " + r.Reason
	case r.Outcome != definitions.Healed:
		return ""
	case len(r.Acts) == 0:
		return " (by Redis's own means; Redress watched and verified)"
	default:
		return " (by Redress)"
	}
}
