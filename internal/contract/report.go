package contract

import (
	"time"

	"redress/definitions"
	"redress/definitions/expr"
)

// SilenceRef is a silence on one Alertmanager cluster.
type SilenceRef struct {
	Cluster     int    `json:"cluster"` // index in alertmanager.clusters
	ID          string `json:"id"`
	Fingerprint string `json:"fingerprint"` // of the alert that it mutes
}

// Hold asks for the lease silences of a run, and whether anybody else suppresses
// its alerts. It is idempotent: silences of the run that exist are kept.
type Hold struct {
	Run    Run     `json:"run"` // brief
	Alerts []Alert `json:"alerts"`
	// Silence is false when only the look at who suppresses the alerts is wanted.
	Silence  bool                 `json:"silence"`
	HoldPage definitions.Duration `json:"hold_page"` // from each alert's startsAt
}

// Held is the answer to Hold.
type Held struct {
	Silences []SilenceRef `json:"silences,omitempty"`
	Until    time.Time    `json:"until,omitzero"` // the latest that the page is held, whatever the run does
	// SuppressedBy says, in words, who else suppresses an alert of the run; "" = nobody.
	SuppressedBy string `json:"suppressed_by,omitempty"`
	Why          string `json:"why,omitempty"` // why a page is not held back, where it is not
	// StatusAlerts says that runs show themselves as alerts (alertmanager.status_alerts).
	StatusAlerts bool `json:"status_alerts,omitempty"`
}

// Release asks to end every silence of a run now, those that it does not know of too.
type Release struct {
	RunID    string       `json:"run_id"`
	Silences []SilenceRef `json:"silences,omitempty"`
}

// Clear asks to watch the alerts of a verified run and to end its silences the
// moment that no Alertmanager lists the alerts any more.
type Clear struct {
	RunID    string       `json:"run_id"`
	Alerts   []Alert      `json:"alerts"`
	Silences []SilenceRef `json:"silences,omitempty"`
	Deadline time.Time    `json:"deadline"`
}

// Cleared is the answer to Clear.
type Cleared struct {
	Cleared bool      `json:"cleared"`
	At      time.Time `json:"at,omitzero"`
	Still   []string  `json:"still,omitempty"` // fingerprints that still fire
	Why     string    `json:"why,omitempty"`   // what kept it from knowing, when not cleared
}

// Watch asks to watch the alerts of a run while its steps go on, and to end the
// silences of each the moment that it is gone: what is silenced when it resolves is
// never told as resolved.
type Watch struct {
	RunID    string       `json:"run_id"`
	Alerts   []Alert      `json:"alerts"` // with the status that the run believes
	Silences []SilenceRef `json:"silences,omitempty"`
	Deadline time.Time    `json:"deadline"`
}

// Watched is what changed; the watch ends with the first change, and at its deadline.
type Watched struct {
	Gone   []string `json:"gone,omitempty"`   // fingerprints that were firing
	Firing []string `json:"firing,omitempty"` // fingerprints that were gone
}

// StatusAlert asks to post (or refresh, or resolve) the status alert of a run.
type StatusAlert struct {
	Run Run `json:"run"` // brief
}

// Tell asks to tell people. Message and Title are Alertmanager templates, rendered
// where they are sent, over the alerts, the run and the results of its steps.
type Tell struct {
	Receiver string                `json:"receiver"`        // "" or "default" = policy.receiver
	Title    string                `json:"title,omitempty"` // "" = target and runbook
	Message  string                `json:"message"`         // "" = a built-in account of the run
	Run      Run                   `json:"run"`
	Alerts   []Alert               `json:"alerts"`
	Target   TargetRef             `json:"target"`
	Steps    map[string]expr.Value `json:"steps,omitempty"` // by name: those that the texts read
	Reason   string                `json:"reason,omitempty"`
	// RenderOnly asks for the texts without sending them: a guard's reason.
	RenderOnly bool `json:"render_only,omitempty"`
}

// Told is what was sent.
type Told struct {
	Receiver string `json:"receiver"`
	Title    string `json:"title"`
	Message  string `json:"message"`
}

// LeasesDone counts what the round did about leases.
type LeasesDone struct {
	Renewed int `json:"renewed"`
	Ended   int `json:"ended"` // silences whose run is over, or whose hold_page is
}

// AlertsDone counts what the round saw of alerts.
type AlertsDone struct {
	Alerts   int  `json:"alerts"`
	Targets  int  `json:"targets"` // guardians told
	Complete bool `json:"complete"`
}

// ClosedDone counts the runs that had ended without saying so.
type ClosedDone struct {
	Freed int `json:"freed"`
}

// RoundDone is the result of one round.
type RoundDone struct {
	Leases LeasesDone `json:"leases"`
	Alerts AlertsDone `json:"alerts"`
	Closed ClosedDone `json:"closed"`
	Errors []string   `json:"errors,omitempty"` // of parts that failed; the next round does them
}
