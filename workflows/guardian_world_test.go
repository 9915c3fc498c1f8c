package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
	"redress/workflows"
)

// estate is the world of a guardian: notifications go in, runs come out.
type estate struct {
	*world
	books   map[string]definitions.Pinned // by alert name
	plans   []contract.PlanRequest
	plan    func(req contract.PlanRequest) (contract.PlanAnswer, error) // nil = by the alert's name
	runs    []contract.RemediationInput
	started []time.Duration // of the runs, from the beginning of the test
	heard   map[string][]contract.AlertsChange
	script  []playedRun // one for each run; the last is kept
}

// playedRun is how a double of a run behaves.
type playedRun struct {
	lasts    time.Duration
	finished contract.Finished // RunID, Known and FinishedAt are filled in when they are empty
	silent   bool              // does not report
	dies     bool              // as when it is terminated
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{
		world: newWorld(t), books: map[string]definitions.Pinned{}, heard: map[string][]contract.AlertsChange{},
		script: []playedRun{{lasts: 10 * time.Second, finished: contract.Finished{Outcome: definitions.Healed}}},
	}
	e.env.RegisterWorkflowWithOptions(workflows.Guardian, workflow.RegisterOptions{Name: contract.GuardianWorkflow})
	e.env.RegisterWorkflowWithOptions(e.remediation, workflow.RegisterOptions{Name: contract.RemediationWorkflow, DisableAlreadyRegisteredCheck: true})
	later(e.world, contract.PlanActivity, func(req contract.PlanRequest) (any, time.Duration, string) {
		e.plans = append(e.plans, req)
		plan := e.plan
		if plan == nil {
			plan = e.byName
		}
		answer, err := plan(req)
		if err != nil {
			return err, 0, names(req.Alerts)
		}
		return answer, 0, names(req.Alerts)
	})
	e.book("RedisDown", "runbook: down\nalerts: ['alertname=\"RedisDown\"']\ncovers: ['alertname=\"RedisLink\"']\n")
	return e
}

// book gives alerts of that name a runbook.
func (e *estate) book(alert, yaml string) {
	e.books[alert] = book(e.t, yaml+"steps: [{stop: no_action}]")
}

func (e *estate) byName(req contract.PlanRequest) (contract.PlanAnswer, error) {
	answer := contract.PlanAnswer{Receiver: "oncall", HoldPage: definitions.Duration(5 * time.Minute), TaskQueue: "zone-a", Labels: map[string]string{"env": "prod"}}
	for _, a := range req.Alerts {
		p := contract.Plan{Fingerprint: a.Fingerprint, Why: "no runbook answers " + a.Name()}
		if b, ok := e.books[a.Name()]; ok {
			p.Runbook, p.Mode, p.Why = b.Runbook.Name, b.Runbook.Mode, "it matches"
			if _, have := answer.Pinned(b.Runbook.Name); !have {
				answer.Runbooks = append(answer.Runbooks, b)
			}
		}
		answer.Plans = append(answer.Plans, p)
	}
	return answer, nil
}

// remediation is the double of a run.
func (e *estate) remediation(ctx workflow.Context, in contract.RemediationInput) (contract.Run, error) {
	e.runs = append(e.runs, in)
	e.started = append(e.started, workflow.Now(ctx).Sub(t0))
	p := e.script[0]
	if len(e.script) > 1 {
		e.script = e.script[1:]
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var c contract.AlertsChange
			workflow.GetSignalChannel(ctx, contract.AlertsSignal).Receive(ctx, &c)
			e.heard[in.RunID] = append(e.heard[in.RunID], c)
		}
	})
	if err := workflow.Sleep(ctx, p.lasts); err != nil {
		return contract.Run{}, err
	}
	if p.dies {
		return contract.Run{}, fmt.Errorf("terminated")
	}
	now := workflow.Now(ctx).UTC()
	f := p.finished
	if f.RunID == "" {
		f.RunID = in.RunID
	}
	f.Runbook, f.FinishedAt = in.Pinned.Runbook.Name, now
	var alerts []contract.RunAlert
	for _, a := range in.Alerts {
		alerts = append(alerts, contract.RunAlert{Fingerprint: a.Fingerprint, Resolved: slices.Contains(f.Resolved, a.Fingerprint)})
		if p.finished.Known == nil {
			f.Known = append(f.Known, a.Fingerprint)
		}
	}
	if !p.silent {
		if err := workflow.SignalExternalWorkflow(ctx, contract.GuardianID(target), "", contract.FinishedSignal, f).Get(ctx, nil); err != nil {
			return contract.Run{}, err
		}
	}
	return contract.Run{ID: in.RunID, Outcome: f.Outcome, Reason: f.Reason, Alerts: alerts, FinishedAt: &now}, nil
}

// notify sends a notification about alerts, at a time from the beginning.
func (e *estate) notify(at time.Duration, alerts ...contract.Alert) {
	e.after(at, func() {
		e.env.SignalWorkflow(contract.NotificationSignal, contract.Notification{
			ReceivedAt: t0.Add(at), Receiver: "redress", GroupKey: "g", Status: contract.Firing, Alerts: alerts,
		})
	})
}

func (e *estate) sight(at time.Duration, s contract.Sighting) {
	if s.At.IsZero() {
		s.At = t0.Add(at)
	}
	e.after(at, func() { e.env.SignalWorkflow(contract.SightingSignal, s) })
}

func gone(a contract.Alert) contract.Alert {
	a.Status = contract.Resolved
	return a
}

// look reads the guardian's state at a time from the beginning.
func (e *estate) look(at time.Duration, see func(g contract.Guardian)) {
	seen := false
	e.after(at, func() {
		var g contract.Guardian
		v, err := e.env.QueryWorkflow(contract.StateQuery)
		if err == nil {
			err = v.Get(&g)
		}
		if err != nil {
			e.t.Errorf("state after %s: %v", at, err)
			return
		}
		seen = true
		see(g)
	})
	e.t.Cleanup(func() {
		if !seen {
			e.t.Errorf("the guardian was not looked at after %s", at)
		}
	})
}

// guard runs the guardian until it ends, and returns when that was. The test environment
// starts a workflow before its first signal; the memory of an old run keeps the guardian
// alive until then.
func (e *estate) guard() time.Duration {
	e.t.Helper()
	if err := e.execute(contract.GuardianInput{
		Target: contract.TargetRef{Name: target},
		State:  &contract.Guardian{Runs: []contract.PastRun{{RunID: "old", Runbook: "old", StartedAt: t0, Keep: definitions.Duration(2 * time.Second)}}},
	}); err != nil && !workflow.IsContinueAsNewError(err) {
		e.t.Fatalf("guardian: %v\n%s", err, strings.Join(e.called(), "\n"))
	}
	return e.env.Now().Sub(t0)
}

func (e *estate) execute(in contract.GuardianInput) error {
	e.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.GuardianID(target), TaskQueue: "redress"})
	e.env.ExecuteWorkflow(contract.GuardianWorkflow, in)
	return e.env.GetWorkflowError()
}

// triggers returns the alerts with which each run was started.
func (e *estate) triggers() []string {
	out := []string{}
	for _, in := range e.runs {
		out = append(out, in.Pinned.Runbook.Name+" "+names(in.Alerts))
	}
	return out
}
