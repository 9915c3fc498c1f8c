package notify

import (
	"cmp"

	"github.com/prometheus/alertmanager/template"

	"redress/internal/contract"
)

// Data is what templates see: Alertmanager's own data, so that the team's templates
// work, and beside it what Redress knows.
type Data struct {
	// Data is Alertmanager's. GroupLabels are the labels that all alerts share.
	*template.Data
	Target contract.TargetRef // .Name, .Labels
	Run    contract.Run       // as on the API: .ID, .Runbook, .Mode, .Outcome, .URL, …
	Steps  map[string]any     // results by the step's name; .Steps.before.master.address
	Reason string             // why the run ended or was refused; may be empty
}

func newData(t contract.Tell, receiver, externalURL string) *Data {
	d := &Data{
		Data: &template.Data{
			Receiver: receiver, Status: contract.Resolved, ExternalURL: externalURL,
			GroupLabels: template.KV{}, RouteLabels: template.KV{},
			CommonLabels: template.KV{}, CommonAnnotations: template.KV{},
		},
		Target: t.Target,
		Run:    t.Run,
		Reason: reason(t),
	}
	for i, a := range t.Alerts {
		if a.Firing() {
			d.Status = contract.Firing
		}
		shown := template.Alert{
			Status: a.Status, StartsAt: a.StartsAt, EndsAt: a.EndsAt, GeneratorURL: a.GeneratorURL, Fingerprint: a.Fingerprint,
			Labels: template.KV(a.Labels), Annotations: template.KV(a.Annotations),
		}
		d.Alerts = append(d.Alerts, shown)
		if i == 0 {
			for name, value := range a.Labels {
				d.CommonLabels[name] = value
			}
			for name, value := range a.Annotations {
				d.CommonAnnotations[name] = value
			}
			continue
		}
		retain(d.CommonLabels, a.Labels)
		retain(d.CommonAnnotations, a.Annotations)
	}
	for name, value := range d.CommonLabels {
		d.GroupLabels[name] = value
	}
	return d
}

// retain keeps what others agree with.
func retain(common template.KV, other map[string]string) {
	for name, value := range common {
		if got, ok := other[name]; !ok || got != value {
			delete(common, name)
		}
	}
}

// reason returns why the run ended, as far as it has.
func reason(t contract.Tell) string { return cmp.Or(t.Reason, t.Run.Reason) }
