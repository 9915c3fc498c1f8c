package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/client/silence"
	"github.com/prometheus/alertmanager/api/v2/models"

	"redress/internal/contract"
)

const (
	authorPrefix = "redress/" // of createdBy; the run's ID follows
	alertName    = "alertname"

	// byHand is how close to its last update a silence ends when somebody ended it:
	// Alertmanager then writes the same moment into both. A lease that ran out ends
	// long after its last update.
	byHand = time.Second
)

// lease is a silence of ours as one Alertmanager has it.
type lease struct {
	id                        string
	runID                     string
	state                     string // active | pending | expired
	startsAt, endsAt, updated time.Time
	facts                     facts
	model                     *models.GettableSilence
}

func (l lease) live() bool { return l.state != models.SilenceStatusStateExpired }

// endedByHand reports whether the silence did not run out but was ended.
func (l lease) endedByHand() bool { return !l.live() && l.endsAt.Sub(l.updated) < byHand }

// holdUntil returns when the page goes out at the latest.
func (l lease) holdUntil() (time.Time, error) {
	return time.Parse(time.RFC3339Nano, l.facts[factHoldUntil])
}

// leases returns the silences of all our runs, expired ones too, without those that
// name the namespace of another Redress. Where the alerts are
// known, only theirs and maybe others: Alertmanager keeps expired silences for days,
// and their list is long. It can be asked for matchers, but not for an author.
func (r *Reporter) leases(ctx context.Context, p *peer, alerts []contract.Alert) ([]lease, error) {
	ctx, cancel := p.bound(ctx)
	defer cancel()
	params := silence.NewGetSilencesParamsWithContext(ctx).WithFilter(about(alerts).filter)
	ok, err := p.api.Silence.GetSilences(params, p.dated(nil))
	if err != nil {
		return nil, p.failed("list silences", err)
	}
	var ours []lease
	for _, s := range ok.Payload {
		runID, found := strings.CutPrefix(deref(s.CreatedBy), authorPrefix)
		if !found || s.ID == nil || s.Status == nil || s.StartsAt == nil || s.EndsAt == nil || s.UpdatedAt == nil {
			continue
		}
		l := lease{
			id: *s.ID, runID: runID, state: deref(s.Status.State),
			startsAt: time.Time(*s.StartsAt), endsAt: time.Time(*s.EndsAt), updated: time.Time(*s.UpdatedAt),
			facts: parseTrailer(deref(s.Comment)), model: s,
		}
		maps.Copy(l.facts, s.Annotations) // where there are any, nobody has edited them
		if theirs := l.facts[factNamespace]; theirs != "" && r.namespace != "" && theirs != r.namespace {
			continue
		}
		ours = append(ours, l)
	}
	return ours, nil
}

// leasesOf returns the silences of one run; as of leases, of the alerts where they are known.
func (r *Reporter) leasesOf(ctx context.Context, p *peer, runID string, alerts []contract.Alert) ([]lease, error) {
	all, err := r.leases(ctx, p, alerts)
	return slices.DeleteFunc(all, func(l lease) bool { return l.runID != runID }), err
}

// create makes a silence for exactly the labels of the alert, from now until end.
func (p *peer) create(ctx context.Context, a contract.Alert, end time.Time, f facts, sentence string) (string, error) {
	var matchers models.Matchers
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		value, no, yes := a.Labels[name], false, true
		matchers = append(matchers, &models.Matcher{Name: &name, Value: &value, IsRegex: &no, IsEqual: &yes})
	}
	return p.post(ctx, &models.PostableSilence{Silence: models.Silence{
		Matchers: matchers, StartsAt: date(p.clock()), EndsAt: date(end),
		CreatedBy: new(authorPrefix + f[factRun]), Comment: new(f.comment(sentence)),
		Annotations: models.LabelSet(f),
	}})
}

