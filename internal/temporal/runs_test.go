//go:build !lean

package temporal_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"
	sdktemporal "go.temporal.io/sdk/temporal"

	"redress/definitions"
	"redress/internal/contract"
	"redress/internal/temporal"
)

func keyword(name string) sdktemporal.SearchAttributeKeyKeyword {
	return sdktemporal.NewSearchAttributeKeyKeyword(name)
}

// begin starts a run whose fake shows the given one.
func begin(t *testing.T, c *temporal.Client, r contract.Run) contract.Run {
	t.Helper()
	at := time.Now().UTC().Truncate(time.Second)
	r.Status, r.StartedAt = first(r.Status, contract.RunRunning), &at
	r.Steps = []contract.RunStep{{Path: "before", Result: []byte(`{"big":1}`)}}
	_, err := c.SDK().ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: r.ID, TaskQueue: c.TaskQueue(), Memo: map[string]any{contract.MemoKey: r.Brief()},
		TypedSearchAttributes: sdktemporal.NewSearchAttributes(keyword(contract.AttrTarget).ValueSet(r.Target), keyword(contract.AttrRunbook).ValueSet(r.Runbook)),
	}, contract.RemediationWorkflow, r)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func first[S ~string](a, b S) S {
	if a != "" {
		return a
	}
	return b
}

