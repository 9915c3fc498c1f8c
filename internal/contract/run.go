package contract

import (
	"encoding/json"
	"time"

	"redress/definitions"
	"redress/definitions/expr"
)

// Run is a run as the API shows it. The form is public: docs/api.md.
type Run struct {
	ID            string              `json:"id"`
	Target        string              `json:"target"`
	Runbook       string              `json:"runbook"`
	RunbookSHA256 string              `json:"runbook_sha256"`
	Title         string              `json:"title,omitempty"`
	Mode          definitions.Mode    `json:"mode"`
	ModeWhy       string              `json:"mode_why,omitempty"`
	Why           string              `json:"why,omitempty"`
	Trigger       string              `json:"trigger"` // alert | manual
	Status        RunStatus           `json:"status"`
	Outcome       definitions.Outcome `json:"outcome"` // "" until finished
	Reason        string              `json:"reason"`
	StartedAt     *time.Time          `json:"started_at"`
	FinishedAt    *time.Time          `json:"finished_at"`
	FirstActAt    *time.Time          `json:"first_act_at"`
	HealedAt      *time.Time          `json:"healed_at"` // when the last verification held
	Alerts        []RunAlert          `json:"alerts"`
	Steps         []RunStep           `json:"steps"`
	Acts          []RunAct            `json:"acts"`
	Silences      []SilenceRef        `json:"silences"`
	SilencedUntil *time.Time          `json:"silenced_until"` // hold_page's end; null when nothing was held
	Notifications []RunNotification   `json:"notifications"`
	Told          []RunTold           `json:"told"`
	URL           string              `json:"url"`
	Stale         bool                `json:"stale,omitempty"` // no worker answered: the last view that was recorded
}

// RunStatus is where a run is.
type RunStatus string

// The statuses.
const (
	RunRunning  RunStatus = "running"
	RunWaiting  RunStatus = "waiting"  // for a person
	RunClearing RunStatus = "clearing" // verified; waits for the alert to be gone
	RunFinished RunStatus = "finished"
)

// RunAlert is an alert that a run answers.
type RunAlert struct {
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	StartsAt    time.Time         `json:"starts_at"`
	Resolved    bool              `json:"resolved"`
}

// StepStatus is what became of a step.
type StepStatus string

// The statuses of a step.
const (
	StepRunning StepStatus = "running"
	StepDone    StepStatus = "done"
	StepFailed  StepStatus = "failed"
	StepSkipped StepStatus = "skipped"
	StepRefused StepStatus = "refused"
	StepWaiting StepStatus = "waiting"
)

// RunStep is one executed step.
type RunStep struct {
	Path       string            `json:"path"`
	Name       string            `json:"name"`
	Title      string            `json:"title,omitempty"`
	Kind       definitions.Kind  `json:"kind"`
	Action     string            `json:"action,omitempty"`
	Status     StepStatus        `json:"status"`
	StartedAt  *time.Time        `json:"started_at"`
	FinishedAt *time.Time        `json:"finished_at"`
	Attempts   int               `json:"attempts"`
	Input      json.RawMessage   `json:"input,omitempty"`
	Result     json.RawMessage   `json:"result,omitempty"`
	Unknown    map[string]string `json:"unknown,omitempty"` // path in result → why
	Held       *bool             `json:"held,omitempty"`    // of a verify
	Error      string            `json:"error,omitempty"`
}

// Applied says whether an act changed something.
type Applied string

// The values of Applied. AppliedWould is an act that mode observe did not do.
const (
	AppliedYes     Applied = "yes"
	AppliedNo      Applied = "no"
	AppliedUnknown Applied = "unknown"
	AppliedWould   Applied = "would"
)

// RunAct is a granted act, or in mode observe one that would have been.
type RunAct struct {
	Step    string          `json:"step"` // path
	Action  string          `json:"action"`
	Input   json.RawMessage `json:"input"`
	Try     int             `json:"try"`
	At      time.Time       `json:"at"`
	Applied Applied         `json:"applied"`
	Reason  string          `json:"reason,omitempty"`
}

// RunNotification is a notification that concerned a run.
type RunNotification struct {
	ReceivedAt time.Time `json:"received_at"`
	Receiver   string    `json:"receiver"`
	GroupKey   string    `json:"group_key"`
	Status     string    `json:"status"`
}

// RunTold is a message to people.
type RunTold struct {
	At       time.Time `json:"at"`
	Receiver string    `json:"receiver"`
	Title    string    `json:"title"`
	Message  string    `json:"message"`
	Error    string    `json:"error,omitempty"` // why it could not be delivered
}

// Carried is what a run takes along when it continues as new at a top-level step boundary.
type Carried struct {
	Run      Run        `json:"run"`
	NextStep int        `json:"next_step"` // index of the top-level step to go on with
	Scope    expr.Scope `json:"scope"`
	Done     []Recorded `json:"done"`
	// Conditions of top-level guards that are part of the path to later acts.
	Conditions []Condition `json:"conditions"`
	Deadline   time.Time   `json:"deadline"`
	Alerts     []Alert     `json:"alerts"`
	Acted      bool        `json:"acted"`
	Proved     bool        `json:"proved"`
	LastActAt  time.Time   `json:"last_act_at,omitzero"`

	StatusAlerts bool `json:"status_alerts,omitempty"`
}

// Recorded is a read that a run did, kept so that it can be done again before an act.
type Recorded struct {
	Name string `json:"name"`
	Call Call   `json:"call"`
}

// Brief returns the small view for memos: no inputs, no results.
func (r Run) Brief() Run {
	steps := make([]RunStep, len(r.Steps))
	for i, s := range r.Steps {
		s.Input, s.Result, s.Unknown = nil, nil, nil
		steps[i] = s
	}
	r.Steps = steps
	return r
}
