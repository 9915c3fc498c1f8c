// Package worker wires the workflows and the activities of Redress into a Temporal
// worker. It decides nothing: what runs is given to it.
//
// The Temporal server in process is its sub-package embedded; this package must not
// import it, so that a build without it stays small.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"redress/activities"
	"redress/activities/plan"
	"redress/activities/round"
	"redress/internal/contract"
	"redress/workflows"
)

// stopTimeout is how long running activities may finish when the worker stops. A poll
// that is cut off is begun again elsewhere; an act is looked up.
const stopTimeout = 5 * time.Second

// Fleet admits runs and frees their targets.
type Fleet interface {
	Begin(ctx context.Context, b contract.Begin) (contract.Answer, error)
	End(ctx context.Context, e contract.End) (contract.Answer, error)
}

// Reporter holds pages back and lets them out.
type Reporter interface {
	Hold(ctx context.Context, h contract.Hold) (contract.Held, error)
	Release(ctx context.Context, r contract.Release) error
	Clear(ctx context.Context, c contract.Clear) (contract.Cleared, error)
	Watch(ctx context.Context, w contract.Watch) (contract.Watched, error)
	Status(ctx context.Context, s contract.StatusAlert) error
}

// Notifier tells people.
type Notifier interface {
	Tell(ctx context.Context, t contract.Tell) (contract.Told, error)
}

// Options says what the worker runs. All fields are required.
type Options struct {
	Client    client.Client
	TaskQueue string
	Runner    *activities.Runner
	Planner   *plan.Planner
	Round     *round.Round
	Fleet     Fleet
	Reporter  Reporter
	Notifier  Notifier
	// OnFatal is told when the worker has lost Temporal for good and does nothing any
	// more: its namespace was deleted, or its permission taken.
	OnFatal func(error)
	Log     *slog.Logger
}

func (o Options) validate() error {
	switch {
	case o.Client == nil, o.Runner == nil, o.Planner == nil, o.Round == nil, o.Fleet == nil,
		o.Reporter == nil, o.Notifier == nil, o.OnFatal == nil, o.Log == nil:
		return errors.New("worker: a part is missing from its options")
	case o.TaskQueue == "":
		return errors.New("worker: no task queue is given; set temporal.task_queue")
	}
	return nil
}

// Worker is a Temporal worker for one task queue.
type Worker struct {
	sdk sdkworker.Worker
}

// New returns a worker that does not run yet.
func New(o Options) (*Worker, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	w := sdkworker.New(o.Client, o.TaskQueue, sdkworker.Options{
		WorkerStopTimeout: stopTimeout,
		// With the two fixed pollers of the default, a run waited seconds for its first
		// task when many begin at once.
		WorkflowTaskPollerBehavior: sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{}),
		ActivityTaskPollerBehavior: sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{}),
		OnFatalError:               o.OnFatal,
	})
	for name, do := range map[string]any{
		contract.GuardianWorkflow:    workflows.Guardian,
		contract.RemediationWorkflow: workflows.Remediation,
		contract.FleetWorkflow:       workflows.Fleet,
		contract.RoundWorkflow:       workflows.Round,
	} {
		w.RegisterWorkflowWithOptions(do, workflow.RegisterOptions{Name: name})
	}
	for name, do := range map[string]any{
		contract.PlanActivity:        o.Planner.Plan,
		contract.BeginActivity:       o.Fleet.Begin,
		contract.EndActivity:         o.Fleet.End,
		contract.HoldActivity:        o.Reporter.Hold,
		contract.ReleaseActivity:     o.Reporter.Release,
		contract.ClearActivity:       o.Reporter.Clear,
		contract.WatchActivity:       o.Reporter.Watch,
		contract.StatusActivity:      o.Reporter.Status,
		contract.TellActivity:        o.Notifier.Tell,
		contract.RoundLeasesActivity: o.Round.Leases,
		contract.RoundAlertsActivity: o.Round.Alerts,
		contract.RoundClosedActivity: o.Round.Closed,
	} {
		w.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	}
	for _, b := range o.Runner.Activities() {
		w.RegisterActivityWithOptions(b.Do, activity.RegisterOptions{Name: b.Name})
	}
	return &Worker{sdk: w}, nil
}

// Start begins to take work.
func (w *Worker) Start() error {
	if err := w.sdk.Start(); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	return nil
}

// Stop takes no more work, and waits a few seconds for what runs.
func (w *Worker) Stop() { w.sdk.Stop() }
