// Package config reads redress.yaml: strictly, with the place of every problem, all
// of them in one pass, and never ignoring a key.
//
// It imports nothing of Redress but definitions, opens no connection, and reads no
// secret: a [Secret] names a file that is read at the moment of use.
package config

import (
	"github.com/prometheus/alertmanager/pkg/labels"
	promconfig "github.com/prometheus/common/config"

	"redress/definitions"
)

// The defaults of what redress.yaml leaves out.
const (
	DefaultNamespace = "default"               // temporal.namespace
	DefaultTaskQueue = "redress"               // temporal.task_queue
	DefaultUIURL     = "http://127.0.0.1:8233" // temporal.ui_url
	DefaultReceiver  = "redress"               // alertmanager.receiver

	// DefaultReceiverAlias is what runbooks call policy.receiver; no receiver may have that name.
	DefaultReceiverAlias = "default"
)

// Config is a checked redress.yaml with its defaults filled in. It does not change
// after it was loaded and may be shared.
type Config struct {
	Path         string // as it was given to [Load]
	Temporal     Temporal
	Alertmanager Alertmanager
	Runbooks     []string // files, absolute, sorted; tests (*_test.yaml) left out
	Library      Library
	Templates    []string // files, absolute, sorted
	Webhook      Webhook
	Receivers    []Receiver
	Policy       Policy
	Targets      []Target
}

// Temporal says where the Temporal server is. Flags and the environment win over it.
type Temporal struct {
	Address   string // host:port; empty = from a flag or the environment
	Namespace string
	TaskQueue string
	UIURL     string // without a slash at the end
}

// Alertmanager says where alerts are asked for and silences are made.
type Alertmanager struct {
	Clusters     [][]string                  // base URLs without a slash at the end, by gossiping cluster
	Receiver     string                      // our receiver's exact name there
	StatusAlerts bool                        // whether runs show themselves as RedressRun alerts
	HTTP         promconfig.HTTPClientConfig // how all of them are reached; file paths are absolute
}

// Library says what the shipped runbooks may do. A name in a list wins over an `all`.
type Library struct {
	Observe, Approve, Auto Selection
}

// Selection is a set of shipped runbooks.
type Selection struct {
	All   bool
	Names []string // in the order of the file

	places []place
}

// Webhook is how Alertmanager reaches us.
type Webhook struct {
	Token Secret // the bearer token that callers must show; zero = none is asked for
}

// Receiver is where people are told.
type Receiver struct {
	Name string
	Kind ReceiverKind
	URL  Secret // the URL itself is the secret
}

// ReceiverKind is how a receiver is spoken to.
type ReceiverKind string

// The kinds of receivers.
const (
	Shoutrrr ReceiverKind = "shoutrrr" // `url_file`: a shoutrrr URL
	HTTP     ReceiverKind = "http"     // `http: {url_file}`: JSON by POST
)

// Policy is what holds for all targets.
type Policy struct {
	Receiver string           // who is told when a runbook names nobody; empty = nobody can be told
	Mode     definitions.Mode // the ceiling where no rule matches
	Rules    []Rule           // the first that matches replaces Mode
	HoldPage definitions.Duration
}

// Rule gives a ceiling to the targets and alerts that it matches.
type Rule struct {
	Match labels.Matchers // over the target's labels and the alert's; the target's win
	Mode  definitions.Mode
}

// place is where something stands in the file, for checks after loading.
type place struct {
	position definitions.Position
	source   string
}
