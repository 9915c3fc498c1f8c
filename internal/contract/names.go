// Package contract holds what workflows, activities, webhook and commands say to
// each other: the names under which Temporal knows things, and the messages.
//
// Messages are plain data with stable JSON: they stand in workflow histories, so a
// field may be added but never renamed, given another meaning, or removed. No
// message carries an address or a secret of a target: activities look these up by
// the target's name at the moment of use.
package contract

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Workflow types.
const (
	GuardianWorkflow    = "Guardian"
	RemediationWorkflow = "Remediation"
	FleetWorkflow       = "Fleet"
	RoundWorkflow       = "Round"
)

// Fixed workflow and schedule IDs. None has a slash: they appear in URLs.
const (
	FleetID = "fleet"
	RoundID = "round"
)

// GuardianID returns the workflow ID of a target's guardian. Target names are
// kebab-case, so the dot cannot be part of one.
func GuardianID(target string) string { return "target." + target }

// TargetOfGuardian returns the target's name of a guardian's workflow ID.
func TargetOfGuardian(id string) (string, bool) { return strings.CutPrefix(id, "target.") }

// runTime is the last segment of a run's ID, in UTC.
const runTime = "20060102T150405Z"

// RunID returns the workflow ID of the run of a runbook on a target begun at the
// given second.
func RunID(target, runbook string, at time.Time) string {
	return fmt.Sprintf("%s.%s.%s", target, runbook, at.UTC().Format(runTime))
}

// Signals.
const (
	NotificationSignal = "notification" // to a guardian: Notification
	SightingSignal     = "sighting"     // to a guardian: Sighting
	FinishedSignal     = "finished"     // to a guardian: Finished
	AlertsSignal       = "alerts"       // to a remediation: AlertsChange
	CancelSignal       = "cancel"       // to a remediation: Cancel
)

// Updates of the fleet.
const (
	BeginUpdate = "begin" // Begin → Answer
	GrantUpdate = "grant" // Grant → Answer
	VoidUpdate  = "void"  // Void → Voided
	EndUpdate   = "end"   // End → Answer
)

// Queries.
const (
	RunQuery   = "run"   // of a remediation → Run
	StateQuery = "state" // of a guardian → Guardian; of the fleet → FleetState
)

// MemoKey is the memo field under which a workflow keeps the small view of itself
// that is served while no worker is up: a Run or a Guardian.
const MemoKey = "view"

// Activities that belong to Redress itself; actions are activities under their own names.
const (
	PlanActivity    = "redress.plan"         // PlanRequest → PlanAnswer
	BeginActivity   = "redress.begin"        // Begin → Answer
	EndActivity     = "redress.end"          // End → Answer
	HoldActivity    = "alertmanager.hold"    // Hold → Held
	ReleaseActivity = "alertmanager.release" // Release → nothing
	ClearActivity   = "alertmanager.clear"   // Clear → Cleared
	WatchActivity   = "alertmanager.watch"   // Watch → Watched
	StatusActivity  = "alertmanager.status"  // StatusAlert → nothing
	TellActivity    = "notify"               // Tell → Told

	RoundLeasesActivity = "round.leases" // nothing → LeasesDone
	RoundAlertsActivity = "round.alerts" // nothing → AlertsDone
	RoundClosedActivity = "round.closed" // nothing → ClosedDone
)

// VerifyActivity returns the activity name under which an action is polled (Poll → Polled).
func VerifyActivity(action string) string { return action + ":verify" }

// SettleActivity returns the activity name under which the outcome of a change
// action is looked up (Act → Settled).
func SettleActivity(action string) string { return action + ":settle" }

// Search attributes, all keywords. RedressAlert is a keyword list.
const (
	AttrTarget  = "RedressTarget"
	AttrRunbook = "RedressRunbook"
	AttrMode    = "RedressMode"
	AttrAlert   = "RedressAlert" // alert names
	AttrStatus  = "RedressStatus"
	AttrOutcome = "RedressOutcome"
)

// RunURL returns the page of a run in the Temporal Web UI at uiURL; "" without a UI.
func RunURL(uiURL, namespace, runID string) string {
	if uiURL == "" {
		return ""
	}
	return strings.TrimRight(uiURL, "/") + "/namespaces/" + url.PathEscape(namespace) + "/workflows/" + url.PathEscape(runID)
}
