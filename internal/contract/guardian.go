package contract

import (
	"time"

	"redress/definitions"
)

// GuardianInput starts or continues a guardian.
type GuardianInput struct {
	Target TargetRef `json:"target"`
	State  *Guardian `json:"state,omitempty"` // nil at the first start
}

// Guardian is what the guardian of a target remembers, and what the API shows of it.
type Guardian struct {
	Target        string     `json:"target"`
	Alerts        []Episode  `json:"alerts"` // by fingerprint
	Queue         []Queued   `json:"queue"`  // priority, then age
	ActiveRun     *ActiveRun `json:"active_run"`
	Runs          []PastRun  `json:"runs"` // inside the longest limit window, newest last
	CooldownUntil *time.Time `json:"cooldown_until"`
	Refusals      []Refused  `json:"refusals"` // newest last, at most 20
	LastStart     time.Time  `json:"last_start,omitzero"`
	Stale         bool       `json:"stale,omitempty"`
}

// Episode is one episode of an alert: from its first firing until it has been gone
// for a minute.
type Episode struct {
	Alert      Alert     `json:"alert"`
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"` // when it was last heard of, firing or gone
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	Planned    bool      `json:"planned"` // the plan activity has answered
	Runbook    string    `json:"runbook,omitempty"`
	RunID      string    `json:"run_id,omitempty"` // the run that answers or answered it
	Why        string    `json:"why,omitempty"`
	// Sighted says that a sighting has listed the alert since it began to fire, so that
	// its absence from the next complete one means something.
	Sighted bool `json:"sighted,omitempty"`
	// MissedAt is the first complete sighting since then that did not list an alert which
	// none has listed yet.
	MissedAt time.Time `json:"missed_at,omitzero"`
	// AskAgain is when an alert that still fires is planned once more, because no runbook
	// answered it or a limit refused its run.
	AskAgain time.Time `json:"ask_again,omitzero"`
}

// Queued is a run that waits for its turn, or for its runbook's `for` to pass.
type Queued struct {
	Pinned       definitions.Pinned   `json:"pinned"`
	Mode         definitions.Mode     `json:"mode"`
	ModeWhy      string               `json:"mode_why,omitempty"`
	Why          string               `json:"why,omitempty"`
	Fingerprints []string             `json:"fingerprints"`
	QueuedAt     time.Time            `json:"queued_at"`
	NotBefore    time.Time            `json:"not_before,omitzero"`
	Receiver     string               `json:"receiver,omitempty"`
	HoldPage     definitions.Duration `json:"hold_page"`
	UIURL        string               `json:"ui_url,omitempty"`
	// Notifications are those that led to it, without their alerts.
	Notifications []Notification `json:"notifications,omitempty"`
}

// ActiveRun is the run that a guardian has started and that has not reported its end.
type ActiveRun struct {
	RunID     string                 `json:"run_id"`
	Runbook   string                 `json:"runbook"`
	StartedAt time.Time              `json:"started_at"`
	Joins     []definitions.Matchers `json:"joins"` // alerts that match one of these join the run
	Limits    definitions.Limits     `json:"limits"`
	// LostAt is when the run counts as lost: its workflow was closed and no report has come.
	LostAt time.Time `json:"lost_at,omitzero"`
}

// PastRun is a run that ended.
type PastRun struct {
	RunID      string               `json:"run_id"`
	Runbook    string               `json:"runbook"`
	Outcome    definitions.Outcome  `json:"outcome"`
	StartedAt  time.Time            `json:"started_at"`
	FinishedAt time.Time            `json:"finished_at"`
	LastActAt  time.Time            `json:"last_act_at,omitzero"`
	Keep       definitions.Duration `json:"keep"` // as long as a limit looks back at it
	Cooldown   definitions.Duration `json:"cooldown"`
}

// Refused is a run that was not begun.
type Refused struct {
	At      time.Time `json:"at"`
	Runbook string    `json:"runbook"`
	Reason  string    `json:"reason"`
	// Until is when the limit that refused it ends. People are told once until then.
	Until time.Time `json:"until,omitzero"`
}

// ForgetAt returns when no limit looks back at the run any more.
func (p PastRun) ForgetAt() time.Time {
	at := p.StartedAt.Add(time.Duration(p.Keep))
	if rest := p.LastActAt.Add(time.Duration(p.Cooldown)); !p.LastActAt.IsZero() && rest.After(at) {
		at = rest
	}
	return at
}
