package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// closed looks at a run whose workflow has ended. Usually its report came before. One
// that could not report left its account as its result; one that was closed from
// outside left none, and is given some time for the round to say more.
func (g *guardian) closed(ctx workflow.Context) {
	var v contract.Run
	err := g.child.Get(ctx, &v)
	g.child = nil
	active := g.state.ActiveRun
	if active == nil {
		return
	}
	if err != nil || v.ID != active.RunID {
		g.lostAt = workflow.Now(ctx).Add(lostAfter)
		return
	}
	f := contract.Finished{RunID: v.ID, Runbook: v.Runbook, Outcome: v.Outcome, Reason: v.Reason, FinishedAt: workflow.Now(ctx).UTC()}
	for _, a := range v.Acts {
		if a.Applied == contract.AppliedYes || a.Applied == contract.AppliedUnknown {
			f.LastActAt = a.At
		}
	}
	for _, a := range v.Alerts {
		f.Known = append(f.Known, a.Fingerprint)
		if a.Resolved {
			f.Resolved = append(f.Resolved, a.Fingerprint)
		}
	}
	g.runFinished(workflow.Now(ctx), f)
}

// giveUp ends a run that was closed from outside and of which nobody said more.
func (g *guardian) giveUp(now time.Time) {
	run := g.state.ActiveRun
	if run == nil || g.lostAt.IsZero() || now.Before(g.lostAt) {
		return
	}
	g.runFinished(now, contract.Finished{
		RunID: run.RunID, Outcome: definitions.Failed, FinishedAt: now,
		Reason: "the run's workflow was closed in Temporal before it could report",
	})
}

// mourn tells people of the runs that could not do so themselves.
func (g *guardian) mourn(ctx workflow.Context) {
	now := workflow.Now(ctx).UTC()
	for len(g.lost) > 0 {
		f := g.lost[0]
		g.lost = g.lost[1:]
		started, finished := now, f.FinishedAt.UTC()
		var alerts []contract.Alert
		for _, e := range g.state.Alerts {
			if e.RunID == f.RunID {
				alerts = append(alerts, e.Alert)
			}
		}
		for _, p := range g.state.Runs {
			if p.RunID == f.RunID {
				started = p.StartedAt
			}
		}
		g.tell(ctx, "", contract.Run{
			ID: f.RunID, Target: g.target.Name, Runbook: f.Runbook, Trigger: "alert", Status: contract.RunFinished,
			Outcome: f.Outcome, Reason: f.Reason, StartedAt: &started, FinishedAt: &finished,
		}, alerts)
	}
}

// tell tells people of a run that cannot do so itself.
func (g *guardian) tell(ctx workflow.Context, receiver string, v contract.Run, alerts []contract.Alert) {
	err := workflow.ExecuteActivity(quick(ctx, "tell people of a run that "+string(v.Outcome), tellWithin), contract.TellActivity,
		contract.Tell{Receiver: receiver, Reason: v.Reason, Run: v, Alerts: alerts, Target: g.target}).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("people could not be told of a run", "runbook", v.Runbook, "outcome", string(v.Outcome),
			"reason", v.Reason, "err", cause(err))
	}
}