// renew moves the end of a silence and what it says. The silence keeps its ID as long
// as the matchers come in the same order and startsAt is the stored one; a new ID
// means that it was ended meanwhile, so the new one is ended too. It reports whether
// the silence is still there.
func (p *peer) renew(ctx context.Context, l lease, end time.Time, f facts, sentence string) (bool, error) {
	id, err := p.post(ctx, &models.PostableSilence{ID: l.id, Silence: models.Silence{
		Matchers: l.model.Matchers, StartsAt: l.model.StartsAt, EndsAt: date(end),
		CreatedBy: l.model.CreatedBy, Comment: new(f.comment(sentence)), Annotations: models.LabelSet(f),
	}})
	switch {
	case status(err, http.StatusNotFound):
		return false, nil
	case err != nil:
		return false, err
	case id != l.id:
		return false, p.expire(ctx, id)
	}
	return true, nil
}

func (p *peer) post(ctx context.Context, s *models.PostableSilence) (string, error) {
	ctx, cancel := p.bound(ctx)
	defer cancel()
	ok, err := p.api.Silence.PostSilences(silence.NewPostSilencesParamsWithContext(ctx).WithSilence(s), p.dated(nil))
	if err != nil {
		return "", p.failed("post silence", err)
	}
	if ok.Payload.SilenceID == "" {
		return "", fmt.Errorf("alertmanager %s: post silence: the answer has no silenceID", p.name)
	}
	return ok.Payload.SilenceID, nil
}

// expire ends a silence. One that is not there, or has ended, is done.
func (p *peer) expire(ctx context.Context, id string) error {
	ctx, cancel := p.bound(ctx)
	defer cancel()
	uuid := strfmt.UUID(id)
	_, err := p.api.Silence.DeleteSilence(silence.NewDeleteSilenceParamsWithContext(ctx).WithSilenceID(uuid), p.dated(nil))
	if err == nil || status(err, http.StatusNotFound) {
		return nil
	}
	// Older versions answer 500 where a silence has ended or never was.
	ok, readErr := p.api.Silence.GetSilence(silence.NewGetSilenceParamsWithContext(ctx).WithSilenceID(uuid), p.dated(nil))
	if status(readErr, http.StatusNotFound) {
		return nil
	}
	if readErr == nil && ok.Payload.Status != nil && deref(ok.Payload.Status.State) == models.SilenceStatusStateExpired {
		return nil
	}
	return p.failed("end silence "+id, err)
}

// ending says which silences of a run are to be ended.
type ending struct {
	runID  string
	refs   []contract.SilenceRef // known ones: ended first, whether or not they can be listed
	alerts []contract.Alert      // whose silences; none = every silence of the run
}

// end ends silences on every cluster: those that are known, and then those that
// Alertmanager lists beside them. It goes on past what fails, and returns how many it
// ended.
func (r *Reporter) end(ctx context.Context, e ending) (int, error) {
	wanted := map[string]bool{} // fingerprints
	for _, a := range e.alerts {
		wanted[fingerprint(a)] = true
	}
	all := len(e.alerts) == 0
	ended := 0
	var errs []error
	for i, c := range r.clusters {
		done := map[string]bool{}
		errs = append(errs, c.one(ctx, func(p *peer) error {
			var errs []error
			expire := func(id string) {
				if done[id] {
					return
				}
				if err := p.expire(ctx, id); err != nil {
					errs = append(errs, err)
					return
				}
				done[id] = true
			}
			for _, ref := range e.refs {
				if ref.Cluster == i && (all || wanted[ref.Fingerprint]) {
					expire(ref.ID)
				}
			}
			ours, err := r.leasesOf(ctx, p, e.runID, e.alerts)
			if err != nil {
				return errors.Join(append(errs, err)...)
			}
			for _, l := range ours {
				if l.live() && (all || wanted[l.facts[factAlert]]) {
					expire(l.id)
				}
			}
			return errors.Join(errs...)
		}))
		ended += len(done)
	}
	return ended, errors.Join(errs...)
}

func date(t time.Time) *strfmt.DateTime { return new(strfmt.DateTime(t)) }
