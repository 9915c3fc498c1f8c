package workflows

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
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
	attrs := []temporal.SearchAttributeUpdate{attrStatus.ValueSet(string(r.view.Status))}
	if r.view.Outcome != "" {
		attrs = append(attrs, attrOutcome.ValueSet(string(r.view.Outcome)))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, attrs...); err != nil {
		log.Warn("search attributes could not be written", "err", err)
	}
}

// startAttributes are the search attributes that a run has from its first moment.
func startAttributes(in contract.RemediationInput) temporal.SearchAttributes {
	var names []string
	for _, a := range in.Alerts {
		if !slices.Contains(names, a.Name()) {
			names = append(names, a.Name())
		}
	}
	return temporal.NewSearchAttributes(
		attrTarget.ValueSet(in.Target.Name), attrRunbook.ValueSet(in.Pinned.Runbook.Name),
		attrMode.ValueSet(string(in.Mode)), attrAlert.ValueSet(names), attrStatus.ValueSet(string(contract.RunRunning)),
	)
}

// alertsChanged takes news of the run's alerts. One that joins is held back with the
// others; one that a person suppresses joins all the same, and keeps the acts off.
func (r *run) alertsChanged(ctx workflow.Context, c contract.AlertsChange) {
	if c.Notification != nil {
		r.noteNotification(*c.Notification)
	}
	var joined []contract.Alert
	for _, a := range c.Joined {
		i := slices.IndexFunc(r.alerts, func(b contract.Alert) bool { return b.Fingerprint == a.Fingerprint })
		if i >= 0 {
			r.alerts[i] = a
			continue
		}
		r.alerts = append(slices.Clone(r.alerts), a)
		joined = append(joined, a)
	}
	for _, f := range c.Resolved {
		if i := slices.IndexFunc(r.alerts, func(b contract.Alert) bool { return b.Fingerprint == f }); i >= 0 {
			r.alerts[i].Status = contract.Resolved
		}
	}
	r.viewAlerts()
	r.show(ctx)
	if len(joined) > 0 && r.admitted && r.silences() && r.view.Outcome == "" {
		workflow.Go(ctx, func(ctx workflow.Context) {
			// A page that could not be held goes out; hold has logged why.
			_, _ = r.hold(ctx, joined)
			if r.view.Outcome != "" && r.view.Outcome != definitions.Healed {
				r.release(ctx) // the run ended meanwhile, and wants people paged
			}
		})
	}
}

// resolved reports whether all alerts of the run are gone. A run without alerts, begun
// by hand, has none to lose.
func (r *run) resolved() bool {
	return len(r.alerts) > 0 && !slices.ContainsFunc(r.alerts, contract.Alert.Firing)
}

func (r *run) viewAlerts() {
	r.view.Alerts = make([]contract.RunAlert, len(r.alerts))
	for i, a := range r.alerts {
		r.view.Alerts[i] = contract.RunAlert{Fingerprint: a.Fingerprint, Labels: a.Labels, StartsAt: a.StartsAt, Resolved: !a.Firing()}
	}
}

// noteNotification keeps the notifications that concerned the run, the newest fifty.
func (r *run) noteNotification(n contract.Notification) {
	const most = 50
	r.view.Notifications = append(r.view.Notifications, contract.RunNotification{
		ReceivedAt: n.ReceivedAt, Receiver: n.Receiver, GroupKey: n.GroupKey, Status: n.Status,
	})
	if extra := len(r.view.Notifications) - most; extra > 0 {
		r.view.Notifications = r.view.Notifications[extra:]
	}
}

// drain takes the signals that have arrived, so that none is lost when the run
// continues as new.
func (r *run) drain(ctx workflow.Context) {
	for {
		var c contract.AlertsChange
		if !workflow.GetSignalChannel(ctx, contract.AlertsSignal).ReceiveAsync(&c) {
			break
		}
		r.alertsChanged(ctx, c)
	}
	for {
		var c contract.Cancel
		if !workflow.GetSignalChannel(ctx, contract.CancelSignal).ReceiveAsync(&c) {
			return
		}
		r.interrupt(&end{outcome: definitions.Cancelled, reason: cancelReason(c)})
	}
}
