package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// page is what a run knows of the pages that it holds back.
type page struct {
	open    bool // pages may be held back: from the admission until they are let out
	asked   bool // a silence was asked for, and may exist
	holding int  // requests for silences on their way
	// statusAlerts: the run shows itself as an alert too.
	statusAlerts bool
}

// silences reports whether this run holds the page back while it works.
func (r *run) silences() bool {
	return r.in.Mode == definitions.Auto && r.in.Pinned.Runbook.Silence == definitions.SilenceDuring
}

// hold asks for the lease silences of the alerts. It is not cancelled with the run: a
// silence that is made after the page was let out would hold it back once more.
func (r *run) hold(ctx workflow.Context, alerts []contract.Alert) (contract.Held, error) {
	var held contract.Held
	alerts = slices.DeleteFunc(slices.Clone(alerts), func(a contract.Alert) bool { return !a.Firing() })
	if len(alerts) == 0 {
		return held, nil
	}
	summary := "look who suppresses the alert"
	if r.silences() {
		summary, r.asked = "hold the page back while the run works", true
	}
	r.holding++
	defer func() { r.holding-- }()
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := workflow.ExecuteActivity(quick(ctx, summary, holdWithin), contract.HoldActivity, contract.Hold{
		Run: r.view.Brief(), Alerts: alerts, Silence: r.silences(), HoldPage: r.in.HoldPage,
	}).Get(ctx, &held)
	if err != nil {
		workflow.GetLogger(ctx).Warn("the page could not be held back", "err", cause(err))
		return held, err
	}
	r.statusAlerts = held.StatusAlerts
	for _, s := range held.Silences {
		same := func(have contract.SilenceRef) bool { return have.Cluster == s.Cluster && have.ID == s.ID }
		if !slices.ContainsFunc(r.view.Silences, same) {
			r.view.Silences = append(r.view.Silences, s)
		}
	}
	if until := held.Until.UTC(); !held.Until.IsZero() && (r.view.SilencedUntil == nil || until.After(*r.view.SilencedUntil)) {
		r.view.SilencedUntil = &until
	}
	return held, nil
}

// silenced reports whether the run knows of a silence of its own for the alert.
func (r *run) silenced(fingerprint string) bool {
	return slices.ContainsFunc(r.view.Silences, func(s contract.SilenceRef) bool { return s.Fingerprint == fingerprint })
}

// release ends the run's silences now, so that people are paged. From here on none is
// made; those that are being made are waited for, to be ended too.
func (r *run) release(ctx workflow.Context) error {
	r.open = false
	if err := workflow.Await(ctx, func() bool { return r.holding == 0 }); err != nil {
		return err
	}
	if !r.asked {
		return nil
	}
	err := workflow.ExecuteActivity(quick(ctx, "let the page out", tellWithin), contract.ReleaseActivity,
		contract.Release{RunID: r.view.ID, Silences: r.view.Silences}).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("the silences could not be ended; their lease will", "err", cause(err))
		return err
	}
	r.asked = false
	return nil
}

// announce shows the run as a status alert, where the configuration wants that. It has
// a lease, so that nothing is lost when it fails.
func (r *run) announce(ctx workflow.Context) {
	if !r.statusAlerts {
		return
	}
	err := workflow.ExecuteActivity(quick(ctx, "show the run as an alert", holdWithin), contract.StatusActivity,
		contract.StatusAlert{Run: r.view.Brief()}).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Warn("the status alert could not be sent", "err", cause(err))
	}
}
