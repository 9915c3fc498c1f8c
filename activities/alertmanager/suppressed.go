package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/client/silence"
	"github.com/prometheus/alertmanager/api/v2/models"

	"redress/internal/contract"
)

var errNoAlertmanager = errors.New("no Alertmanager is configured; name them under alertmanager.clusters")

// Suppressed says, in words, who but Redress suppresses one of the alerts; "" = nobody.
// It fails when that cannot be known: no peer of a cluster answers.
func (r *Reporter) Suppressed(ctx context.Context, runID string, alerts []contract.Alert) (string, error) {
	by, err := r.suppressed(ctx, alerts)
	if err != nil {
		return "", fmt.Errorf("look who suppresses the alerts of run %s: %w", runID, err)
	}
	return by, nil
}

func (r *Reporter) suppressed(ctx context.Context, alerts []contract.Alert) (string, error) {
	answers := r.look(ctx, about(alerts))
	if err := r.eachClusterAnswered(answers); err != nil {
		return "", err
	}
	var found []string
	for _, l := range answers {
		who := newNamer(l.peer)
		for _, a := range alerts {
			listed, ok := l.alerts[fingerprint(a)]
			if !ok {
				continue
			}
			for _, by := range who.suppressors(ctx, listed) {
				if sentence := a.Name() + " is " + by; !slices.Contains(found, sentence) {
					found = append(found, sentence)
				}
			}
		}
	}
	return strings.Join(found, "; "), nil
}

// eachClusterAnswered fails with the errors of a cluster of which no peer answered.
func (r *Reporter) eachClusterAnswered(answers []listing) error {
	for i := range r.clusters {
		var errs []error
		answered := false
		for _, l := range answers {
			if l.cluster == i {
				answered = answered || l.err == nil
				errs = append(errs, l.err)
			}
		}
		if !answered {
			return errors.Join(errs...)
		}
	}
	return nil
}

// namer puts into words who suppresses the alerts that one peer lists.
type namer struct {
	peer     *peer
	silences map[string]string // id → words; "" = ours
	all      map[string]*models.GettableAlert
}

func newNamer(p *peer) *namer { return &namer{peer: p, silences: map[string]string{}} }

// suppressors returns everything that suppresses the alert and is not ours. What
// cannot be looked up counts as somebody else's: hands off is the safe reading.
func (n *namer) suppressors(ctx context.Context, a *models.GettableAlert) []string {
	if a.Status == nil {
		return nil
	}
	var by []string
	for _, id := range a.Status.SilencedBy {
		words, ok := n.silences[id]
		if !ok {
			words = n.silence(ctx, id)
			n.silences[id] = words
		}
		if words != "" {
			by = append(by, words)
		}
	}
	for _, source := range a.Status.InhibitedBy {
		if words := n.inhibitor(ctx, source); words != "" {
			by = append(by, words)
		}
	}
	for _, interval := range a.Status.MutedBy {
		by = append(by, fmt.Sprintf("muted by the time interval %q", interval))
	}
	return by
}

// silence names the author of a silence, unless it is a run of ours.
func (n *namer) silence(ctx context.Context, id string) string {
	ctx, cancel := n.peer.bound(ctx)
	defer cancel()
	ok, err := n.peer.api.Silence.GetSilence(
		silence.NewGetSilenceParamsWithContext(ctx).WithSilenceID(strfmt.UUID(id)), n.peer.dated(nil))
	if err != nil {
		return fmt.Sprintf("silenced by somebody (silence %s could not be read: %v)", id, n.peer.failed("read silence", err))
	}
	s := ok.Payload
	author := deref(s.CreatedBy)
	if strings.HasPrefix(author, authorPrefix) {
		return ""
	}
	words := "silenced by " + author
	if s.EndsAt != nil {
		words += " until " + time.Time(*s.EndsAt).UTC().Format(time.RFC3339)
	}
	if comment := strings.TrimSpace(deref(s.Comment)); comment != "" {
		words += fmt.Sprintf(": %q", comment)
	}
	return fmt.Sprintf("%s (silence %s)", words, id)
}

// inhibitor names the alert that inhibits another, unless it is a status alert of
// ours: people may let a run that works hold their pages back.
func (n *namer) inhibitor(ctx context.Context, fingerprint string) string {
	if n.all == nil {
		all, _, err := n.peer.list(ctx, query{})
		if err != nil {
			return fmt.Sprintf("inhibited by alert %s (which could not be read: %v)", fingerprint, err)
		}
		n.all = all
	}
	source, ok := n.all[fingerprint]
	if !ok {
		return "inhibited by alert " + fingerprint
	}
	if source.Labels[alertName] == statusAlertName {
		return ""
	}
	others := contract.Alert{Labels: source.Labels}
	return fmt.Sprintf("inhibited by %s (alert %s)", describe(others), fingerprint)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
