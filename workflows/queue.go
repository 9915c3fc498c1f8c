package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// start begins the next run, when none is active.
func (g *guardian) start(ctx workflow.Context) {
	for g.state.ActiveRun == nil {
		q, ok := g.next(workflow.Now(ctx))
		if !ok {
			return
		}
		if q.Pinned.Runbook.For > 0 && !g.stillFires(ctx, &q) {
			continue
		}
		if !slices.ContainsFunc(q.Fingerprints, g.firing) {
			g.replan(q.Fingerprints) // all gone while it waited
			continue
		}
		if reason, until := g.limited(workflow.Now(ctx), q); reason != "" {
			g.refuse(ctx, q, reason, until)
			continue
		}
		g.begin(ctx, q)
	}
}

// next takes the first run out of the queue whose time has come.
func (g *guardian) next(now time.Time) (contract.Queued, bool) {
	i := slices.IndexFunc(g.state.Queue, func(q contract.Queued) bool { return !now.Before(q.NotBefore) })
	if i < 0 {
		return contract.Queued{}, false
	}
	q := g.state.Queue[i]
	g.state.Queue = slices.Delete(g.state.Queue, i, i+1)
	return q, true
}

func (g *guardian) firing(fingerprint string) bool {
	e := g.episode(fingerprint)
	return e != nil && e.Alert.Firing()
}

// replan forgets the plan of alerts whose run was not begun because they had gone: one
// that fires again in the same episode is to be answered after all.
func (g *guardian) replan(fingerprints []string) {
	for _, f := range fingerprints {
		if e := g.episode(f); e != nil && !e.Alert.Firing() && e.RunID == "" {
			e.Planned = false
		}
	}
}

// stillFires asks at the end of a runbook's `for`: whether its alerts fire, of
// Alertmanager itself, and what the runbooks say by now. While nobody can be asked,
// the run waits: an alert that may be gone starts nothing. It is refused when waiting is
// of no use, as without any Alertmanager: people are to know.
func (g *guardian) stillFires(ctx workflow.Context, q *contract.Queued) bool {
	now := workflow.Now(ctx)
	var alerts []contract.Alert
	var ripe time.Time // when the first of those that fire has fired for long enough
	for _, f := range q.Fingerprints {
		e := g.episode(f)
		if e == nil || !e.Alert.Firing() {
			continue
		}
		alerts = append(alerts, e.Alert)
		if at := notBefore(e.FirstSeen, q.Pinned.Runbook.For); ripe.IsZero() || at.Before(ripe) {
			ripe = at
		}
	}
	switch {
	case len(alerts) == 0:
		g.replan(q.Fingerprints)
		return false
	case ripe.After(now): // the one that it waited for is gone
		q.NotBefore = ripe
		g.queue(*q)
		return false
	}
	for _, batch := range batches(alerts) {
		if !g.confirm(ctx, q, batch) {
			return false
		}
	}
	return true
}

// confirm asks for some of the alerts of a run, and reports whether it may go on.
func (g *guardian) confirm(ctx workflow.Context, q *contract.Queued, alerts []contract.Alert) bool {
	answer, err := g.ask(ctx, alerts, true)
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.NonRetryable() { // to wait is of no use
		g.refuse(ctx, *q, "whether its alerts still fire is not known: "+cause(err), workflow.Now(ctx).Add(hopelessAgain))
		return false
	}
	if err != nil {
		q.NotBefore = workflow.Now(ctx).Add(planAgain)
		g.queue(*q)
		return false
	}
	for _, p := range answer.Plans {
		switch {
		case p.Gone:
			g.resolves(workflow.Now(ctx), p.Fingerprint, nil)
		case p.Runbook != q.Pinned.Runbook.Name: // the files have changed meanwhile
			q.Fingerprints = slices.DeleteFunc(q.Fingerprints, func(f string) bool { return f == p.Fingerprint })
			g.enqueue(workflow.Now(ctx), p, answer)
		default:
			lower(q, p)
		}
	}
	if pinned, ok := answer.Pinned(q.Pinned.Runbook.Name); ok {
		q.Pinned = pinned
	}
	return true
}

