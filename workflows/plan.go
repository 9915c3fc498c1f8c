package workflows

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// join gives the active run the new episodes that it covers.
func (g *guardian) join() {
	run := g.state.ActiveRun
	if run == nil {
		return
	}
	for i := range g.state.Alerts {
		e := &g.state.Alerts[i]
		if !e.Planned && e.Alert.Firing() && joins(run.Joins, e.Alert) {
			e.Planned, e.RunID, e.Why = true, run.RunID, "joins run "+run.RunID
			g.joined = append(g.joined, e.Alert)
		}
	}
}

// askAgain lets alerts be planned anew whose run a limit refused, when it has ended.
func (g *guardian) askAgain(now time.Time) {
	for i := range g.state.Alerts {
		e := &g.state.Alerts[i]
		if e.Alert.Firing() && refused(*e) && !now.Before(e.AskAgain) {
			e.Planned = false
		}
	}
}

// refused reports whether a limit keeps the run of an alert from its start.
func refused(e contract.Episode) bool {
	return e.Planned && e.Runbook != "" && e.RunID == "" && !e.AskAgain.IsZero()
}

// unanswered reports whether no runbook answered an alert when it was last asked for, a
// while ago. It is asked again when the alert is heard of: the clock alone changes nothing.
func unanswered(now time.Time, e contract.Episode) bool {
	return e.Planned && e.Runbook == "" && e.RunID == "" && !now.Before(e.AskAgain)
}

// plan asks which runbooks answer the other new episodes, and queues their runs.
func (g *guardian) plan(ctx workflow.Context) {
	if workflow.Now(ctx).Before(g.planAt) {
		return
	}
	var fresh []contract.Alert
	for _, e := range g.state.Alerts {
		if !e.Planned && e.Alert.Firing() {
			fresh = append(fresh, e.Alert)
		}
	}
	for _, batch := range batches(fresh) {
		answer, err := g.ask(ctx, batch, false)
		if err != nil {
			g.planAt = workflow.Now(ctx).Add(min(planAgain<<min(g.failed, 8), planAgainMost))
			g.failed++
			workflow.GetLogger(ctx).Error("no plan for new alerts; will be asked again", "err", cause(err))
			return
		}
		g.failed = 0
		g.target.Labels, g.target.TaskQueue = answer.Labels, answer.TaskQueue
		for _, p := range answer.Plans {
			g.enqueue(workflow.Now(ctx), p, answer)
		}
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
	e.Planned, e.Runbook, e.Why, e.AskAgain = true, p.Runbook, p.Why, time.Time{}
	pinned, ok := answer.Pinned(p.Runbook)
	if !ok {
		e.Runbook, e.AskAgain = "", now.Add(nobodyAgain)
		return
	}
	for i := range g.state.Queue {
		q := &g.state.Queue[i]
		if q.Pinned.Runbook.Name != p.Runbook {
			continue
		}
		if !slices.Contains(q.Fingerprints, p.Fingerprint) {
			q.Fingerprints = append(q.Fingerprints, p.Fingerprint)
		}
		lower(q, p)
		q.Notifications = withNews(q.Notifications, g.news[p.Fingerprint])
		return
	}
	g.queue(contract.Queued{
		Pinned: pinned, Mode: p.Mode, ModeWhy: p.ModeWhy, Why: p.Why, Fingerprints: []string{p.Fingerprint},
		QueuedAt: now, NotBefore: notBefore(e.FirstSeen, pinned.Runbook.For),
		Receiver: answer.Receiver, HoldPage: answer.HoldPage, UIURL: answer.UIURL,
		Notifications: withNews(nil, g.news[p.Fingerprint]),
	})
}

// queue puts a run where its priority and age belong.
func (g *guardian) queue(q contract.Queued) {
	g.state.Queue = append(g.state.Queue, q)
	slices.SortStableFunc(g.state.Queue, func(a, b contract.Queued) int {
		return cmp.Or(cmp.Compare(a.Pinned.Runbook.Priority, b.Pinned.Runbook.Priority), a.QueuedAt.Compare(b.QueuedAt))
	})
}

// lower takes over the mode of a plan that allows less: the alerts of one run may differ
// in what policy allows, and the least counts for all.
func lower(q *contract.Queued, p contract.Plan) {
	if low := q.Mode.Lower(p.Mode); low != q.Mode {
		q.Mode, q.ModeWhy = low, p.ModeWhy
	}
}

func notBefore(first time.Time, wait definitions.Duration) time.Time {
	if wait == 0 {
		return time.Time{}
	}
	return first.Add(time.Duration(wait))
}

// withNews adds a notification to those that led to a run, once; the newest are kept.
func withNews(have []contract.Notification, n *contract.Notification) []contract.Notification {
	if n == nil || slices.ContainsFunc(have, func(o contract.Notification) bool {
		return o.GroupKey == n.GroupKey && o.Receiver == n.Receiver && o.ReceivedAt.Equal(n.ReceivedAt)
	}) {
		return have
	}
	have = append(have, *n)
	return have[max(0, len(have)-notificationsMost):]
}
