package workflows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// plan asks which runbooks answer the new episodes, and queues their runs.
func (g *guardian) plan(ctx workflow.Context) {
	now := workflow.Now(ctx)
	if now.Before(g.planAt) {
		return
	}
	var fresh []contract.Alert
	for i := range g.state.Alerts {
		e := &g.state.Alerts[i]
		if e.Planned || !e.Alert.Firing() {
			continue
		}
		if run := g.state.ActiveRun; run != nil && joins(run.Joins, e.Alert) {
			e.Planned, e.RunID, e.Why = true, run.RunID, "joins run "+run.RunID
			g.joined = append(g.joined, e.Alert)
			continue
		}
		fresh = append(fresh, e.Alert)
	}
	if len(fresh) == 0 {
		return
	}
	answer, err := g.ask(ctx, fresh, false)
	if err != nil {
		g.planAt = workflow.Now(ctx).Add(planAgain)
		workflow.GetLogger(ctx).Error("no plan for new alerts; will be asked again", "err", cause(err))
		return
	}
	g.target.Labels, g.target.TaskQueue = answer.Labels, answer.TaskQueue
	for _, p := range answer.Plans {
		g.enqueue(workflow.Now(ctx), p, answer)
	}
}

func (g *guardian) ask(ctx workflow.Context, alerts []contract.Alert, still bool) (contract.PlanAnswer, error) {
	var answer contract.PlanAnswer
	err := workflow.ExecuteActivity(quick(ctx, "which runbook answers?", tellWithin), contract.PlanActivity,
		contract.PlanRequest{Target: g.target, Alerts: alerts, StillFiring: still}).Get(ctx, &answer)
	return answer, err
}

// enqueue puts what a plan says into the queue. Alerts for the same runbook wait for
// the same run.
func (g *guardian) enqueue(now time.Time, p contract.Plan, answer contract.PlanAnswer) {
	e := g.episode(p.Fingerprint)
	if e == nil {
		return
	}
	e.Planned, e.Runbook, e.Why = true, p.Runbook, p.Why
	pinned, ok := answer.Pinned(p.Runbook)
	if !ok {
		return
	}
	for i := range g.state.Queue {
		if q := &g.state.Queue[i]; q.Pinned.Runbook.Name == p.Runbook {
			q.Fingerprints = append(q.Fingerprints, p.Fingerprint)
			q.Notifications = appendNews(q.Notifications, g.news)
			return
		}
	}
	g.state.Queue = append(g.state.Queue, contract.Queued{
		Pinned: pinned, Mode: p.Mode, ModeWhy: p.ModeWhy, Why: p.Why, Fingerprints: []string{p.Fingerprint},
		QueuedAt: now, NotBefore: notBefore(e.FirstSeen, pinned.Runbook.For),
		Receiver: answer.Receiver, HoldPage: answer.HoldPage, UIURL: answer.UIURL,
		Notifications: appendNews(nil, g.news),
	})
	slices.SortStableFunc(g.state.Queue, func(a, b contract.Queued) int {
		return cmp.Or(cmp.Compare(a.Pinned.Runbook.Priority, b.Pinned.Runbook.Priority), a.QueuedAt.Compare(b.QueuedAt))
	})
}

func notBefore(first time.Time, wait definitions.Duration) time.Time {
	if wait == 0 {
		return time.Time{}
	}
	return first.Add(time.Duration(wait))
}

func appendNews(list []contract.Notification, n *contract.Notification) []contract.Notification {
	if n == nil {
		return list
	}
	return append(list, *n)
}

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
			continue // all gone while it waited
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

