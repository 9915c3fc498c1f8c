package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/client/alert"
	"github.com/prometheus/alertmanager/api/v2/models"

	"redress/activities"
	"redress/internal/contract"
)

// statusAlertName is the alertname of a run's status alert.
const statusAlertName = "RedressRun"

// Status posts the status alert of a run to every peer, to live for one lease, or
// resolves it when the run is finished. It does nothing unless status alerts are
// asked for. It fails when no peer of a cluster took the alert. It may be repeated.
func (r *Reporter) Status(ctx context.Context, s contract.StatusAlert) error {
	if !r.statusAlerts {
		return nil
	}
	var clusterErrs []error
	for _, c := range r.clusters {
		errs := make([]error, len(c))
		var wait sync.WaitGroup
		for i, p := range c {
			wait.Go(func() { errs[i] = r.postStatus(ctx, p, s.Run) })
		}
		wait.Wait()
		taken := false
		for _, err := range errs {
			taken = taken || err == nil
		}
		switch err := errors.Join(errs...); {
		case err == nil:
		case taken:
			r.log.WarnContext(ctx, "status alert not taken by every peer", "run", s.Run.ID, "error", err)
		default:
			clusterErrs = append(clusterErrs, err)
		}
	}
	if err := errors.Join(clusterErrs...); err != nil {
		return activities.ToTemporal(fmt.Errorf("post status alert of run %s: %w", s.Run.ID, err))
	}
	return nil
}

func (r *Reporter) postStatus(ctx context.Context, p *peer, run contract.Run) error {
	now, err := p.time(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := p.bound(ctx)
	defer cancel()
	params := alert.NewPostAlertsParamsWithContext(ctx).WithAlerts(models.PostableAlerts{r.statusAlert(run, now)})
	if _, err := p.api.Alert.PostAlerts(params, p.dated(nil)); err != nil {
		return p.failed("post status alert", err)
	}
	return nil
}

// statusAlert returns the alert that shows the run, at now by the peer's clock.
func (r *Reporter) statusAlert(run contract.Run, now time.Time) *models.PostableAlert {
	ends := now.Add(r.lease)
	if run.Status == contract.RunFinished {
		ends = now
	}
	starts := now
	if run.StartedAt != nil {
		starts = earlier(*run.StartedAt, now)
	}
	annotations := models.LabelSet{
		"summary":     fmt.Sprintf("Redress runs %s on %s: %s.", run.Runbook, run.Target, state(run)),
		"status":      string(run.Status),
		"step":        step(run),
		"outcome":     string(run.Outcome),
		"redress_url": r.page(run),
	}
	if len(run.Alerts) > 0 {
		annotations["alert_fingerprint"] = run.Alerts[0].Fingerprint
	}
	for name, value := range annotations {
		if value == "" {
			delete(annotations, name)
		}
	}
	source := r.page(run)
	if source == "" {
		source = r.externalURL
	}
	return &models.PostableAlert{
		StartsAt: strfmt.DateTime(starts), EndsAt: strfmt.DateTime(ends), Annotations: annotations,
		Alert: models.Alert{GeneratorURL: strfmt.URI(source), Labels: models.LabelSet{
			alertName: statusAlertName, "target": run.Target, "runbook": run.Runbook, "severity": "none",
		}},
	}
}

// state says in a few words where the run is.
func state(run contract.Run) string {
	switch at := step(run); {
	case run.Outcome != "":
		return string(run.Outcome)
	case at != "":
		return fmt.Sprintf("%s, at step %s", run.Status, at)
	default:
		return string(run.Status)
	}
}
