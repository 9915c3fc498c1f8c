package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-openapi/runtime"
	openapi "github.com/go-openapi/runtime/client"
	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/client"
	"github.com/prometheus/alertmanager/api/v2/client/general"

	"redress/activities"
)

// peer is one Alertmanager.
type peer struct {
	name string // its URL, for people
	api  *client.AlertmanagerAPI
	now  func() time.Time

	mu     sync.Mutex
	offset time.Duration // of its clock from ours
	timed  bool          // offset is known
	last   time.Time     // when the process started that answered last
	seen   sightings
}

func newPeer(u *url.URL, httpClient *http.Client, now func() time.Time) *peer {
	transport := openapi.NewWithClient(u.Host, strings.TrimSuffix(u.Path, "/")+"/api/v2", []string{u.Scheme}, httpClient)
	return &peer{
		name: u.String(),
		api:  client.New(transport, strfmt.Default),
		now:  now,
	}
}

// dated makes a request note the clock of the peer; at, unless nil, receives what the
// clock showed with the answer. The Date header has whole seconds, so the reckoned
// time is at most a second behind the peer's and never ahead of it.
func (p *peer) dated(at *time.Time) func(*runtime.ClientOperation) {
	return func(op *runtime.ClientOperation) {
		next := op.Reader
		op.Reader = runtime.ClientResponseReaderFunc(func(resp runtime.ClientResponse, c runtime.Consumer) (any, error) {
			date, err := http.ParseTime(resp.GetHeader("Date"))
			if err != nil { // a proxy that leaves it out: there is no better clock than ours
				date = p.now()
			}
			p.mu.Lock()
			p.offset, p.timed = date.Sub(p.now()), true
			p.mu.Unlock()
			if at != nil {
				*at = date
			}
			return next.ReadResponse(resp, c)
		})
	}
}

// clock returns the time of the peer, as of its last answer.
func (p *peer) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now().Add(p.offset).UTC()
}

// time returns the time of the peer; it asks where the peer never answered before.
func (p *peer) time(ctx context.Context) (time.Time, error) {
	p.mu.Lock()
	timed := p.timed
	p.mu.Unlock()
	if !timed {
		if _, err := p.started(ctx); err != nil {
			return time.Time{}, err
		}
	}
	return p.clock(), nil
}

// process returns when the process started that answered last, as a name for it; it
// asks where the peer never answered before.
func (p *peer) process(ctx context.Context) (time.Time, error) {
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	if !last.IsZero() {
		return last, nil
	}
	return p.started(ctx)
}

// started asks when the process of the peer started, by its own clock.
func (p *peer) started(ctx context.Context) (time.Time, error) {
	ctx, cancel := p.bound(ctx)
	defer cancel()
	ok, err := p.api.General.GetStatus(general.NewGetStatusParamsWithContext(ctx), p.dated(nil))
	if err != nil {
		return time.Time{}, p.failed("ask for its status", err)
	}
	if ok.Payload.Uptime == nil {
		return time.Time{}, fmt.Errorf("alertmanager %s does not say when it started", p.name)
	}
	started := time.Time(*ok.Payload.Uptime)
	p.mu.Lock()
	p.last = started
	p.mu.Unlock()
	return started, nil
}

func (p *peer) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, requestTimeout, fmt.Errorf("no answer within %s", requestTimeout))
}

// failed wraps the error of a request. What the peer refuses it will refuse again.
func (p *peer) failed(action string, err error) error {
	// The library prints what it could not read of an answer, which is nothing.
	var unread *runtime.APIError
	if errors.As(err, &unread) {
		err = &unexpected{code: unread.Code}
	}
	wrapped := fmt.Errorf("alertmanager %s: %s: %w", p.name, action, err)
	if refused(err) || status(err, http.StatusUnauthorized) || status(err, http.StatusForbidden) {
		return activities.Permanent(wrapped)
	}
	return wrapped
}

// unexpected is an answer with a status that the API does not describe.
type unexpected struct{ code int }

func (u *unexpected) Error() string {
	return strings.TrimSpace(fmt.Sprintf("it answered %d %s", u.code, http.StatusText(u.code)))
}

func (u *unexpected) IsCode(code int) bool { return u.code == code }

// refused reports whether a peer answered that the request itself is wrong.
func refused(err error) bool {
	return status(err, http.StatusBadRequest) || status(err, http.StatusUnprocessableEntity)
}

// status reports whether err is an answer with that HTTP status.
func status(err error, code int) bool {
	var answer interface{ IsCode(code int) bool }
	return errors.As(err, &answer) && answer.IsCode(code)
}