// stillFires asks Alertmanager at the end of a runbook's `for`. While it cannot be
// asked, the run waits: an alert that may be gone starts nothing.
func (g *guardian) stillFires(ctx workflow.Context, q *contract.Queued) bool {
	var alerts []contract.Alert
	for _, f := range q.Fingerprints {
		if e := g.episode(f); e != nil && e.Alert.Firing() {
			alerts = append(alerts, e.Alert)
		}
	}
	if len(alerts) == 0 {
		return false
	}
	answer, err := g.ask(ctx, alerts, true)
	if err != nil {
		q.NotBefore = workflow.Now(ctx).Add(planAgain)
		g.state.Queue = append(g.state.Queue, *q)
		return false
	}
	for _, p := range answer.Plans {
		if p.Gone {
			g.resolves(workflow.Now(ctx), p.Fingerprint, nil)
		}
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
	in.Alerts = g.alertsOf(q.Fingerprints, lines)
	cctx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            in.RunID,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes: startAttributes(in),
		StaticSummary:         summaryOf(in),
		StaticDetails:         detailsOf(in),
	})
	err := workflow.ExecuteChildWorkflow(cctx, contract.RemediationWorkflow, in).GetChildWorkflowExecution().Get(ctx, nil)
	if err != nil {
		g.refuse(ctx, q, "the run could not be started: "+cause(err), time.Time{})
		return
	}
	g.state.ActiveRun = &contract.ActiveRun{RunID: in.RunID, Runbook: book.Name, StartedAt: now, Joins: lines, Limits: book.Limits}
	for _, a := range in.Alerts {
		e := g.episode(a.Fingerprint)
		e.Planned, e.RunID = true, in.RunID
		g.unqueue(a.Fingerprint)
	}
}

// alertsOf returns the firing alerts that a run answers: those that asked for it
// first, then whatever it covers and no other run has answered.
func (g *guardian) alertsOf(first []string, lines []definitions.Matchers) []contract.Alert {
	var out, covered []contract.Alert
	for _, f := range first {
		if e := g.episode(f); e != nil && e.Alert.Firing() {
			out = append(out, e.Alert)
		}
	}
	for _, e := range g.state.Alerts {
		if e.Alert.Firing() && e.RunID == "" && !slices.Contains(first, e.Alert.Fingerprint) && joins(lines, e.Alert) {
			covered = append(covered, e.Alert)
		}
	}
	return append(out, covered...)
}

// unqueue takes an alert that a run now answers out of the queue.
func (g *guardian) unqueue(fingerprint string) {
	for i := range g.state.Queue {
		q := &g.state.Queue[i]
		q.Fingerprints = slices.DeleteFunc(q.Fingerprints, func(f string) bool { return f == fingerprint })
	}
	g.state.Queue = slices.DeleteFunc(g.state.Queue, func(q contract.Queued) bool { return len(q.Fingerprints) == 0 })
}

// pass tells the active run what happened to its alerts. A run that has just ended
// cannot be told; its report, which is on its way, says which alerts it knew.
func (g *guardian) pass(ctx workflow.Context) {
	if g.state.ActiveRun == nil || len(g.joined)+len(g.resolved) == 0 {
		g.news = nil
		return
	}
	change := contract.AlertsChange{Joined: g.joined, Resolved: g.resolved, Notification: g.news}
	g.joined, g.resolved, g.news = nil, nil, nil
	id := g.state.ActiveRun.RunID
	if err := workflow.SignalExternalWorkflow(ctx, id, "", contract.AlertsSignal, change).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Info("the active run could not be told of its alerts", "run", id, "err", err)
	}
}

func summaryOf(in contract.RemediationInput) string {
	names := make([]string, 0, len(in.Alerts))
	for _, a := range in.Alerts {
		if !slices.Contains(names, a.Name()) {
			names = append(names, a.Name())
		}
	}
	return clip(fmt.Sprintf("%s: %s (%s)", in.Target.Name, cmp.Or(in.Pinned.Runbook.Title, in.Pinned.Runbook.Name), strings.Join(names, ", ")), 190)
}

func detailsOf(in contract.RemediationInput) string {
	return fmt.Sprintf("**%s** on **%s**\n\nWhy this runbook: %s\n\nMode %s: %s\n\n%s",
		in.Pinned.Runbook.Name, in.Target.Name, in.Why, in.Mode, in.ModeWhy, clip(in.Pinned.Runbook.Description, 8000))
}
