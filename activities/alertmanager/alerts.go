package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/api/v2/client/alert"
	"github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"

	"redress/activities"
	"redress/internal/contract"
)

// listing is what one peer answered to "which alerts fire?".
type listing struct {
	peer    *peer
	cluster int
	alerts  map[string]*models.GettableAlert // by fingerprint
	at      time.Time                        // by the peer's clock
	started time.Time                        // the peer's process
	unsure  string                           // why it is not known which process answered
	err     error
}

// query selects the alerts of a listing.
type query struct {
	receiver string   // a regular expression; "" = all
	filter   []string // matchers, all of which must hold
}

// about selects a superset of the alerts: by the labels that all of them share.
func about(alerts []contract.Alert) query {
	if len(alerts) == 0 {
		return query{}
	}
	common := maps.Clone(alerts[0].Labels)
	for _, a := range alerts[1:] {
		maps.DeleteFunc(common, func(name, value string) bool { return a.Labels[name] != value })
	}
	var q query
	for _, name := range slices.Sorted(maps.Keys(common)) {
		// Other names need a notation that Alertmanager reads only since 0.27.
		if model.LegacyValidation.IsValidLabelName(name) && common[name] != "" {
			m := labels.Matcher{Type: labels.MatchEqual, Name: name, Value: common[name]}
			q.filter = append(q.filter, m.String())
		}
	}
	return q
}

// look asks every peer of every cluster at once. The answers come in their order.
func (r *Reporter) look(ctx context.Context, q query) []listing {
	var answers []listing
	for i, c := range r.clusters {
		for _, p := range c {
			answers = append(answers, listing{peer: p, cluster: i})
		}
	}
	var wait sync.WaitGroup
	for i := range answers {
		l := &answers[i]
		wait.Go(func() {
			before, err := l.peer.process(ctx)
			if err != nil {
				l.err = err
				return
			}
			if l.alerts, l.at, l.err = l.peer.list(ctx, q); l.err != nil {
				return
			}
			// Asked again after the alerts: a process that answered before and after
			// them, or that started before them, is the one that listed them.
			switch l.started, err = l.peer.started(ctx); {
			case err != nil:
				l.unsure = err.Error()
			case !l.started.Equal(before) && l.started.After(l.at):
				l.unsure = fmt.Sprintf("alertmanager %s started just now", l.peer.name)
			}
			l.peer.saw(*l)
		})
	}
	wait.Wait()
	return answers
}

// list returns the alerts that the peer lists, and the peer's time.
func (p *peer) list(ctx context.Context, q query) (map[string]*models.GettableAlert, time.Time, error) {
	ctx, cancel := p.bound(ctx)
	defer cancel()
	params := alert.NewGetAlertsParamsWithContext(ctx).WithFilter(q.filter)
	if q.receiver != "" {
		params = params.WithReceiver(&q.receiver)
	}
	var at time.Time
	ok, err := p.api.Alert.GetAlerts(params, p.dated(&at))
	if err != nil {
		return nil, at, p.failed("list alerts", err)
	}
	byFingerprint := make(map[string]*models.GettableAlert, len(ok.Payload))
	for _, a := range ok.Payload {
		if a != nil && a.Fingerprint != nil {
			byFingerprint[*a.Fingerprint] = a
		}
	}
	return byFingerprint, at, nil
}

// whereabouts is what all peers together say of one alert.
type whereabouts struct {
	firing  bool
	unknown string // why it is neither known to fire nor to be gone
}

func (w whereabouts) gone() bool { return !w.firing && w.unknown == "" }

// locate reads from the answers whether the alert fires. One that lists it is enough;
// it is gone only when all of them are to be believed that it is.
func locate(answers []listing, fingerprint string) whereabouts {
	var doubts []string
	for _, l := range answers {
		if _, listed := l.alerts[fingerprint]; listed {
			return whereabouts{firing: true}
		}
		if doubt := l.doubt(fingerprint); doubt != "" {
			doubts = append(doubts, doubt)
		}
	}
	return whereabouts{unknown: strings.Join(doubts, "; ")}
}

// StillFiring says of each alert whether an Alertmanager lists it. It fails when that
// cannot be known of one of them: no Alertmanager lists it, and one did not answer or
// is too young to be believed.
func (r *Reporter) StillFiring(ctx context.Context, alerts []contract.Alert) ([]bool, error) {
	if len(r.clusters) == 0 {
		return nil, activities.Permanent(errNoAlertmanager)
	}
	answers := r.look(ctx, about(alerts))
	firing := make([]bool, len(alerts))
	for i, a := range alerts {
		w := locate(answers, fingerprint(a))
		if w.unknown != "" {
			return nil, fmt.Errorf("cannot tell whether %s still fires: %s", a.Name(), w.unknown)
		}
		firing[i] = w.firing
	}
	return firing, nil
}

// Listed returns the alerts of our receiver that fire, from every peer, sorted by
// fingerprint: apart from the others those that somebody but us suppresses. Complete
// says that every peer answered, has run for two minutes and knows our receiver, so
// that an alert which is not listed is gone. It fails when no peer answered.
func (r *Reporter) Listed(ctx context.Context) (alerts, suppressed []contract.Alert, complete bool, err error) {
	var known bool
	var wait sync.WaitGroup
	wait.Go(func() { known = r.receiverKnown(ctx) })
	answers := r.look(ctx, query{receiver: "^" + regexp.QuoteMeta(r.receiver) + "$"})
	wait.Wait()
	complete = len(answers) > 0 && known
	merged := map[string]contract.Alert{}
	others := map[string]bool{} // fingerprints of what others suppress
	var errs []error
	for _, l := range answers {
		if l.err != nil {
			errs = append(errs, l.err)
		}
		if l.err != nil || l.unsure != "" || l.at.Sub(l.started) < settling {
			complete = false
		}
		who := newNamer(l.peer)
		for id, a := range l.alerts {
			if by := who.suppressors(ctx, a); len(by) > 0 {
				others[id] = true
			}
			heard := fromModel(a)
			if known, ok := merged[id]; ok && known.StartsAt.Before(heard.StartsAt) {
				heard.StartsAt = known.StartsAt
			}
			merged[id] = heard
		}
	}
	if len(answers) > 0 && len(errs) == len(answers) {
		return nil, nil, false, errors.Join(errs...)
	}
	for _, id := range slices.Sorted(maps.Keys(merged)) {
		if others[id] {
			suppressed = append(suppressed, merged[id])
		} else {
			alerts = append(alerts, merged[id])
		}
	}
	return alerts, suppressed, complete, nil
}

func fromModel(a *models.GettableAlert) contract.Alert {
	heard := contract.Alert{
		Fingerprint:  *a.Fingerprint,
		Status:       contract.Firing,
		Labels:       a.Labels,
		Annotations:  a.Annotations,
		GeneratorURL: string(a.GeneratorURL),
	}
	if a.StartsAt != nil {
		heard.StartsAt = time.Time(*a.StartsAt).UTC()
	}
	return heard
}

// fingerprint returns the identity of the alert; Alertmanager's own hash of the
// labels, for alerts that came without one.
func fingerprint(a contract.Alert) string {
	if a.Fingerprint != "" {
		return a.Fingerprint
	}
	set := make(model.LabelSet, len(a.Labels))
	for name, value := range a.Labels {
		set[model.LabelName(name)] = model.LabelValue(value)
	}
	return set.Fingerprint().String()
}
