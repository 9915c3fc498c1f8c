//go:build !lean

package temporal_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	sdktemporal "go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
	"redress/internal/temporal"
	"redress/worker/embedded"
)

// address is where the one Temporal server of these tests listens.
var address string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server, err := embedded.Start(ctx, embedded.Options{
		Address: "127.0.0.1:0", UIAddress: embedded.NoUI, SearchAttributes: temporal.SearchAttributes(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the embedded Temporal server:", err)
		return 1
	}
	address = server.Address()
	code := m.Run()
	if err := server.Close(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the embedded Temporal server:", err)
		return 1
	}
	return code
}

// dial returns a client with a task queue that belongs to the test.
func dial(t *testing.T, edit ...func(*temporal.Options)) *temporal.Client {
	t.Helper()
	o := temporal.Options{
		Address: address, Namespace: "default", TaskQueue: name(t), UIURL: "http://ui",
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	for _, e := range edit {
		e(&o)
	}
	c, err := temporal.Dial(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// name is a target's name that belongs to the test.
func name(t *testing.T) string {
	return strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
}

// work runs a worker with the fakes; the returned function stops it before the test ends.
func work(t *testing.T, c *temporal.Client) (stop func()) {
	t.Helper()
	w := sdkworker.New(c.SDK(), c.TaskQueue(), sdkworker.Options{})
	for name, do := range map[string]any{
		contract.GuardianWorkflow: guardian, contract.RemediationWorkflow: remediation,
		contract.FleetWorkflow: fleet, contract.RoundWorkflow: func(workflow.Context) error { return nil },
	} {
		w.RegisterWorkflowWithOptions(do, workflow.RegisterOptions{Name: name})
	}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			w.Stop()
			stopped = true
		}
	}
	t.Cleanup(stop)
	return stop
}

// eventually waits for a condition that Temporal fulfils a little later.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// guardian stands for the real one: it lists what it is told as episodes, one per
// alert of a message, and ends when a run has finished.
func guardian(ctx workflow.Context, in contract.GuardianInput) (contract.Guardian, error) {
	g := contract.Guardian{Target: in.Target.Name}
	if err := workflow.SetQueryHandler(ctx, contract.StateQuery, func() (contract.Guardian, error) { return g, nil }); err != nil {
		return g, err
	}
	told := func(why string, alerts []contract.Alert) {
		for _, a := range alerts {
			a.Annotations = nil
			g.Alerts = append(g.Alerts, contract.Episode{Alert: a, Why: why})
		}
	}
	for done := false; !done; {
		workflow.NewSelector(ctx).
			AddReceive(workflow.GetSignalChannel(ctx, contract.NotificationSignal), func(c workflow.ReceiveChannel, _ bool) {
				var n contract.Notification
				c.Receive(ctx, &n)
				told(n.GroupKey, n.Alerts)
			}).
			AddReceive(workflow.GetSignalChannel(ctx, contract.SightingSignal), func(c workflow.ReceiveChannel, _ bool) {
				var s contract.Sighting
				c.Receive(ctx, &s)
				told(fmt.Sprintf("sighting, complete %v", s.Complete), s.Alerts)
			}).
			AddReceive(workflow.GetSignalChannel(ctx, contract.FinishedSignal), func(c workflow.ReceiveChannel, _ bool) {
				var f contract.Finished
				c.Receive(ctx, &f)
				g.Runs = append(g.Runs, contract.PastRun{RunID: f.RunID, Outcome: f.Outcome})
				done = true
			}).
			Select(ctx)
		if err := workflow.UpsertMemo(ctx, map[string]any{contract.MemoKey: g}); err != nil {
			return g, err
		}
	}
	return g, nil
}

// remediation stands for the real one: it shows the run that it is given until it is
// cancelled, and ends with the outcome that the cancellation names.
func remediation(ctx workflow.Context, r contract.Run) (contract.Run, error) {
	if err := workflow.SetQueryHandler(ctx, contract.RunQuery, func() (contract.Run, error) {
		live := r
		live.Reason = "live"
		return live, nil
	}); err != nil {
		return r, err
	}
	if err := workflow.UpsertMemo(ctx, map[string]any{contract.MemoKey: r.Brief()}); err != nil {
		return r, err
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx,
		sdktemporal.NewSearchAttributeKeyKeyword(contract.AttrTarget).ValueSet(r.Target),
		sdktemporal.NewSearchAttributeKeyKeyword(contract.AttrRunbook).ValueSet(r.Runbook)); err != nil {
		return r, err
	}
	var c contract.Cancel
	workflow.GetSignalChannel(ctx, contract.CancelSignal).Receive(ctx, &c)
	r.Status = contract.RunFinished
	r.Outcome = "healed"
	r.Reason = c.Reason
	if err := workflow.UpsertMemo(ctx, map[string]any{contract.MemoKey: r.Brief()}); err != nil {
		return r, err
	}
	r.Reason = "result: " + c.Reason
	return r, workflow.UpsertTypedSearchAttributes(ctx,
		sdktemporal.NewSearchAttributeKeyKeyword(contract.AttrOutcome).ValueSet(string(r.Outcome)))
}

// fleet stands for the real one: it admits everybody and grants every key to whoever
// asks first, as far as it is not paused.
func fleet(ctx workflow.Context, in contract.FleetInput) error {
	state := in.State
	granted := map[string]string{}
	if err := workflow.SetQueryHandler(ctx, contract.StateQuery, func() (contract.FleetState, error) { return state, nil }); err != nil {
		return err
	}
	for name, do := range map[string]any{
		contract.BeginUpdate: func(_ workflow.Context, b contract.Begin) (contract.Answer, error) {
			state.Runs[b.Target] = contract.FleetRun{RunID: b.RunID, BegunAt: workflow.Now(ctx)}
			return contract.Answer{OK: true}, nil
		},
		contract.GrantUpdate: func(_ workflow.Context, g contract.Grant) (contract.Answer, error) {
			if state.Paused != "" {
				return contract.Answer{Reason: state.Paused}, nil
			}
			granted[g.Key.String()] = g.Holder
			return contract.Answer{OK: true, Holder: g.Holder}, nil
		},
		contract.VoidUpdate: func(_ workflow.Context, v contract.Void) (contract.Voided, error) {
			_, ok := granted[v.Key.String()]
			return contract.Voided{Granted: ok}, nil
		},
		contract.EndUpdate: func(_ workflow.Context, e contract.End) (contract.Answer, error) {
			delete(state.Runs, e.Target)
			return contract.Answer{OK: true}, nil
		},
	} {
		if err := workflow.SetUpdateHandler(ctx, name, do); err != nil {
			return err
		}
	}
	return workflow.Await(ctx, func() bool { return false })
}
