package temporal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"redress/definitions"
	"redress/internal/contract"
)

// How many runs a list holds.
const (
	defaultLimit = 50
	mostLimit    = 500
)

// remediations selects every run once: the closed parts of a run that continued as
// new are left out.
const remediations = "WorkflowType = '" + contract.RemediationWorkflow + "' AND ExecutionStatus != 'ContinuedAsNew'"

// runsQuery returns the visibility query of a filter. Temporal orders its answer as we
// want it without being asked: what runs first, then the latest closed.
//
// Of the statuses it tells only finished from the others: search attributes are set
// at a run's start and end, so whether it waits stands in its view alone.
func runsQuery(f contract.RunFilter) string {
	parts := []string{remediations}
	if f.Target != "" {
		parts = append(parts, equals(contract.AttrTarget, f.Target))
	}
	if f.Runbook != "" {
		parts = append(parts, equals(contract.AttrRunbook, f.Runbook))
	}
	switch contract.RunStatus(f.Status) {
	case "":
	case contract.RunFinished:
		parts = append(parts, "ExecutionStatus != 'Running'")
	default:
		parts = append(parts, "ExecutionStatus = 'Running'")
	}
	if f.Outcome != "" {
		parts = append(parts, "ExecutionStatus != 'Running'", outcomeQuery(definitions.Outcome(f.Outcome)))
	}
	return strings.Join(parts, " AND ")
}

// outcomeQuery also finds the runs that were closed from outside before they could
// say how they ended, as [outcomeOf] calls them.
func outcomeQuery(o definitions.Outcome) string {
	said := equals(contract.AttrOutcome, string(o))
	var silent string
	switch o {
	case definitions.Failed:
		silent = "'Failed', 'TimedOut', 'Completed'"
	case definitions.Cancelled:
		silent = "'Terminated', 'Canceled'"
	default:
		return said
	}
	return fmt.Sprintf("(%s OR (%s IS NULL AND ExecutionStatus IN (%s)))", said, contract.AttrOutcome, silent)
}

// equals compares a search attribute with a value that may be anything.
func equals(attribute, value string) string {
	return attribute + " = '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}

// limit returns the number of runs that a filter asks for.
func limit(f contract.RunFilter) int {
	if f.Limit <= 0 {
		return defaultLimit
	}
	return min(f.Limit, mostLimit)
}

// tokenSum is how many bytes of a page token tell for which query it was given out.
const tokenSum = 6

// encodeToken makes a page token of Temporal's, "" of none. Temporal itself does not
// say that a token is wrong: it fails, again and again until the deadline.
func encodeToken(query string, token []byte) string {
	if len(token) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(query))
	return base64.RawURLEncoding.EncodeToString(append(sum[:tokenSum:tokenSum], token...))
}

// decodeToken takes back a page token that was given out for the same query.
func decodeToken(query, token string) ([]byte, error) {
	if token == "" {
		return nil, nil
	}
	sum := sha256.Sum256([]byte(query))
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) <= tokenSum || !bytes.Equal(b[:tokenSum], sum[:tokenSum]) {
		return nil, fmt.Errorf("reading the page token: %w", contract.ErrPageToken)
	}
	return b[tokenSum:], nil
}
