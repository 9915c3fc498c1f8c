package contract

import (
	"fmt"
	"time"

	"redress/definitions"
	"redress/definitions/expr"
)

// Call asks for one action on a target.
type Call struct {
	RunID  string     `json:"run_id"`
	Target TargetRef  `json:"target"`
	Path   string     `json:"path"` // of the step
	Action string     `json:"action"`
	With   expr.Value `json:"with"` // the input, an object
}

// Poll asks for a read action to be repeated until a condition over its result has
// held for Stable without a break, or the deadline is past.
type Poll struct {
	Call
	Until  definitions.Expr `json:"until"`
	Output expr.Type        `json:"output"` // of the action, pinned: the type of `result`
	Scope  expr.Scope       `json:"scope"`  // only the names that Until reads
	Every  time.Duration    `json:"every"`
	// Timeout bounds one look; 0 = the action's own.
	Timeout time.Duration `json:"timeout,omitempty"`
	Stable  time.Duration `json:"stable,omitempty"`
	// Deadline is absolute, so that a restarted worker does not begin the wait again.
	Deadline time.Time `json:"deadline"`
}

// Polled is how a poll ended.
type Polled struct {
	Held  bool       `json:"held"`
	Why   string     `json:"why,omitempty"`   // what was missing at the last poll, when it did not hold
	Polls int        `json:"polls"`           // of the last attempt
	Value expr.Value `json:"value"`           // the last result
	Error string     `json:"error,omitempty"` // of the last poll, when it gave no result
}

// ActKey names one try of one act. The fleet grants it once.
type ActKey struct {
	RunID string `json:"run_id"`
	Path  string `json:"path"`
	Item  int    `json:"item,omitempty"` // of an `each`
	Try   int    `json:"try"`            // from 1
}

// String returns the key as the ID of the update that grants it.
func (k ActKey) String() string { return fmt.Sprintf("%s/%s/%d/%d", k.RunID, k.Path, k.Item, k.Try) }

// Recheck is a read that is done again before an act.
type Recheck struct {
	Name   string    `json:"name"` // of the step that did it first
	Call   Call      `json:"call"`
	Output expr.Type `json:"output"`
}

// Condition is a part of the path that led to an act, to be true again before it.
type Condition struct {
	Expr definitions.Expr `json:"expr"`
	Path string           `json:"path"`           // of the step that it stands on
	Not  bool             `json:"not,omitempty"`  // must be false: the `if` of an earlier stop
	Text string           `json:"text,omitempty"` // what the runbook gives as its reason
}

// Act asks for one try of a change.
type Act struct {
	Call
	Key         ActKey        `json:"key"`
	Output      expr.Type     `json:"output"`
	Rechecks    []Recheck     `json:"rechecks,omitempty"`
	Conditions  []Condition   `json:"conditions,omitempty"`
	Scope       expr.Scope    `json:"scope,omitempty"`  // names that the conditions read and no recheck renews
	Alerts      []Alert       `json:"alerts,omitempty"` // of the run: for hands off
	Timeout     time.Duration `json:"timeout"`          // from the grant until the action must have returned
	Deadline    time.Time     `json:"deadline"`         // of the run: no act begins after it
	ScheduledAt time.Time     `json:"scheduled_at"`
}

// Verdict is how a try of an act ended.
type Verdict string

// The verdicts.
const (
	Acted   Verdict = "acted"    // done and confirmed
	Refusal Verdict = "refused"  // nothing was sent, for a reason that stands
	NotSent Verdict = "not_sent" // nothing was sent, for a reason that may pass: may be tried again
	Unknown Verdict = "unknown"  // it may have been sent; to be settled
)

// ActResult is the answer of an act: refusal and doubt are results, not errors.
type ActResult struct {
	Verdict Verdict               `json:"verdict"`
	Reason  string                `json:"reason,omitempty"`
	Granted bool                  `json:"granted"`         // the fleet had admitted it
	Fresh   map[string]expr.Value `json:"fresh,omitempty"` // the rechecks' results, by name
	Output  expr.Value            `json:"output,omitzero"`
	SentAt  time.Time             `json:"sent_at,omitzero"`
}

// Settle asks what became of an act whose outcome is unknown.
type Settle struct {
	Act
	// Returned says that the act's activity has ended, so that nothing is sent any
	// more; else the act's own time is waited for.
	Returned bool `json:"returned,omitempty"`
}

// Settled is what the look-up of an act of unknown outcome found.
type Settled struct {
	Verdict Verdict `json:"verdict"` // acted, not_sent or unknown
	Reason  string  `json:"reason,omitempty"`
	Granted bool    `json:"granted"`
}
