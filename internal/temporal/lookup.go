package temporal

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"

	"redress/internal/contract"
)

// Open reports whether the workflow of a run is open. Unlike a list it does not lag:
// it asks for the workflow itself. One that Temporal has forgotten is not open.
func (c *Client) Open(ctx context.Context, runID string) (bool, error) {
	ctx, cancel := c.within(ctx, readTimeout)
	defer cancel()
	info, err := c.describe(ctx, runID, contract.RemediationWorkflow)
	switch {
	case absent(err), errors.Is(err, contract.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fail(ctx, err, "looking at run %s", runID)
	}
	return info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// Guardians lists the targets whose guardian runs. The list lags a little.
func (c *Client) Guardians(ctx context.Context) ([]string, error) {
	ctx, cancel := c.within(ctx, readTimeout)
	defer cancel()
	const query = "WorkflowType = '" + contract.GuardianWorkflow + "' AND ExecutionStatus = 'Running'"
	var names []string
	var token []byte
	for {
		infos, next, err := c.list(ctx, query, mostLimit, token)
		if err != nil {
			return nil, fail(ctx, err, "listing the guardians that run")
		}
		for _, info := range infos {
			if name, ok := contract.TargetOfGuardian(info.GetExecution().GetWorkflowId()); ok {
				names = append(names, name)
			}
		}
		if token = next; len(token) == 0 {
			return names, nil
		}
	}
}
