package temporal

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"redress/internal/contract"
)

// pollerAge is how long ago a worker may have asked for work and still count as up:
// it asks at least once a minute.
const pollerAge = 90 * time.Second

// Runs returns the runs that a filter selects, what runs first, then the latest
// closed, as brief views. Running ones are stale when no worker is up. A page may hold
// less than the limit although there are more: only an empty NextPageToken ends the list.
//
// Visibility lags behind: a run appears some tens of milliseconds after it began, so
// that a list is for finding runs; whether a certain one is over, [Client.Open] tells.
// Errors: [contract.ErrPageToken], [contract.ErrUnavailable].
func (c *Client) Runs(ctx context.Context, f contract.RunFilter) (contract.RunList, error) {
	ctx, cancel := c.within(ctx, readTimeout)
	defer cancel()
	query := runsQuery(f)
	token, err := decodeToken(query, f.PageToken)
	if err != nil {
		return contract.RunList{}, err
	}
	out := contract.RunList{Runs: []contract.Run{}}
	most := limit(f)
	for {
		infos, next, err := c.list(ctx, query, most-len(out.Runs), token)
		if err != nil {
			return contract.RunList{}, fail(ctx, err, "listing runs")
		}
		for _, info := range infos {
			r := c.view(info)
			if f.Status == "" || string(r.Status) == f.Status {
				out.Runs = append(out.Runs, r)
			}
		}
		token = next
		if len(token) == 0 || len(out.Runs) >= most {
			break
		}
	}
	out.NextPageToken = encodeToken(query, token)
	c.markStale(ctx, out.Runs)
	return out, nil
}

// list returns one page of workflows.
func (c *Client) list(ctx context.Context, query string, size int, token []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
	page, err := c.sdk.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.namespace, Query: query, PageSize: int32(size), NextPageToken: token,
	})
	if err != nil {
		return nil, nil, err
	}
	return page.GetExecutions(), page.GetNextPageToken(), nil
}

// markStale marks the runs that no worker carries on at the moment.
func (c *Client) markStale(ctx context.Context, runs []contract.Run) {
	up := true
	for i := range runs {
		if runs[i].Status == contract.RunFinished {
			continue
		}
		if i == 0 { // running ones come first
			up = c.workerUp(ctx)
		}
		runs[i].Stale = !up
	}
}

// workerUp reports whether a worker asked for work lately. When Temporal does not
// say, there is none that we know of.
func (c *Client) workerUp(ctx context.Context) bool {
	d, err := c.sdk.DescribeTaskQueue(ctx, c.taskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		c.log.Warn("whether a worker is up cannot be told", "task_queue", c.taskQueue, "error", err)
		return false
	}
	for _, p := range d.GetPollers() {
		if time.Since(p.GetLastAccessTime().AsTime()) < pollerAge {
			return true
		}
	}
	return false
}
