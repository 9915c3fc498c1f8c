package temporal

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"redress/internal/contract"
)

// Begin asks the fleet to admit a run. Asking again for the same run is answered alike.
// Without a fleet the answer is no. Errors: [contract.ErrUnavailable]: whether the
// fleet admitted the run is not known then.
func (c *Client) Begin(ctx context.Context, b contract.Begin) (contract.Answer, error) {
	return c.ask(ctx, contract.BeginUpdate, "begin/"+b.RunID, b)
}

// Grant asks the fleet for one act. The key is the ID of the question, so that it is
// answered once: whoever asks later gets the answer that names the first holder.
// Errors as of [Client.Begin]: the key may have been granted.
func (c *Client) Grant(ctx context.Context, g contract.Grant) (contract.Answer, error) {
	return c.ask(ctx, contract.GrantUpdate, g.Key.String(), g)
}

// End tells the fleet that a run is over.
func (c *Client) End(ctx context.Context, e contract.End) (contract.Answer, error) {
	return c.ask(ctx, contract.EndUpdate, "end/"+e.RunID, e)
}

// Void takes a key out of use and tells whether it had been granted. Without a fleet
// nobody knows: an error that wraps [contract.ErrNotFound].
func (c *Client) Void(ctx context.Context, v contract.Void) (contract.Voided, error) {
	ctx, cancel := c.within(ctx, updateTimeout)
	defer cancel()
	var out contract.Voided
	if err := c.update(ctx, contract.VoidUpdate, v.Key.String()+"/void", v, &out); err != nil {
		if absent(err) {
			err = fmt.Errorf("%s: %w", noFleet, err)
		}
		return contract.Voided{}, fail(ctx, err, "voiding %s", v.Key)
	}
	return out, nil
}

// noFleet is what nobody may act without.
const noFleet = "the fleet workflow does not run, and nothing is done without its consent; start a worker (`redress worker`), which starts it within a minute"

func (c *Client) ask(ctx context.Context, update, id string, question any) (contract.Answer, error) {
	ctx, cancel := c.within(ctx, updateTimeout)
	defer cancel()
	var answer contract.Answer
	switch err := c.update(ctx, update, id, question, &answer); {
	case absent(err):
		return contract.Answer{Reason: noFleet}, nil
	case err != nil:
		return contract.Answer{}, fail(ctx, err, "asking the fleet (%s)", id)
	default:
		return answer, nil
	}
}

// update sends an update to the fleet and waits for its answer. It never starts the
// fleet: one that is missing refuses.
func (c *Client) update(ctx context.Context, name, id string, question, answer any) error {
	handle, err := c.sdk.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: contract.FleetID, UpdateName: name, UpdateID: id, Args: []any{question},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, answer)
}
