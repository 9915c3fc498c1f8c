package temporal

import (
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"redress/definitions"
	"redress/internal/contract"
)

// view returns a run as its workflow recorded it last in its memo, put right by what
// Temporal knows better: whether the workflow still runs.
func (c *Client) view(info *workflowpb.WorkflowExecutionInfo) contract.Run {
	var r contract.Run
	id := info.GetExecution().GetWorkflowId()
	if payload := info.GetMemo().GetFields()[contract.MemoKey]; payload != nil {
		if err := c.converter.FromPayload(payload, &r); err != nil {
			c.log.Warn("the recorded view of a run cannot be read", "run_id", id, "error", err)
			r = contract.Run{}
		}
	}
	r.ID = id
	r.Target = first(r.Target, c.keyword(info, contract.AttrTarget))
	r.Runbook = first(r.Runbook, c.keyword(info, contract.AttrRunbook))
	r.Mode = definitions.Mode(first(string(r.Mode), c.keyword(info, contract.AttrMode)))
	if r.StartedAt == nil && info.GetStartTime() != nil {
		at := info.GetStartTime().AsTime()
		r.StartedAt = &at
	}
	if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		if r.Status == "" {
			r.Status = contract.RunRunning
		}
		return c.complete(r)
	}
	r.Status = contract.RunFinished
	if r.FinishedAt == nil && info.GetCloseTime() != nil {
		at := info.GetCloseTime().AsTime()
		r.FinishedAt = &at
	}
	if r.Outcome == "" {
		r.Outcome, r.Reason = outcomeOf(info.GetStatus())
	}
	return c.complete(r)
}

// outcomeOf calls the end of a workflow that recorded none by our words.
func outcomeOf(s enumspb.WorkflowExecutionStatus) (definitions.Outcome, string) {
	switch s {
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return definitions.Cancelled, "the run was terminated in Temporal; what it had begun was not cleaned up"
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return definitions.Cancelled, "the run was cancelled in Temporal"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return definitions.Failed, "the run timed out in Temporal"
	default:
		return definitions.Failed, fmt.Sprintf("the run ended as %q in Temporal and recorded no outcome", s)
	}
}

// keyword returns a search attribute of a workflow, "" when it has none.
func (c *Client) keyword(info *workflowpb.WorkflowExecutionInfo, name string) string {
	var s string
	if payload := info.GetSearchAttributes().GetIndexedFields()[name]; payload != nil {
		c.decode(payload, name, &s)
	}
	return s
}

func (c *Client) decode(payload *commonpb.Payload, name string, to any) {
	if err := c.converter.FromPayload(payload, to); err != nil {
		c.log.Warn("a recorded value cannot be read", "name", name, "error", err)
	}
}

// complete fills in what a workflow cannot know and gives lists where the API
// promises lists.
func (c *Client) complete(r contract.Run) contract.Run {
	if url := c.RunURL(r.ID); url != "" {
		r.URL = url
	}
	r.Alerts = list(r.Alerts)
	r.Steps = list(r.Steps)
	r.Acts = list(r.Acts)
	r.Silences = list(r.Silences)
	r.Notifications = list(r.Notifications)
	r.Told = list(r.Told)
	return r
}

// list returns an empty list for none.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
