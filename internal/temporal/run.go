package temporal

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"redress/internal/contract"
)

// Run returns a run: of a closed one the result, of a living one what its worker says,
// and without a worker the last recorded view, marked as stale.
// Errors: [contract.ErrNotFound], [contract.ErrUnavailable].
func (c *Client) Run(ctx context.Context, id string) (contract.Run, error) {
	ctx, cancel := c.within(ctx, readTimeout)
	defer cancel()
	info, err := c.describe(ctx, id, contract.RemediationWorkflow)
	if err != nil {
		return contract.Run{}, fail(ctx, err, "reading run %s", id)
	}
	var r contract.Run
	switch info.GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		if err := c.query(ctx, queryTimeout, id, contract.RunQuery, &r); err != nil {
			c.log.Debug("a run does not answer, its recorded view serves", "run_id", id, "error", err)
			r = c.view(info)
			r.Stale = true
			return r, nil
		}
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		if err := c.sdk.GetWorkflow(ctx, id, info.GetExecution().GetRunId()).Get(ctx, &r); err != nil {
			if away(err) {
				return contract.Run{}, fail(ctx, err, "reading the result of run %s", id)
			}
			c.log.Warn("the result of a run cannot be read, its recorded view serves", "run_id", id, "error", err)
			return c.view(info), nil
		}
	default:
		return c.view(info), nil
	}
	if r.ID == "" { // the workflow answered with nothing
		return c.view(info), nil
	}
	return c.complete(r), nil
}

// Guardian returns what the guardian of a target remembers, and without a worker the
// last recorded view, marked as stale. A guardian that has ended had nothing left to
// remember: its last view is what it last said.
// Errors: [contract.ErrNotFound] when no alert was ever recorded for the target, or
// so long ago that Temporal has forgotten; [contract.ErrUnavailable].
func (c *Client) Guardian(ctx context.Context, target string) (contract.Guardian, error) {
	ctx, cancel := c.within(ctx, readTimeout)
	defer cancel()
	id := contract.GuardianID(target)
	info, err := c.describe(ctx, id, contract.GuardianWorkflow)
	if err != nil {
		return contract.Guardian{}, fail(ctx, err, "reading the guardian of %s", target)
	}
	var g contract.Guardian
	running := info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	if running {
		err = c.query(ctx, queryTimeout, id, contract.StateQuery, &g)
	}
	if !running || err != nil {
		g = contract.Guardian{}
		if payload := info.GetMemo().GetFields()[contract.MemoKey]; payload != nil {
			c.decode(payload, id, &g)
		}
		g.Stale = running
	}
	g.Target = first(g.Target, target)
	g.Alerts, g.Queue, g.Runs, g.Refusals = list(g.Alerts), list(g.Queue), list(g.Runs), list(g.Refusals)
	return g, nil
}

// FleetState returns what the fleet remembers. Errors: [contract.ErrNotFound] when no
// worker has started it, [contract.ErrUnavailable] also when no worker answers for it.
func (c *Client) FleetState(ctx context.Context) (contract.FleetState, error) {
	ctx, cancel := c.within(ctx, readTimeout)
	defer cancel()
	var s contract.FleetState
	info, err := c.describe(ctx, contract.FleetID, contract.FleetWorkflow)
	if err != nil {
		return s, fail(ctx, err, "reading the fleet")
	}
	if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return s, fmt.Errorf("reading the fleet: it is closed (%s), a worker starts it: %w", info.GetStatus(), contract.ErrNotFound)
	}
	if err := c.query(ctx, readTimeout, contract.FleetID, contract.StateQuery, &s); err != nil {
		return s, fmt.Errorf("reading the fleet: no worker answers for it: %w: %w", contract.ErrUnavailable, err)
	}
	return s, nil
}

// describe returns the latest execution of a workflow of the given type.
func (c *Client) describe(ctx context.Context, id, kind string) (*workflowpb.WorkflowExecutionInfo, error) {
	d, err := c.sdk.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return nil, err
	}
	info := d.GetWorkflowExecutionInfo()
	if name := info.GetType().GetName(); name != kind {
		return nil, fmt.Errorf("%q is a %s workflow, not a %s: %w", id, name, kind, contract.ErrNotFound)
	}
	return info, nil
}

// query asks the worker that carries a workflow. A workflow whose task fails answers
// no query; that is an error like no worker.
func (c *Client) query(ctx context.Context, patience time.Duration, id, name string, to any) error {
	ctx, cancel := c.within(ctx, patience)
	defer cancel()
	answer, err := c.sdk.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{WorkflowID: id, QueryType: name})
	if err != nil {
		return err
	}
	return answer.QueryResult.Get(to)
}
