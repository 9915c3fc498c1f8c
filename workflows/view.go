package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
)

// The search attributes by which runs are found.
var (
	attrTarget  = temporal.NewSearchAttributeKeyKeyword(contract.AttrTarget)
	attrRunbook = temporal.NewSearchAttributeKeyKeyword(contract.AttrRunbook)
	attrMode    = temporal.NewSearchAttributeKeyKeyword(contract.AttrMode)
	attrAlert   = temporal.NewSearchAttributeKeyKeywordList(contract.AttrAlert)
	attrStatus  = temporal.NewSearchAttributeKeyKeyword(contract.AttrStatus)
	attrOutcome = temporal.NewSearchAttributeKeyKeyword(contract.AttrOutcome)
)

// publish writes what lists and pages show while no worker is up: the small view into
// the memo, and the search attributes that changed.
func (r *run) publish(ctx workflow.Context) {
	log := workflow.GetLogger(ctx)
	if err := workflow.UpsertMemo(ctx, map[string]any{contract.MemoKey: r.view.Brief()}); err != nil {
		log.Warn("the run's view could not be written", "err", err)
	}
	var attrs []temporal.SearchAttributeUpdate
	have := workflow.GetTypedSearchAttributes(ctx)
	if v, ok := have.GetKeyword(attrStatus); !ok || v != string(r.view.Status) {
		attrs = append(attrs, attrStatus.ValueSet(string(r.view.Status)))
	}
	if v, _ := have.GetKeyword(attrOutcome); v != string(r.view.Outcome) {
		attrs = append(attrs, attrOutcome.ValueSet(string(r.view.Outcome)))
	}
	if v, _ := have.GetKeywordList(attrAlert); !slices.Equal(v, alertNames(r.alerts)) {
		attrs = append(attrs, attrAlert.ValueSet(alertNames(r.alerts)))
	}
	if len(attrs) == 0 {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, attrs...); err != nil {
		log.Warn("search attributes could not be written", "err", err)
	}
}

// published reports whether the memo has a view already: from the guardian that
// started the run, or from before it continued as new.
func (r *run) published(ctx workflow.Context) bool {
	_, ok := workflow.GetInfo(ctx).Memo.GetFields()[contract.MemoKey]
	return ok
}

// newView returns the view of a run that begins.
func newView(in contract.RemediationInput, now time.Time) contract.Run {
	book := in.Pinned.Runbook
	v := contract.Run{
		ID: in.RunID, Target: in.Target.Name, Runbook: book.Name, RunbookSHA256: book.SHA256, Title: book.Title,
		Mode: in.Mode, ModeWhy: in.ModeWhy, Why: in.Why, Trigger: in.Trigger,
		Status: contract.RunRunning, StartedAt: &now, URL: in.URL, Alerts: runAlerts(in.Alerts),
		Steps: []contract.RunStep{}, Acts: []contract.RunAct{},
		Silences: []contract.SilenceRef{}, Notifications: []contract.RunNotification{}, Told: []contract.RunTold{},
	}
	for _, n := range in.Notifications {
		v.Notifications = append(v.Notifications, runNotification(n))
	}
	return v
}

// alertNames lists the names of alerts, each once.
func alertNames(alerts []contract.Alert) []string {
	var names []string
	for _, a := range alerts {
		if !slices.Contains(names, a.Name()) {
			names = append(names, a.Name())
		}
	}
	return names
}

// startAttributes are the search attributes that a run has from its first moment.
func startAttributes(in contract.RemediationInput) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		attrTarget.ValueSet(in.Target.Name), attrRunbook.ValueSet(in.Pinned.Runbook.Name),
		attrMode.ValueSet(string(in.Mode)), attrAlert.ValueSet(alertNames(in.Alerts)), attrStatus.ValueSet(string(contract.RunRunning)),
	)
}

// alertsChanged takes news of the run's alerts. One that joins is held back with the
// others; one that a person suppresses joins all the same, and keeps the acts off. News
// that comes when the outcome is known is not taken, nor a new fault while the run only
// waits for its alerts to clear: the run's report does not name an alert that joined so
// late, and the guardian plans it anew.
func (r *run) alertsChanged(ctx workflow.Context, c contract.AlertsChange) {
	if r.ending {
		return
	}
	if c.Notification != nil {
		r.noteNotification(*c.Notification)
	}
	var joined, fresh []contract.Alert
	r.alerts = slices.Clone(r.alerts)
	for _, a := range c.Joined {
		i := slices.IndexFunc(r.alerts, func(b contract.Alert) bool { return b.Fingerprint == a.Fingerprint })
		switch {
		case i >= 0:
			r.alerts[i] = a
		case r.view.Status == contract.RunClearing && !joins(r.in.Pinned.Runbook.Covers, a):
			continue // a new fault: this run looks at nothing any more
		default:
			r.alerts, fresh = append(r.alerts, a), append(fresh, a)
		}
		r.joins++
		if i < 0 || !r.silenced(a.Fingerprint) {
			joined = append(joined, a)
		}
	}
	for _, f := range c.Resolved {
		if i := slices.IndexFunc(r.alerts, func(b contract.Alert) bool { return b.Fingerprint == f }); i >= 0 {
			r.alerts[i].Status = contract.Resolved
		}
	}
	r.viewAlerts()
	r.show(ctx)
	if len(joined) > 0 && r.open && r.silences() {
		r.holding++ // from now on, not from when the coroutine begins
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer func() { r.holding-- }()
			// A page that could not be held goes out; hold has logged why.
			_, _ = r.hold(ctx, joined)
			r.watch(fresh)
		})
		return
	}
	r.watch(fresh)
}

// resolved reports whether all alerts of the run are gone. A run without alerts, begun
// by hand, has none to lose.
func (r *run) resolved() bool {
	return len(r.alerts) > 0 && !slices.ContainsFunc(r.alerts, contract.Alert.Firing)
}

func (r *run) viewAlerts() { r.view.Alerts = runAlerts(r.alerts) }

func runAlerts(alerts []contract.Alert) []contract.RunAlert {
	out := make([]contract.RunAlert, len(alerts))
	for i, a := range alerts {
		out[i] = contract.RunAlert{Fingerprint: a.Fingerprint, Labels: a.Labels, StartsAt: a.StartsAt, Resolved: !a.Firing()}
	}
	return out
}

// notificationsMost is how many of the notifications that concerned a run are kept, the newest.
const notificationsMost = 50

func runNotification(n contract.Notification) contract.RunNotification {
	return contract.RunNotification{ReceivedAt: n.ReceivedAt, Receiver: n.Receiver, GroupKey: n.GroupKey, Status: n.Status}
}

// noteNotification keeps the notifications that concerned the run.
func (r *run) noteNotification(n contract.Notification) {
	all := append(r.view.Notifications, runNotification(n))
	r.view.Notifications = all[max(0, len(all)-notificationsMost):]
}
