//go:build !lean

package temporal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"redress/internal/contract"
	"redress/internal/temporal"
)

func TestReady(t *testing.T) {
	if err := dial(t).Ready(t.Context()); err != nil {
		t.Errorf("with all in place: %v", err)
	}
	c := dial(t, func(o *temporal.Options) { o.Namespace = "nowhere" })
	err := c.Ready(t.Context())
	if !errors.Is(err, contract.ErrUnavailable) || !strings.Contains(err.Error(), "temporal operator namespace create --address "+address+" --namespace nowhere") {
		t.Errorf("without the namespace: %v, want the command that creates it", err)
	}
}

// TestFleetAndRound follows the one fleet of the namespace through its life.
func TestFleetAndRound(t *testing.T) {
	c := dial(t)
	ctx := t.Context()
	key := contract.ActKey{RunID: "a.book.1", Path: "failover", Try: 1}

	// Nobody started it: it refuses, and says what to do.
	for name, ask := range map[string]func() (contract.Answer, error){
		"begin": func() (contract.Answer, error) { return c.Begin(ctx, contract.Begin{RunID: "a.book.1", Target: "a"}) },
		"grant": func() (contract.Answer, error) { return c.Grant(ctx, contract.Grant{Key: key}) },
		"end":   func() (contract.Answer, error) { return c.End(ctx, contract.End{RunID: "a.book.1", Target: "a"}) },
	} {
		if got, err := ask(); err != nil || got.OK || !strings.Contains(got.Reason, "redress worker") {
			t.Errorf("%s without a fleet: %+v, %v; want a refusal with the cure", name, got, err)
		}
	}
	if _, err := c.Void(ctx, contract.Void{Key: key}); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("void without a fleet: %v, want ErrNotFound: nobody knows what was granted", err)
	}
	if _, err := c.FleetState(ctx); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("state without a fleet: %v, want ErrNotFound", err)
	}

	// Two workers boot at once.
	errs := make(chan error, 2)
	for range 2 {
		go func() { errs <- c.Ensure(ctx) }()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	work(t, c)
	if got, err := c.Begin(ctx, contract.Begin{RunID: "a.book.1", Target: "a"}); err != nil || !got.OK {
		t.Errorf("begin: %+v, %v", got, err)
	}
	if got, err := c.Grant(ctx, contract.Grant{Key: key, Holder: "me"}); err != nil || !got.OK || got.Holder != "me" {
		t.Errorf("grant: %+v, %v", got, err)
	}
	if got, err := c.Grant(ctx, contract.Grant{Key: key, Holder: "other"}); err != nil || got.Holder != "me" {
		t.Errorf("the same key for somebody else: %+v, %v; want the first answer", got, err)
	}
	if got, err := c.Void(ctx, contract.Void{Key: key}); err != nil || !got.Granted {
		t.Errorf("void of a granted key: %+v, %v", got, err)
	}
	if got, err := c.FleetState(ctx); err != nil || got.Paused != "" || got.Runs["a"].RunID != "a.book.1" {
		t.Errorf("state = %+v, %v; want the run in it", got, err)
	}
	if got, err := c.End(ctx, contract.End{RunID: "a.book.1", Target: "a"}); err != nil || !got.OK {
		t.Errorf("end: %+v, %v", got, err)
	}

	t.Run("ensure changes nothing that runs", func(t *testing.T) { ensureAgain(t, c) })
	t.Run("a terminated fleet is followed by a paused one", func(t *testing.T) { terminated(t, c, key) })
}

func ensureAgain(t *testing.T, c *temporal.Client) {
	ctx := t.Context()
	before := describeFleet(t, c)
	round := c.SDK().ScheduleClient().GetHandle(ctx, contract.RoundID)
	if err := round.Pause(ctx, client.SchedulePauseOptions{Note: "by a person"}); err != nil {
		t.Fatal(err)
	}
	// A newer Redress comes with another task queue.
	newer := dial(t, func(o *temporal.Options) { o.TaskQueue = "newer" })
	if err := newer.Ensure(ctx); err != nil {
		t.Fatal(err)
	}
	if after := describeFleet(t, c); after != before {
		t.Errorf("the fleet was started again: %s, then %s", before, after)
	}
	d, err := round.Describe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	action, ok := d.Schedule.Action.(*client.ScheduleWorkflowAction)
	if !ok || action.Workflow != contract.RoundWorkflow || action.TaskQueue != "newer" {
		t.Errorf("the round's action is %+v, want the new one", d.Schedule.Action)
	}
	if got := action.WorkflowRunTimeout; got != 3*time.Minute {
		t.Errorf("a round that is stuck ends after %s, want 3m", got)
	}
	if !d.Schedule.State.Paused || d.Schedule.State.Note != "by a person" {
		t.Errorf("the round's state is %+v, want the person's pause kept", d.Schedule.State)
	}
	if got := d.Schedule.Spec.Intervals; len(got) != 1 || got[0].Every != time.Minute {
		t.Errorf("the round's intervals are %+v, want one minute", got)
	}
	if got := d.Schedule.Policy.CatchupWindow; got != 10*time.Second {
		t.Errorf("the round catches up %s, want 10s", got)
	}
}

func terminated(t *testing.T, c *temporal.Client, key contract.ActKey) {
	ctx := t.Context()
	if err := c.SDK().TerminateWorkflow(ctx, contract.FleetID, "", "test"); err != nil {
		t.Fatal(err)
	}
	// Temporal repeats the answer to a question that it knows, even for a closed fleet:
	// the holder tells it from a grant.
	if got, err := c.Grant(ctx, contract.Grant{Key: key, Holder: "later"}); err != nil || got.Holder != "me" {
		t.Errorf("the same key of a terminated fleet: %+v, %v; want the answer to the first holder", got, err)
	}
	key.Try = 2
	if got, err := c.Grant(ctx, contract.Grant{Key: key, Holder: "me"}); err != nil || got.OK {
		t.Errorf("grant of a terminated fleet: %+v, %v; want a refusal", got, err)
	}
	// The round finds it like this, and starts it.
	if _, err := c.FleetState(ctx); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("state of a terminated fleet: %v, want ErrNotFound", err)
	}
	if err := c.EnsureFleet(ctx); err != nil {
		t.Fatal(err)
	}
	got, err := c.Grant(ctx, contract.Grant{Key: key, Holder: "me"})
	if err != nil || got.OK || !strings.Contains(got.Reason, "was closed (Terminated)") || !strings.Contains(got.Reason, "temporal workflow start") {
		t.Errorf("grant after it: %+v, %v; want a refusal that tells why and the cure", got, err)
	}
}

func describeFleet(t *testing.T, c *temporal.Client) string {
	t.Helper()
	d, err := c.SDK().DescribeWorkflowExecution(context.WithoutCancel(t.Context()), contract.FleetID, "")
	if err != nil {
		t.Fatal(err)
	}
	return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}
