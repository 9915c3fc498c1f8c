package temporal

import (
	"context"
	"maps"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"redress/internal/contract"
)

// Record hands a notification to the guardian of a target and starts the guardian
// when it does not run. It is durable when Record returns nil, also without a worker.
// Recording the same notification again does no harm: guardians fold it.
//
// A large notification goes out in several signals with the same header; after an
// error some of them may have been recorded. Errors: [contract.ErrUnavailable],
// [contract.ErrTooLarge].
func (c *Client) Record(ctx context.Context, target contract.TargetRef, n contract.Notification) error {
	ctx, cancel := c.within(ctx, recordTimeout)
	defer cancel()
	alerts := n.Alerts
	n.Alerts = nil
	header, err := jsonSize(n)
	if err != nil {
		return fail(ctx, err, "recording a notification for target %s", target.Name)
	}
	parts, cut, err := divide(alerts, header)
	if err != nil {
		return fail(ctx, err, "recording a notification for target %s", target.Name)
	}
	if cut > 0 {
		c.log.Warn("annotations were cut", "target", target.Name, "alerts", cut, "group_key", n.GroupKey)
	}
	for i, part := range parts {
		n.Alerts = part
		if err := c.signalGuardian(ctx, target, contract.NotificationSignal, n); err != nil {
			if len(parts) == 1 {
				return fail(ctx, err, "telling its guardian")
			}
			return fail(ctx, err, "telling its guardian part %d of %d", i+1, len(parts))
		}
	}
	return nil
}

// Sight tells the guardian of a target what the round saw. With a firing alert the
// guardian is started when it does not run: the alert may be news. Without one, a
// guardian that does not run has nothing to be told.
//
// A sighting that does not fit into one signal is told in parts that are not
// complete, because each of them lacks alerts that others list.
func (c *Client) Sight(ctx context.Context, target contract.TargetRef, s contract.Sighting) error {
	ctx, cancel := c.within(ctx, recordTimeout)
	defer cancel()
	size, err := jsonSize(s)
	if err != nil {
		return fail(ctx, err, "telling the guardian of %s what was seen", target.Name)
	}
	parts := [][]contract.Alert{s.Alerts}
	if size > signalMost {
		header := s
		header.Alerts = nil
		if size, err = jsonSize(header); err != nil {
			return fail(ctx, err, "telling the guardian of %s what was seen", target.Name)
		}
		if parts, _, err = divide(s.Alerts, size); err != nil {
			return fail(ctx, err, "telling the guardian of %s what was seen", target.Name)
		}
		s.Complete = s.Complete && len(parts) == 1
		c.log.Warn("a sighting is told in parts, what it does not list is not taken for gone",
			"target", target.Name, "alerts", len(s.Alerts), "parts", len(parts))
	}
	for _, part := range parts {
		s.Alerts = part
		if slices.ContainsFunc(part, contract.Alert.Firing) {
			err = c.signalGuardian(ctx, target, contract.SightingSignal, s)
		} else {
			err = c.tellGuardian(ctx, target.Name, contract.SightingSignal, s)
		}
		if err != nil {
			return fail(ctx, err, "telling the guardian of %s what was seen", target.Name)
		}
	}
	return nil
}

// Finished tells the guardian of a target that a run is over, in place of the run
// itself. A guardian that does not run does not wait for it.
func (c *Client) Finished(ctx context.Context, target string, f contract.Finished) error {
	ctx, cancel := c.within(ctx, recordTimeout)
	defer cancel()
	err := c.tellGuardian(ctx, target, contract.FinishedSignal, f)
	return fail(ctx, err, "telling the guardian of %s that run %s is over", target, f.RunID)
}

// signalGuardian signals a guardian and starts it first when it does not run.
func (c *Client) signalGuardian(ctx context.Context, target contract.TargetRef, signal string, message any) error {
	options := client.StartWorkflowOptions{
		TaskQueue:                c.taskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            summary("Guardian of " + target.Name),
		StaticDetails:            "Keeps the alerts about this target, starts one run at a time, and passes on what it hears.",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(contract.AttrTarget).ValueSet(target.Name),
		),
	}
	_, err := c.sdk.SignalWithStartWorkflow(ctx, contract.GuardianID(target.Name), signal, message,
		options, contract.GuardianWorkflow, contract.GuardianInput{Target: target})
	return err
}

// tellGuardian signals a guardian that runs; one that does not is no error.
func (c *Client) tellGuardian(ctx context.Context, target, signal string, message any) error {
	err := c.sdk.SignalWorkflow(ctx, contract.GuardianID(target), "", signal, message)
	if absent(err) {
		return nil
	}
	return err
}

// summary keeps a text inside the 200 bytes that Temporal takes as a summary.
func summary(s string) string {
	const most = 200
	if len(s) > most {
		s = wholeRunes(s[:most])
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
