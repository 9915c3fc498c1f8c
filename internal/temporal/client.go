// Package temporal is what Redress says to a Temporal server: it records
// notifications, asks the fleet for admission, and reads runs and guardians back.
//
// It is the only package besides worker that imports the SDK's client. It imports
// internal/contract for names and messages and nothing else of Redress: it knows no
// runbooks, no HTTP and no Redis. Interfaces are declared by who uses them.
package temporal

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"

	"redress/internal/contract"
)

// How long Temporal may take. Every call has one of these, or less when its context
// ends before.
const (
	// recordTimeout leaves an answer the time to reach Alertmanager before it gives
	// up on a notification, which is after 10 s at the earliest.
	recordTimeout = 8 * time.Second
	// readTimeout is for lists and descriptions.
	readTimeout = 5 * time.Second
	// queryTimeout is for the question to a worker, after which the recorded view serves.
	queryTimeout = 2 * time.Second
	// updateTimeout is the act protocol's: no answer from the fleet by then means not sent.
	updateTimeout = 10 * time.Second
	// ensureTimeout is for the calls at a worker's boot, all together.
	ensureTimeout = 30 * time.Second
)

// memoWarning is the size in bytes above which the SDK warns about a memo. Its default
// of 2 KB is less than the view of an ordinary run; Temporal takes 2 MB.
const memoWarning = 128 << 10

// Options says which Temporal to use. Only TaskQueue is required: what is left out
// is taken from the environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS…,
// TEMPORAL_API_KEY) and from Temporal's own configuration file, as by every Temporal
// tool.
type Options struct {
	// Address and Namespace come from flags and win over the environment.
	Address, Namespace string
	// FileAddress and FileNamespace come from redress.yaml and serve where neither a
	// flag nor the environment says anything. Defaults localhost:7233 and "default".
	FileAddress, FileNamespace string
	// TaskQueue is where workflows run. Required.
	TaskQueue string
	// UIURL is the base of the Web UI for links to runs; "" = no links.
	UIURL string
	// Log gets the client's own log. Nil = discarded.
	Log *slog.Logger
	// Metrics gets the SDK's metrics, see [NewMetrics]. Nil = none are kept.
	Metrics client.MetricsHandler
	// Env overrides the environment in tests. Nil = the process's.
	Env envconfig.EnvLookup
}

func (o Options) validate() (Options, error) {
	if o.TaskQueue == "" {
		return o, fmt.Errorf("connecting to Temporal: no task queue is given; set temporal.task_queue")
	}
	if o.FileAddress == "" {
		o.FileAddress = client.DefaultHostPort
	}
	if o.FileNamespace == "" {
		o.FileNamespace = client.DefaultNamespace
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("component", "temporal")
	return o, nil
}

// Client speaks to one namespace of a Temporal server. It may be used by many
// goroutines.
type Client struct {
	sdk       client.Client
	converter converter.DataConverter
	address   string
	namespace string
	taskQueue string
	uiURL     string
	log       *slog.Logger
}

// Dial prepares a client. It does not connect: a process whose Temporal is away
// starts, answers that it cannot record, and is not ready (see [Client.Ready]). An
// error is a mistake in the options, the environment or Temporal's configuration file.
func Dial(o Options) (*Client, error) {
	o, err := o.validate()
	if err != nil {
		return nil, err
	}
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{EnvLookup: o.Env})
	if err != nil {
		return nil, fmt.Errorf("reading Temporal's settings from the environment and its configuration file: %w", err)
	}
	profile.Address = first(o.Address, profile.Address, o.FileAddress)
	if err := CheckAddress(profile.Address); err != nil {
		return nil, err
	}
	profile.Namespace = first(o.Namespace, profile.Namespace, o.FileNamespace)
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		return nil, fmt.Errorf("applying Temporal's settings for %s: %w", profile.Address, err)
	}
	options.Logger = newLogger(o.Log)
	options.MetricsHandler = o.Metrics
	options.PayloadLimits.MemoSizeWarning = memoWarning
	sdk, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("preparing a client for Temporal at %s: %w", profile.Address, err)
	}
	c := &Client{
		sdk: sdk, converter: options.DataConverter,
		address: profile.Address, namespace: profile.Namespace,
		taskQueue: o.TaskQueue, uiURL: o.UIURL, log: o.Log,
	}
	if c.converter == nil {
		c.converter = converter.GetDefaultDataConverter()
	}
	return c, nil
}

// CheckAddress reports an address that is not host:port. A resolver of gRPC may stand
// before it: dns:///temporal.internal:7233.
func CheckAddress(address string) error {
	at := strings.TrimPrefix(strings.TrimPrefix(address, "dns:///"), "passthrough:///")
	host, port, err := net.SplitHostPort(at)
	if n, wrong := strconv.Atoi(port); err == nil && wrong == nil && host != "" && !strings.Contains(host, "/") && n >= 1 && n <= 65535 {
		return nil
	}
	return fmt.Errorf("the address of Temporal is %q; write host:port, such as 127.0.0.1:7233, in --temporal.address, TEMPORAL_ADDRESS or temporal.address", address)
}

// SDK returns the SDK's client, for the worker.
func (c *Client) SDK() client.Client { return c.sdk }

// Address returns the host:port of the server that was settled on.
func (c *Client) Address() string { return c.address }

// Namespace returns the namespace that was settled on.
func (c *Client) Namespace() string { return c.namespace }

// TaskQueue returns the task queue of the workflows.
func (c *Client) TaskQueue() string { return c.taskQueue }

// Close ends the connection. Calls that are under way fail.
func (c *Client) Close() { c.sdk.Close() }

// RunURL returns the page of a run in Temporal's Web UI, "" without the UI's URL.
func (c *Client) RunURL(runID string) string { return contract.RunURL(c.uiURL, c.namespace, runID) }

// within limits a call, and says in the error who did not answer.
func (c *Client) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("no answer from %s within %s", c.address, d))
}

// first returns the first that is not empty.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