// begin starts a run as a child that lives on by itself.
func (g *guardian) begin(ctx workflow.Context, q contract.Queued) {
	now := workflow.Now(ctx).UTC().Truncate(time.Second)
	if !now.After(g.state.LastStart) {
		now = g.state.LastStart.Add(time.Second) // IDs have seconds, and are never used again
	}
	g.state.LastStart = now
	book := q.Pinned.Runbook
	in := contract.RemediationInput{
		RunID: contract.RunID(g.target.Name, book.Name, now), Target: g.target, Pinned: q.Pinned,
		Mode: q.Mode, ModeWhy: q.ModeWhy, Why: q.Why, Trigger: "alert", Receiver: q.Receiver, HoldPage: q.HoldPage,
		Notifications: q.Notifications,
	}
	in.URL = contract.RunURL(q.UIURL, workflow.GetInfo(ctx).Namespace, in.RunID)
	lines := slices.Concat(book.Alerts, book.Covers)
	all := brief(g.alertsOf(q.Fingerprints, lines), annotated)
	in.Alerts = batches(all)[0] // the others join
	view := newView(in, now)
	view.Alerts = view.Alerts[:min(len(view.Alerts), alertsShown)]
	cctx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            in.RunID,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes: startAttributes(in),
		StaticSummary:         summaryOf(in),
		StaticDetails:         detailsOf(in),
		Memo:                  map[string]any{contract.MemoKey: view},
	})
	child := workflow.ExecuteChildWorkflow(cctx, contract.RemediationWorkflow, in)
	if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		g.refuse(ctx, q, "the run could not be started: "+cause(err), time.Time{})
		return
	}
	g.child = child
	g.state.ActiveRun = &contract.ActiveRun{RunID: in.RunID, Runbook: book.Name, StartedAt: now, Joins: lines, Limits: book.Limits}
	answered := map[string]bool{}
	for _, a := range all {
		e := g.episode(a.Fingerprint)
		e.Planned, e.RunID = true, in.RunID
		answered[a.Fingerprint] = true
	}
	g.joined = append(g.joined, all[len(in.Alerts):]...)
	g.unqueue(answered)
}

// alertsOf returns the firing alerts that a run answers: those that asked for it
// first, then whatever it covers and no other run has answered.
func (g *guardian) alertsOf(first []string, lines []definitions.Matchers) []contract.Alert {
	var out, covered []contract.Alert
	asked := setOf(first)
	for _, f := range first {
		if e := g.episode(f); e != nil && e.Alert.Firing() {
			out = append(out, e.Alert)
		}
	}
	for _, e := range g.state.Alerts {
		if e.Alert.Firing() && e.RunID == "" && !asked[e.Alert.Fingerprint] && joins(lines, e.Alert) {
			covered = append(covered, e.Alert)
		}
	}
	return append(out, covered...)
}

// unqueue takes alerts that a run now answers out of the queue.
func (g *guardian) unqueue(answered map[string]bool) {
	for i := range g.state.Queue {
		q := &g.state.Queue[i]
		q.Fingerprints = slices.DeleteFunc(q.Fingerprints, func(f string) bool { return answered[f] })
	}
	g.state.Queue = slices.DeleteFunc(g.state.Queue, func(q contract.Queued) bool { return len(q.Fingerprints) == 0 })
}

// pass tells the active run what happened to its alerts. A run that has just ended
// cannot be told; its report, which is on its way, says which alerts it knew.
func (g *guardian) pass(ctx workflow.Context) {
	if g.state.ActiveRun != nil && len(g.joined)+len(g.resolved) > 0 {
		for _, c := range g.changes() {
			if !g.signal(ctx, c) {
				break
			}
		}
	}
	g.joined, g.resolved = nil, nil
	unplanned := func(e contract.Episode) bool { return !e.Planned && e.Alert.Firing() }
	if !slices.ContainsFunc(g.state.Alerts, unplanned) { // else their run is to have them too
		clear(g.news)
	}
}

// changes puts the news for the active run together, in as many messages as it takes.
// Each carries one of the notifications that brought them.
func (g *guardian) changes() []contract.AlertsChange {
	room := annotated + len(g.joined) // less all that the run answers: what is left for those that join
	for _, e := range g.state.Alerts {
		if g.answers(e.RunID) {
			room--
		}
	}
	changes := []contract.AlertsChange{{Resolved: g.resolved}}
	for i, batch := range batches(brief(g.joined, room)) {
		if i > 0 {
			changes = append(changes, contract.AlertsChange{})
		}
		changes[i].Joined = batch
	}
	var news []contract.Notification
	for _, a := range g.joined {
		news = withNews(news, g.news[a.Fingerprint])
	}
	for _, f := range g.resolved {
		news = withNews(news, g.news[f])
	}
	for i := range news {
		if i == len(changes) {
			changes = append(changes, contract.AlertsChange{})
		}
		changes[i].Notification = &news[i]
	}
	return changes
}

func summaryOf(in contract.RemediationInput) string {
	return clip(fmt.Sprintf("%s: %s (%s)", in.Target.Name, cmp.Or(in.Pinned.Runbook.Title, in.Pinned.Runbook.Name), strings.Join(alertNames(in.Alerts), ", ")), 190)
}

func detailsOf(in contract.RemediationInput) string {
	return fmt.Sprintf("**%s** on **%s**\n\nWhy this runbook: %s\n\nMode %s: %s\n\n%s",
		in.Pinned.Runbook.Name, in.Target.Name, in.Why, in.Mode, in.ModeWhy, clip(in.Pinned.Runbook.Description, 8000))
}
