package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
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
		g.missing(workflow.Now(ctx))
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

// missing notes that the workflow of the active run is closed. Its report may be on its
// way, or the round's.
func (g *guardian) missing(now time.Time) {
	if run := g.state.ActiveRun; run.LostAt.IsZero() {
		run.LostAt = now.Add(lostAfter).UTC()
	}
}

// orphan reports whether the active run is one whose end this execution of the guardian
// would not hear of, were it closed from outside.
func (g *guardian) orphan() bool {
	run := g.state.ActiveRun
	return run != nil && run.LostAt.IsZero() && g.child == nil
}

// probe looks whether such a run is still there, with news that are none.
func (g *guardian) probe(ctx workflow.Context) {
	if !g.orphan() || workflow.Now(ctx).Before(g.probeAt) {
		return
	}
	g.probeAt = workflow.Now(ctx).Add(probeEvery)
	g.signal(ctx, contract.AlertsChange{})
}

// signal tells the active run what happened to its alerts, and reports whether it could
// be told.
func (g *guardian) signal(ctx workflow.Context, change contract.AlertsChange) bool {
	id := g.state.ActiveRun.RunID
	err := workflow.SignalExternalWorkflow(ctx, id, "", contract.AlertsSignal, change).Get(ctx, nil)
	if err == nil {
		return true
	}
	workflow.GetLogger(ctx).Info("the active run could not be told of its alerts", "run", id, "err", err)
	var closed *temporal.UnknownExternalWorkflowExecutionError
	if errors.As(err, &closed) {
		g.missing(workflow.Now(ctx))
	}
	return false
}

// giveUp ends a run that was closed from outside and of which nobody said more.
func (g *guardian) giveUp(now time.Time) {
	run := g.state.ActiveRun
	if run == nil || run.LostAt.IsZero() || now.Before(run.LostAt) {
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

// message is one to people that is on its way.
type message struct {
	run  contract.Run
	sent workflow.Future
}

// tell tells people of a run that cannot do so itself. It is not waited for here: a
// receiver that is away must not keep the next run from its start.
func (g *guardian) tell(ctx workflow.Context, receiver string, v contract.Run, alerts []contract.Alert) {
	sent := workflow.ExecuteActivity(quick(ctx, "tell people of a run that "+string(v.Outcome), tellWithin), contract.TellActivity,
		contract.Tell{Receiver: receiver, Reason: v.Reason, Run: v, Alerts: brief(alerts, annotated), Target: g.target})
	g.messages = append(g.messages, message{run: v, sent: sent})
}

// told takes off the messages that have arrived, or never will, and reports whether
// there was one.
func (g *guardian) told(ctx workflow.Context) bool {
	was := len(g.messages)
	g.messages = slices.DeleteFunc(g.messages, func(m message) bool {
		if !m.sent.IsReady() {
			return false
		}
		if err := m.sent.Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Error("people could not be told of a run", "runbook", m.run.Runbook,
				"outcome", string(m.run.Outcome), "reason", m.run.Reason, "err", cause(err))
		}
		return true
	})
	return len(g.messages) < was
}