func finish(t *testing.T, c *temporal.Client, id, reason string) {
	t.Helper()
	if err := c.SDK().SignalWorkflow(t.Context(), id, "", contract.CancelSignal, contract.Cancel{Reason: reason}); err != nil {
		t.Fatal(err)
	}
	if err := c.SDK().GetWorkflow(t.Context(), id, "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

func TestRun(t *testing.T) {
	c := dial(t)
	target := name(t)
	if _, err := c.Run(t.Context(), "nobody"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("no such run: %v, want ErrNotFound", err)
	}
	if err := c.Record(t.Context(), contract.TargetRef{Name: target}, contract.Notification{Alerts: []contract.Alert{firing("a")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Run(t.Context(), contract.GuardianID(target)); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a guardian as a run: %v, want ErrNotFound", err)
	}

	run := begin(t, c, contract.Run{ID: target + ".book.1", Target: target, Runbook: "book", Mode: "auto"})
	got, err := c.Run(t.Context(), run.ID)
	if err != nil || !got.Stale || got.Target != target || got.Status != contract.RunRunning {
		t.Errorf("without a worker: %+v, %v; want the recorded view, stale", got, err)
	}
	stop := work(t, c)
	eventually(t, func() error {
		got, err := c.Run(t.Context(), run.ID)
		if err == nil && (got.Stale || got.Reason != "live" || got.Steps[0].Result == nil) {
			err = fmt.Errorf("run = %+v, want what the worker says", got)
		}
		return err
	})
	if open, err := c.Open(t.Context(), run.ID); err != nil || !open {
		t.Errorf("open = %v, %v; want it open", open, err)
	}
	finish(t, c, run.ID, "done")
	stop()
	got, err = c.Run(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := run
	want.Status, want.Outcome, want.Reason = contract.RunFinished, "healed", "result: done"
	want.URL = "http://ui/namespaces/default/workflows/" + run.ID
	want.Alerts, want.Acts, want.Silences = []contract.RunAlert{}, []contract.RunAct{}, []contract.SilenceRef{}
	want.Notifications, want.Told = []contract.RunNotification{}, []contract.RunTold{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the result (-want +got):\n%s", diff)
	}
	if open, err := c.Open(t.Context(), run.ID); err != nil || open {
		t.Errorf("open = %v, %v; want it closed", open, err)
	}
}

func TestRunThatWasTerminated(t *testing.T) {
	c := dial(t)
	run := begin(t, c, contract.Run{ID: name(t) + ".book.1", Target: name(t), Runbook: "book"})
	if err := c.SDK().TerminateWorkflow(t.Context(), run.ID, "", "test"); err != nil {
		t.Fatal(err)
	}
	got, err := c.Run(t.Context(), run.ID)
	if err != nil || got.Status != contract.RunFinished || got.Outcome != definitions.Cancelled || got.FinishedAt == nil || got.Reason == "" {
		t.Errorf("run = %+v, %v; want it finished and cancelled with time and reason", got, err)
	}
	eventually(t, func() error {
		return listed(t, c, contract.RunFilter{Target: name(t), Outcome: "cancelled"}, run.ID)
	})
}

// listed checks what a filter selects, in order.
func listed(t *testing.T, c *temporal.Client, f contract.RunFilter, want ...string) error {
	t.Helper()
	l, err := c.Runs(t.Context(), f)
	if err != nil {
		return err
	}
	ids := []string{}
	for _, r := range l.Runs {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff(append([]string{}, want...), ids); diff != "" {
		return fmt.Errorf("runs of %+v (-want +got):\n%s", f, diff)
	}
	return nil
}

func TestRuns(t *testing.T) {
	c := dial(t)
	stop := work(t, c)
	target := name(t)
	id := func(s string) string { return target + "." + s }
	for _, r := range []contract.Run{
		{ID: id("old"), Target: target, Runbook: "book"},
		{ID: id("new"), Target: target, Runbook: "other"},
		{ID: id("running"), Target: target, Runbook: "book"},
		{ID: id("waiting"), Target: target, Runbook: "book", Status: contract.RunWaiting},
		{ID: id("foreign"), Target: target + "-2", Runbook: "book"},
	} {
		begin(t, c, r)
		if r.ID == id("old") || r.ID == id("new") {
			finish(t, c, r.ID, "")
		}
	}
	all := contract.RunFilter{Target: target}
	eventually(t, func() error {
		return listed(t, c, all, id("waiting"), id("running"), id("new"), id("old"))
	})
	tests := []struct {
		filter contract.RunFilter
		want   []string
	}{
		{contract.RunFilter{Target: target, Status: "running"}, []string{id("running")}},
		{contract.RunFilter{Target: target, Status: "waiting"}, []string{id("waiting")}},
		{contract.RunFilter{Target: target, Status: "clearing"}, nil},
		{contract.RunFilter{Target: target, Status: "finished"}, []string{id("new"), id("old")}},
		{contract.RunFilter{Target: target, Runbook: "other"}, []string{id("new")}},
		{contract.RunFilter{Target: target, Outcome: "healed", Runbook: "book"}, []string{id("old")}},
		{contract.RunFilter{Target: target, Outcome: "failed"}, nil},
		{contract.RunFilter{Target: target, Limit: 1}, []string{id("waiting")}},
		{contract.RunFilter{Target: "nobody"}, nil},
		{contract.RunFilter{Target: "nobody' OR WorkflowType = 'Remediation"}, nil},
		{contract.RunFilter{Target: `nobody\' OR WorkflowType != '`}, nil},
		{contract.RunFilter{Target: `nobody\`, Runbook: ` OR WorkflowType != `}, nil},
	}
	for _, tt := range tests {
		if err := listed(t, c, tt.filter, tt.want...); err != nil {
			t.Error(err)
		}
	}

	t.Run("pages", func(t *testing.T) {
		var ids []string
		f := contract.RunFilter{Target: target, Limit: 3}
		for {
			l, err := c.Runs(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range l.Runs {
				ids = append(ids, r.ID)
			}
			if f.PageToken = l.NextPageToken; f.PageToken == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{id("waiting"), id("running"), id("new"), id("old")}, ids); diff != "" {
			t.Errorf("runs over all pages (-want +got):\n%s", diff)
		}
		l, err := c.Runs(t.Context(), contract.RunFilter{Target: target, Limit: 1})
		if err != nil || l.NextPageToken == "" {
			t.Fatalf("a page of one: token %q, %v", l.NextPageToken, err)
		}
		// The last one belongs to other filters.
		for _, token := range []string{"!", "Zm9v", "Zm9vYmFyYmF6", l.NextPageToken} {
			if _, err := c.Runs(t.Context(), contract.RunFilter{PageToken: token}); !errors.Is(err, contract.ErrPageToken) {
				t.Errorf("token %q: %v, want ErrPageToken", token, err)
			}
		}
	})

	t.Run("views", func(t *testing.T) {
		l, err := c.Runs(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range l.Runs {
			if r.Stale || r.URL == "" || r.Target != target || r.Runbook == "" || r.StartedAt == nil || r.Acts == nil || len(r.Steps) != 1 || r.Steps[0].Result != nil {
				t.Errorf("run = %+v, want a whole brief view", r)
			}
		}
	})

	stop()
	if _, err := c.Runs(t.Context(), all); err != nil {
		t.Errorf("without a worker: %v", err)
	}
	// A queue that no worker ever asked.
	quiet := dial(t, func(o *temporal.Options) { o.TaskQueue = target + "-quiet" })
	l, err := quiet.Runs(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range l.Runs {
		if r.Stale != (r.Status != contract.RunFinished) {
			t.Errorf("run %s (%s) is stale %v", r.ID, r.Status, r.Stale)
		}
	}
}
