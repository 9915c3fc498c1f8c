package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"redress/internal/contract"
)

const (
	// roundEvery is how often the round goes. Lease silences last three of them.
	roundEvery = time.Minute
	// roundCatchUp is how late a round may begin. Rounds that were missed need no
	// making up: the next one sees all that they would have. 10 s is Temporal's least.
	roundCatchUp = 10 * time.Second
	// roundTimeout ends a round that is stuck: rounds do not overlap, so that it would
	// keep all later ones from beginning. Its parts take 135 s at most.
	roundTimeout = 3 * time.Minute
)

// Ensure starts what runs once per namespace: the fleet and the schedule of the
// round. Every worker calls it at boot; all calls but the first change nothing, except
// that the schedule is brought up to date. Errors: [contract.ErrUnavailable].
func (c *Client) Ensure(ctx context.Context) error {
	ctx, cancel := c.within(ctx, ensureTimeout)
	defer cancel()
	if err := c.EnsureFleet(ctx); err != nil {
		return err
	}
	return fail(ctx, c.ensureRound(ctx), "scheduling the round")
}

// EnsureFleet starts the fleet where it does not run.
//
// A fleet whose predecessor was closed from outside starts paused: with the
// predecessor went the record of what had been granted, and a person has to say that
// nothing is in flight. Errors: [contract.ErrUnavailable].
func (c *Client) EnsureFleet(ctx context.Context) error {
	ctx, cancel := c.within(ctx, ensureTimeout)
	defer cancel()
	return fail(ctx, c.ensureFleet(ctx), "starting the fleet")
}

func (c *Client) ensureFleet(ctx context.Context) error {
	state := contract.FleetState{Runs: map[string]contract.FleetRun{}}
	info, err := c.describe(ctx, contract.FleetID, contract.FleetWorkflow)
	switch {
	case absent(err):
	case err != nil:
		return err
	case info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return nil
	default:
		state.Paused = c.pausedBecause(info.GetStatus(), info.GetCloseTime().AsTime())
		c.log.Warn("the fleet starts paused", "reason", state.Paused)
	}
	_, err = c.sdk.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       contract.FleetID,
		TaskQueue:                c.taskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Fleet: admits runs and grants acts",
		StaticDetails:            "One for all targets. While it is paused or does not run, nothing is changed anywhere.",
	}, contract.FleetWorkflow, contract.FleetInput{State: state})
	return err
}

func (c *Client) pausedBecause(s enumspb.WorkflowExecutionStatus, at time.Time) string {
	return fmt.Sprintf("the fleet workflow before this one was closed (%s) at %s, and its record of granted acts ended with it; "+
		"look whether an act is still in flight, then type: "+
		"temporal workflow terminate --namespace %s --workflow-id %s && "+
		"temporal workflow start --namespace %s --workflow-id %s --type %s --task-queue %s --input '{\"state\":{\"runs\":{}}}'",
		s, at.UTC().Format(time.RFC3339),
		c.namespace, contract.FleetID, c.namespace, contract.FleetID, contract.FleetWorkflow, c.taskQueue)
}

func (c *Client) ensureRound(ctx context.Context) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: roundEvery}}}
	action := &client.ScheduleWorkflowAction{
		ID:            contract.RoundID, // Temporal appends the time
		Workflow:      contract.RoundWorkflow,
		TaskQueue:     c.taskQueue,
		StaticSummary: "Round: leases, alerts that nobody reported, runs that are over",

		WorkflowRunTimeout: roundTimeout,
	}
	_, err := c.sdk.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: contract.RoundID, Spec: spec, Action: action,
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: roundCatchUp,
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	// A person's pause and note are kept: they are part of the state.
	return c.sdk.ScheduleClient().GetHandle(ctx, contract.RoundID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := in.Description.Schedule
			s.Spec, s.Action = &spec, action
			s.Policy = &client.SchedulePolicies{
				Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: roundCatchUp,
			}
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	})
}
