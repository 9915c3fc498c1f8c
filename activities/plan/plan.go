// Package plan decides which runbook answers an alert. It runs in activities, because
// runbooks are files of the worker; what it answers is pinned into the run.
package plan

import (
	"context"
	"fmt"
	"log/slog"

	"redress/activities"
	"redress/definitions"
	"redress/internal/contract"
)

// Policy is what the configuration says about targets and how much runs may do.
type Policy interface {
	// Target returns what the inventory says of a target of that name.
	Target(name string) (Target, bool)
	// Mode returns how much a run of the runbook may do for an alert with these labels,
	// and why in plain words; ok is false for a shipped runbook that is not enabled.
	Mode(target string, alert map[string]string, runbook *definitions.Runbook) (mode definitions.Mode, why string, ok bool)
	// Settings returns what every run is started with.
	Settings() Settings
}

// Target is what a run must know of its target.
type Target struct {
	Labels    map[string]string
	TaskQueue string
}

// Settings are what every run is started with.
type Settings struct {
	Receiver string               // policy.receiver
	HoldPage definitions.Duration // policy.hold_page
	UIURL    string               // temporal.ui_url
}

// Firing tells whether alerts still fire.
type Firing interface {
	// StillFiring answers for each of the alerts. Not knowing is an error.
	StillFiring(ctx context.Context, alerts []contract.Alert) ([]bool, error)
}

// Planner answers plan requests. Its fields do not change while it is used.
type Planner struct {
	Runbooks *definitions.Set
	Actions  definitions.Actions
	Policy   Policy
	Firing   Firing
	Log      *slog.Logger
}

// Plan is the activity [contract.PlanActivity].
func (p *Planner) Plan(ctx context.Context, req contract.PlanRequest) (contract.PlanAnswer, error) {
	target, ok := p.Policy.Target(req.Target.Name)
	if !ok {
		return contract.PlanAnswer{}, activities.ToTemporal(activities.Permanent(
			fmt.Errorf("the worker's redress.yaml has no target %q: give serve and worker the same file", req.Target.Name)))
	}
	s := p.Policy.Settings()
	answer := contract.PlanAnswer{
		Plans: make([]contract.Plan, len(req.Alerts)), Receiver: s.Receiver, HoldPage: s.HoldPage, UIURL: s.UIURL,
		Labels: target.Labels, TaskQueue: target.TaskQueue,
	}
	fires := make([]bool, len(req.Alerts))
	if req.StillFiring {
		var err error
		if fires, err = p.Firing.StillFiring(ctx, req.Alerts); err != nil {
			return answer, activities.ToTemporal(fmt.Errorf("ask whether the alerts still fire: %w", err))
		}
	}
	for i, a := range req.Alerts {
		answer.Plans[i] = p.one(req.Target.Name, target, a)
		answer.Plans[i].Gone = req.StillFiring && !fires[i]
		name := answer.Plans[i].Runbook
		if _, have := answer.Pinned(name); name == "" || have {
			continue
		}
		pinned, err := definitions.Pin(*p.Runbooks.Find(name), p.Actions)
		if err != nil {
			return answer, activities.ToTemporal(activities.Permanent(err))
		}
		answer.Runbooks = append(answer.Runbooks, pinned)
	}
	return answer, nil
}

// one plans one alert: the first runbook that answers it and is enabled.
func (p *Planner) one(name string, target Target, a contract.Alert) contract.Plan {
	plan := contract.Plan{Fingerprint: a.Fingerprint}
	enabled := &definitions.Set{}
	for _, r := range p.Runbooks.Runbooks {
		_, why, ok := p.Policy.Mode(name, a.Labels, r)
		if ok {
			enabled.Runbooks = append(enabled.Runbooks, r)
			continue
		}
		plan.Why = why
	}
	for _, m := range enabled.Match(a.Definition(), target.Labels, name) {
		if m.Starts {
			plan.Runbook, plan.Why = m.Runbook.Name, m.Why
			plan.Mode, plan.ModeWhy, _ = p.Policy.Mode(name, a.Labels, m.Runbook)
			return plan
		}
	}
	if plan.Why == "" {
		plan.Why = "no runbook answers " + a.Name()
	}
	p.Log.Info("no runbook answers the alert", "target", name, "alert", a.Name(), "fingerprint", a.Fingerprint)
	return plan
}
