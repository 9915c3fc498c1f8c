package contract

import (
	"time"

	"redress/definitions"
)

// PlanRequest asks which runbook answers each of the alerts of a target.
type PlanRequest struct {
	Target TargetRef `json:"target"`
	Alerts []Alert   `json:"alerts"`
	// StillFiring asks for a confirmation by Alertmanager itself that each alert
	// fires, as at the end of a runbook's `for`.
	StillFiring bool `json:"still_firing,omitempty"`
}

// PlanAnswer holds a plan for each alert of the request, in its order.
type PlanAnswer struct {
	Plans []Plan `json:"plans"`
	// Runbooks are those that the plans name, each once.
	Runbooks  []definitions.Pinned `json:"runbooks,omitempty"`
	Receiver  string               `json:"receiver,omitempty"` // policy.receiver
	HoldPage  definitions.Duration `json:"hold_page"`
	UIURL     string               `json:"ui_url,omitempty"`     // of the Temporal UI, for links
	TaskQueue string               `json:"task_queue,omitempty"` // where the target's activities run; "" = the workflow's own
	Labels    map[string]string    `json:"labels,omitempty"`     // of the target, in the inventory
}

// Plan says what one alert starts, and why.
type Plan struct {
	Fingerprint string           `json:"fingerprint"`
	Runbook     string           `json:"runbook,omitempty"` // "" = none
	Mode        definitions.Mode `json:"mode,omitempty"`
	ModeWhy     string           `json:"mode_why,omitempty"`
	Why         string           `json:"why"` // in plain words: why this runbook, or why none
	// Gone is set when StillFiring was asked and Alertmanager does not list the alert any more.
	Gone bool `json:"gone,omitempty"`
}

// Pinned returns the pinned runbook of that name.
func (a PlanAnswer) Pinned(name string) (definitions.Pinned, bool) {
	for _, p := range a.Runbooks {
		if p.Runbook.Name == name {
			return p, true
		}
	}
	return definitions.Pinned{}, false
}

// RemediationInput is all that a run needs, fixed when it starts.
type RemediationInput struct {
	RunID    string               `json:"run_id"`
	Target   TargetRef            `json:"target"`
	Pinned   definitions.Pinned   `json:"pinned"`
	Mode     definitions.Mode     `json:"mode"`
	ModeWhy  string               `json:"mode_why,omitempty"`
	Why      string               `json:"why,omitempty"` // why this runbook
	Trigger  string               `json:"trigger"`       // alert | manual
	Alerts   []Alert              `json:"alerts"`        // the first one triggered it
	Receiver string               `json:"receiver,omitempty"`
	HoldPage definitions.Duration `json:"hold_page"`
	URL      string               `json:"url,omitempty"` // of the run's page in the Temporal UI
	// Notifications are those that led to the run, without their alerts.
	Notifications []Notification `json:"notifications,omitempty"`
	// Carried is the state of the run before it continued as new.
	Carried *Carried `json:"carried,omitempty"`
}

// Finished tells a guardian how a run of its target ended.
type Finished struct {
	RunID      string              `json:"run_id"`
	Runbook    string              `json:"runbook"`
	Outcome    definitions.Outcome `json:"outcome"`
	Reason     string              `json:"reason,omitempty"`
	FinishedAt time.Time           `json:"finished_at"`
	LastActAt  time.Time           `json:"last_act_at,omitzero"` // of the last granted act
	Known      []string            `json:"known,omitempty"`      // fingerprints of its alerts
	Resolved   []string            `json:"resolved,omitempty"`   // those of them that it saw cleared
}
