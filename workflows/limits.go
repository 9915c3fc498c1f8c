package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

const (
	// refusalsKept is how long a guardian remembers the runs that it did not begin.
	refusalsKept = 24 * time.Hour
	// refusalsMost is how many of them.
	refusalsMost = 20
)

// limited returns why a run must not begin now, and until when; "" when it may. A run
// that only observes changes nothing, and needs no rest after an act.
func (g *guardian) limited(now time.Time, q contract.Queued) (string, time.Time) {
	if until := g.state.CooldownUntil; until != nil && now.Before(*until) && q.Mode != definitions.Observe {
		return fmt.Sprintf("cooldown: the last act on %s is too recent; no new run before %s",
			g.target.Name, until.UTC().Format(time.RFC3339)), *until
	}
	limit := q.Pinned.Runbook.Limits.Runs
	since := now.Add(-time.Duration(limit.Per))
	var inside []contract.PastRun
	for _, p := range g.state.Runs {
		if p.Runbook == q.Pinned.Runbook.Name && p.StartedAt.After(since) {
			inside = append(inside, p)
		}
	}
	if limit.Max > 0 && len(inside) >= limit.Max {
		until := inside[len(inside)-limit.Max].StartedAt.Add(time.Duration(limit.Per))
		return fmt.Sprintf("limit: %s has run %d times on %s within %s; no new run before %s",
			q.Pinned.Runbook.Name, len(inside), g.target.Name, limit.Per, until.UTC().Format(time.RFC3339)), until
	}
	return "", time.Time{}
}

// refuse notes a run that was not begun, and tells people once until the limit that
// refused it ends. The page is not held back: it tells them too.
func (g *guardian) refuse(ctx workflow.Context, q contract.Queued, reason string, until time.Time) {
	now := workflow.Now(ctx).UTC()
	book := q.Pinned.Runbook.Name
	told := slices.ContainsFunc(g.state.Refusals, func(r contract.Refused) bool { return r.Runbook == book && r.Until.After(now) })
	g.state.Refusals = append(g.state.Refusals, contract.Refused{At: now, Runbook: book, Reason: reason, Until: until})
	if extra := len(g.state.Refusals) - refusalsMost; extra > 0 {
		g.state.Refusals = g.state.Refusals[extra:]
	}
	var alerts []contract.Alert
	for _, f := range q.Fingerprints {
		if e := g.episode(f); e != nil {
			e.Why, e.AskAgain = reason, until
			alerts = append(alerts, e.Alert)
		}
	}
	if told {
		return
	}
	view := contract.Run{
		Target: g.target.Name, Runbook: book, RunbookSHA256: q.Pinned.Runbook.SHA256, Title: q.Pinned.Runbook.Title, Mode: q.Mode,
		Trigger: "alert", Status: contract.RunFinished, Outcome: definitions.Refused, Reason: reason, StartedAt: &now, FinishedAt: &now,
	}
	g.tell(ctx, q.Receiver, view, alerts)
}

// forget drops what no limit and no episode looks back at any more.
func (g *guardian) forget(now time.Time) {
	s := &g.state
	s.Alerts = slices.DeleteFunc(s.Alerts, func(e contract.Episode) bool {
		return !e.ResolvedAt.IsZero() && now.Sub(e.ResolvedAt) >= renameGap && !g.answers(e.RunID)
	})
	s.Queue = slices.DeleteFunc(s.Queue, func(q contract.Queued) bool {
		return !slices.ContainsFunc(q.Fingerprints, func(f string) bool { return g.episode(f) != nil })
	})
	s.Runs = slices.DeleteFunc(s.Runs, func(p contract.PastRun) bool { return !now.Before(p.ForgetAt()) })
	s.Refusals = slices.DeleteFunc(s.Refusals, func(r contract.Refused) bool { return now.Sub(r.At) >= refusalsKept })
	if s.CooldownUntil != nil && !now.Before(*s.CooldownUntil) {
		s.CooldownUntil = nil
	}
}
