// Package notify tells people: it renders a message from Alertmanager templates and
// sends it to a receiver, by shoutrrr or as JSON over HTTP.
//
// A receiver's URL is a secret. It is read when a message is sent, and stands in no
// error and no log. The package imports neither workflows nor webhook, and knows
// nothing of Redis.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"redress/activities"
	"redress/internal/contract"
)

// defaultReceiver is what runbooks call policy.receiver.
const defaultReceiver = "default"

// sendTimeout bounds one delivery.
const sendTimeout = 10 * time.Second

// Receiver is where people are told: by one of the two URLs, which is read anew for
// each message.
type Receiver struct {
	Name        string
	ShoutrrrURL func() (string, error) // a shoutrrr service, as in slack://…
	HTTPURL     func() (string, error) // gets a JSON document by POST: see [Payload]
}

// Options of a [Notifier].
type Options struct {
	Receivers []Receiver
	Default   string   // the name of policy.receiver; "" = none
	Templates []string // files in Alertmanager's template language
	// ExternalURL is what templates see as .ExternalURL: Alertmanager's.
	ExternalURL string
	// RunURL returns the page of a run, for runs that do not carry their URL: workflows
	// do not know where the Temporal UI is. May be nil.
	RunURL     func(runID string) string
	HTTPClient *http.Client // for HTTP receivers; default: http.DefaultClient
	Log        *slog.Logger // default: discard
}

// Notifier renders and sends messages. It is safe for concurrent use.
type Notifier struct {
	receivers   map[string]Receiver
	fallback    string
	externalURL string
	runURL      func(runID string) string
	http        *http.Client
	texts       *texts
	log         *slog.Logger
}

// New returns a notifier. It reads the template files and opens no connection. It
// fails on a template that does not parse, on a receiver without exactly one URL, and
// on a default that is none of the receivers.
func New(o Options) (*Notifier, error) {
	n := &Notifier{
		receivers:   map[string]Receiver{},
		fallback:    o.Default,
		externalURL: o.ExternalURL,
		runURL:      o.RunURL,
		http:        noRedirects(o.HTTPClient),
		log:         o.Log,
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	n.log = n.log.With("component", "notify")
	for _, r := range o.Receivers {
		switch _, double := n.receivers[r.Name]; {
		case double:
			return nil, fmt.Errorf("receiver %q is defined twice", r.Name)
		case r.Name == "" || r.Name == defaultReceiver:
			return nil, fmt.Errorf("a receiver cannot be called %q", r.Name)
		case (r.ShoutrrrURL == nil) == (r.HTTPURL == nil):
			return nil, fmt.Errorf("receiver %q needs one URL: shoutrrr's or HTTP's", r.Name)
		}
		n.receivers[r.Name] = r
	}
	if _, ok := n.receivers[n.fallback]; !ok && n.fallback != "" {
		return nil, n.unconfigured(n.fallback)
	}
	var err error
	if n.texts, err = parseTexts(o.Templates); err != nil {
		return nil, err
	}
	return n, nil
}

// Tell renders the title and the message, and sends them to the receiver. A text that
// cannot be rendered is replaced by a plain account that names the error; it is sent
// all the same, and the error is returned, marked as permanent, beside what was told.
//
// A message may arrive twice: Tell may have delivered it and fail, and be repeated.
func (n *Notifier) Tell(ctx context.Context, t contract.Tell) (contract.Told, error) {
	told, err := n.tell(ctx, t)
	return told, activities.ToTemporal(err)
}

func (n *Notifier) tell(ctx context.Context, t contract.Tell) (contract.Told, error) {
	receiver, receiverErr := n.receiver(t.Receiver)
	if t.Run.URL == "" && n.runURL != nil {
		t.Run.URL = n.runURL(t.Run.ID)
	}
	told := contract.Told{Receiver: receiver.Name}
	var renderErr error
	told.Title, told.Message, renderErr = n.texts.render(t, newData(t, receiver.Name, n.externalURL))
	if renderErr != nil {
		renderErr = activities.Permanent(renderErr)
		n.log.WarnContext(ctx, "message could not be rendered", "run", t.Run.ID, "receiver", receiver.Name, "error", renderErr)
	}
	if t.RenderOnly {
		return told, renderErr
	}
	if receiverErr != nil {
		return told, receiverErr
	}
	if err := n.send(ctx, receiver, t, told); err != nil {
		err = fmt.Errorf("tell receiver %q: %w", receiver.Name, err)
		n.log.ErrorContext(ctx, "receiver could not be told", "run", t.Run.ID, "receiver", receiver.Name, "error", err)
		return told, err
	}
	n.log.InfoContext(ctx, "receiver told", "run", t.Run.ID, "receiver", receiver.Name)
	return told, renderErr
}

// receiver finds a receiver by name. Without one nobody can be told, which no
// repetition mends.
func (n *Notifier) receiver(name string) (Receiver, error) {
	if name == "" || name == defaultReceiver {
		name = n.fallback
	}
	switch r, ok := n.receivers[name]; {
	case ok:
		return r, nil
	case len(n.receivers) == 0:
		return r, activities.Permanent(errors.New(
			"nobody can be told: no receiver is configured; add one under receivers and name it in policy.receiver"))
	case name == "":
		return r, activities.Permanent(fmt.Errorf(
			"nobody can be told: policy.receiver names nobody; set it to one of %s", n.names()))
	default:
		return r, activities.Permanent(n.unconfigured(name))
	}
}

func (n *Notifier) unconfigured(name string) error {
	return fmt.Errorf("receiver %q is not configured; add it under receivers, or name one of %s", name, n.names())
}

func (n *Notifier) names() string {
	if len(n.receivers) == 0 {
		return "them (there are none)"
	}
	return strings.Join(slices.Sorted(maps.Keys(n.receivers)), ", ")
}

// send delivers a message, in bounded time, and keeps the receiver's URL to itself.
func (n *Notifier) send(ctx context.Context, r Receiver, t contract.Tell, told contract.Told) error {
	read, deliver := r.ShoutrrrURL, n.byShoutrrr
	if read == nil {
		read, deliver = r.HTTPURL, n.byHTTP
	}
	raw, err := read()
	if err != nil {
		return fmt.Errorf("read its URL: %w", err)
	}
	raw = strings.TrimSpace(raw)
	ctx, cancel := context.WithTimeoutCause(ctx, sendTimeout, fmt.Errorf("no answer within %s", sendTimeout))
	defer cancel()
	return masked(deliver(ctx, raw, t, told), raw)
}
