package contract

import (
	"time"

	"redress/definitions"
)

// TargetRef names a target in workflows: what it is called, where its activities
// run, and the labels that the inventory gives it. No address, no secret.
type TargetRef struct {
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels,omitempty"`
	TaskQueue string            `json:"task_queue,omitempty"` // "" = the workflow's own
}

// Alert is one alert as Alertmanager told it.
type Alert struct {
	Fingerprint  string            `json:"fingerprint"`
	Status       string            `json:"status"` // firing | resolved
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	StartsAt     time.Time         `json:"starts_at"`
	EndsAt       time.Time         `json:"ends_at,omitzero"`
	GeneratorURL string            `json:"generator_url,omitempty"`
}

// The statuses of an alert.
const (
	Firing   = "firing"
	Resolved = "resolved"
)

// Firing reports whether the alert fires.
func (a Alert) Firing() bool { return a.Status == Firing }

// Name returns the label alertname.
func (a Alert) Name() string { return a.Labels["alertname"] }

// Definition returns the alert as runbooks see it.
func (a Alert) Definition() definitions.Alert {
	return definitions.Alert{
		Fingerprint: a.Fingerprint, Status: a.Status,
		Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.StartsAt,
	}
}

// Notification is what one webhook delivery said about one target.
type Notification struct {
	ReceivedAt      time.Time `json:"received_at"`
	Receiver        string    `json:"receiver"`
	GroupKey        string    `json:"group_key"`
	Status          string    `json:"status"`
	ExternalURL     string    `json:"external_url,omitempty"` // of the Alertmanager
	TruncatedAlerts int       `json:"truncated_alerts,omitempty"`
	Alerts          []Alert   `json:"alerts"`
}

// Sighting is what the round saw of one target: the alerts of our receiver that the
// Alertmanagers list. Complete says that every Alertmanager answered and has run
// for two minutes at least, so that an alert which is not listed is gone.
type Sighting struct {
	At       time.Time `json:"at"`
	Complete bool      `json:"complete"`
	Alerts   []Alert   `json:"alerts"`
	// Suppressed are the fingerprints of alerts that are listed and that others
	// suppress: not gone, but nothing to begin a run for.
	Suppressed []string `json:"suppressed,omitempty"`
}

// AlertsChange tells a run what happened to alerts that it covers.
type AlertsChange struct {
	Joined       []Alert       `json:"joined,omitempty"`       // firing; new to the run, or firing again
	Resolved     []string      `json:"resolved,omitempty"`     // fingerprints
	Notification *Notification `json:"notification,omitempty"` // that brought the news; without its alerts
}

// Cancel asks a run to stop.
type Cancel struct {
	By     string `json:"by,omitempty"`
	Reason string `json:"reason"`
}
