package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/alertmanager/template"

	"redress/internal/contract"
)

// recordsAtOnce is how many targets of one notification are recorded at a time.
const recordsAtOnce = 8

// Accepted is the answer to a notification that is durably recorded.
type Accepted struct {
	Targets   []AcceptedTarget `json:"targets"` // by name
	Alerts    int              `json:"alerts"`  // of the notification, ignored ones too
	Truncated int              `json:"truncated,omitempty"`
	Ignored   []Ignored        `json:"ignored"` // alerts about no target, or several
}

// AcceptedTarget counts the alerts that were recorded for a target.
type AcceptedTarget struct {
	Target string `json:"target"`
	Alerts int    `json:"alerts"`
}

// Ignored is an alert for which there is nothing to record.
type Ignored struct {
	Fingerprint string `json:"fingerprint"`
	Alertname   string `json:"alertname"`
	Reason      string `json:"reason"`
}

// share is what a notification says about one target.
type share struct {
	target contract.TargetRef
	alerts []contract.Alert
	err    error // of recording it
}

// notify is the webhook of Alertmanager.
func (s *server) notify(c *gin.Context) {
	received := s.Now()
	body, ok := s.body(c)
	if !ok {
		return
	}
	n, wrong := decode(body)
	if len(wrong) > 0 {
		s.Log.Warn("a notification cannot be understood", "remote", c.Request.RemoteAddr, "defects", len(wrong), "first", wrong[0].Detail)
		detail := wrong[0].Detail
		if more := len(wrong) - 1; more > 0 {
			detail += fmt.Sprintf(" (and %d more, see errors)", more)
		}
		write(c, Problem{Status: http.StatusBadRequest, Detail: detail, Errors: wrong})
		return
	}
	shares, ignored := s.split(n)
	s.record(c.Request.Context(), received, n, shares)
	s.count(n, shares, ignored)
	if err := failure(shares); err != nil {
		s.Log.Error("a notification could not be recorded", "receiver", n.Receiver, "group_key", n.GroupKey, "error", err)
		if errors.Is(err, contract.ErrTooLarge) {
			fail(c, http.StatusRequestEntityTooLarge, "%v", err)
			return
		}
		fail(c, http.StatusServiceUnavailable, "%v; Alertmanager sends it again", err)
		return
	}
	out := Accepted{Targets: []AcceptedTarget{}, Alerts: len(n.Alerts), Truncated: n.TruncatedAlerts, Ignored: ignored}
	for _, sh := range shares {
		out.Targets = append(out.Targets, AcceptedTarget{Target: sh.target.Name, Alerts: len(sh.alerts)})
	}
	if len(ignored) > 0 {
		s.Log.Info("alerts are about no target, or several", "alerts", len(ignored), "group_key", n.GroupKey,
			"fingerprint", ignored[0].Fingerprint, "reason", ignored[0].Reason)
	}
	s.Log.Debug("notification recorded", "receiver", n.Receiver, "group_key", n.GroupKey, "alerts", len(n.Alerts), "targets", len(shares))
	c.JSON(http.StatusAccepted, out)
}

// split gives each alert to its target, by the alert's own labels: those that a group
// has in common say nothing about the others in it.
func (s *server) split(n Notification) ([]*share, []Ignored) {
	byName := map[string]*share{}
	ignored := []Ignored{}
	for _, a := range n.Alerts {
		alert := alertOf(a)
		ref, why, ok := s.Inventory.MatchTarget(alert.Labels)
		if !ok {
			ignored = append(ignored, Ignored{Fingerprint: a.Fingerprint, Alertname: alert.Name(), Reason: why})
			continue
		}
		sh := byName[ref.Name]
		if sh == nil {
			sh = &share{target: ref}
			byName[ref.Name] = sh
		}
		sh.alerts = append(sh.alerts, alert)
	}
	shares := slices.SortedFunc(maps.Values(byName), func(a, b *share) int { return cmp.Compare(a.target.Name, b.target.Name) })
	return shares, ignored
}

// record records every share, or notes why it could not. It goes on when the client
// leaves: what is recorded need not be sent again.
func (s *server) record(ctx context.Context, received time.Time, n Notification, shares []*share) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), s.RecordTimeout,
		fmt.Errorf("recording took longer than %s", s.RecordTimeout))
	defer cancel()
	slots := make(chan struct{}, recordsAtOnce)
	var wg sync.WaitGroup
	for _, sh := range shares {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() != nil {
				sh.err = context.Cause(ctx)
				return
			}
			sh.err = s.recordShare(ctx, sh.target, contract.Notification{
				ReceivedAt: received.UTC(), Receiver: unquote(n.Receiver), GroupKey: n.GroupKey, Status: n.Status,
				ExternalURL: n.ExternalURL, TruncatedAlerts: n.TruncatedAlerts, Alerts: sh.alerts,
			})
		})
	}
	wg.Wait()
}

// recordShare makes an error of a panic: in a goroutine of ours it would end the
// process, and again with every repetition of the same notification.
func (s *server) recordShare(ctx context.Context, target contract.TargetRef, n contract.Notification) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("recording panicked", "target", target.Name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("a defect of Redress; the log has its trace: %v", p)
		}
	}()
	return s.Starter.Record(ctx, target, n)
}

// failure says which targets were not recorded. One is enough for the whole
// notification to be sent again; what was recorded is folded then. Of the reasons it
// gives one, and one that may pass before one that never will.
func failure(shares []*share) error {
	var passing, lasting []error
	for _, sh := range shares {
		switch {
		case sh.err == nil:
		case errors.Is(sh.err, contract.ErrTooLarge):
			lasting = append(lasting, fmt.Errorf("target %s: %w", sh.target.Name, sh.err))
		default:
			passing = append(passing, fmt.Errorf("target %s: %w", sh.target.Name, sh.err))
		}
	}
	failed := len(passing) + len(lasting)
	if failed == 0 {
		return nil
	}
	worst := lasting
	if len(passing) > 0 {
		worst = passing
	}
	return fmt.Errorf("not recorded for %d of %d targets; %w", failed, len(shares), worst[0])
}

func alertOf(a template.Alert) contract.Alert {
	return contract.Alert{
		Fingerprint: a.Fingerprint, Status: a.Status, Labels: a.Labels, Annotations: a.Annotations,
		StartsAt: a.StartsAt.UTC(), EndsAt: a.EndsAt.UTC(), GeneratorURL: a.GeneratorURL,
	}
}

// unquote takes back the regexp.QuoteMeta that Alertmanager applies to a receiver's name.
func unquote(receiver string) string {
	var b strings.Builder
	for i := 0; i < len(receiver); i++ {
		if receiver[i] == '\\' && i+1 < len(receiver) && strings.IndexByte(`\.+*?()|[]{}^$`, receiver[i+1]) >= 0 {
			i++
		}
		b.WriteByte(receiver[i])
	}
	return b.String()
}
