// Package alertmanager reports back to Alertmanager what Redress does: lease silences
// that hold a page back while a run works, status alerts, and the watch for alerts
// that cleared. It also answers what only Alertmanager knows: who else suppresses an
// alert, and which alerts still fire.
//
// The methods of [Reporter] are Temporal activities and parts of them. They keep no
// state that matters: every answer is read from Alertmanager. The package imports
// neither workflows nor webhook, and knows nothing of Redis.
package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"redress/internal/contract"
)

const (
	// DefaultLease is how long a silence or a status alert lives without being
	// renewed. The round renews each minute, so two rounds may fail.
	DefaultLease = 3 * time.Minute

	// settling is how long an Alertmanager must have run before an alert that it
	// does not list is taken for gone: alerts live in its memory alone, and
	// Prometheus sends a firing one again about every minute (rules.resend-delay).
	settling = 2 * time.Minute

	// requestTimeout bounds one request, so that a peer that hangs does not keep the
	// others from being asked.
	requestTimeout = 3 * time.Second

	// pollInterval is how often [Reporter.Clear] and [Reporter.Watch] look where the alerts are.
	pollInterval = time.Second
)

// Options of a [Reporter].
type Options struct {
	// Clusters lists the Alertmanagers: base URLs of peers, without credentials, by
	// gossiping cluster. A silence is posted to one peer of each. Without any, nothing
	// is held back.
	Clusters [][]string
	// Receiver is the name of our receiver there; [Reporter.Listed] asks for its alerts.
	Receiver string
	// Namespace is the Temporal namespace of the runs. Where several Redress report to the
	// same Alertmanager, each leaves alone the silences that name another's. "" = all are ours.
	Namespace string
	// StatusAlerts makes runs show themselves as alerts named RedressRun.
	StatusAlerts bool
	// HTTPClient reaches all peers, with their TLS and credentials. Default: http.DefaultClient.
	HTTPClient *http.Client
	// Lease is how long a silence or status alert lives unrenewed. Default [DefaultLease].
	Lease time.Duration
	// ExternalURL of Redress: the source of status alerts whose run has no page. May be empty.
	ExternalURL string
	// RunURL returns the page of a run, for runs that do not carry their URL: workflows
	// do not know where the Temporal UI is. May be nil.
	RunURL func(runID string) string
	// Heartbeat is called when an activity begins and every two seconds while it goes on.
	// Default: the heartbeat of the Temporal activity that the context belongs to, if any.
	Heartbeat func(ctx context.Context)
	// Now is the clock of this process. Silences do not depend on it. Default time.Now.
	Now func() time.Time
	Log *slog.Logger // default: discard
}

// Reporter talks to the Alertmanagers. It is safe for concurrent use.
type Reporter struct {
	clusters     []cluster
	receiver     string
	namespace    string
	statusAlerts bool
	lease        time.Duration
	externalURL  string
	runURL       func(runID string) string
	heartbeat    func(ctx context.Context)
	now          func() time.Time
	log          *slog.Logger
}

// cluster is a list of gossiping peers.
type cluster []*peer

// New returns a reporter. It opens no connection. It fails on a URL that is none.
func New(o Options) (*Reporter, error) {
	r := &Reporter{
		receiver:     o.Receiver,
		namespace:    o.Namespace,
		statusAlerts: o.StatusAlerts,
		lease:        o.Lease,
		externalURL:  o.ExternalURL,
		runURL:       o.RunURL,
		heartbeat:    o.Heartbeat,
		now:          o.Now,
		log:          o.Log,
	}
	if r.lease <= 0 {
		r.lease = DefaultLease
	}
	if r.heartbeat == nil {
		r.heartbeat = heartbeat
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	r.log = r.log.With("component", "alertmanager")
	httpClient := o.HTTPClient
	if httpClient == nil {
		httpClient = http.DefaultClient
	}
	for i, urls := range o.Clusters {
		var c cluster
		for _, raw := range urls {
			u, err := url.Parse(raw)
			if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
				return nil, fmt.Errorf("alertmanager cluster %d: %q is no http(s) URL; write it like http://127.0.0.1:9093", i, raw)
			}
			if u.User != nil { // names of peers stand in errors and logs
				return nil, fmt.Errorf("alertmanager cluster %d: %s has credentials; give them by alertmanager.http_config", i, u.Redacted())
			}
			c = append(c, newPeer(u, httpClient, r.now))
		}
		if len(c) == 0 {
			return nil, fmt.Errorf("alertmanager cluster %d has no URL; list its peers or remove it", i)
		}
		r.clusters = append(r.clusters, c)
	}
	return r, nil
}

// page returns the URL of the page of a run; "" where there is none.
func (r *Reporter) page(run contract.Run) string {
	if run.URL == "" && r.runURL != nil {
		return r.runURL(run.ID)
	}
	return run.URL
}

// one does fn with the first peer of the cluster that can, and with no other. Only
// where a peer cannot be reached or fails is the next one asked: what a peer refuses,
// its siblings would refuse too.
func (c cluster) one(ctx context.Context, fn func(*peer) error) error {
	var errs []error
	for _, p := range c {
		err := fn(p)
		if err == nil || ctx.Err() != nil {
			return err
		}
		errs = append(errs, err)
		if refused(err) {
			break
		}
	}
	return errors.Join(errs...)
}
