package workflows_test

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"redress/definitions"
	"redress/internal/contract"
)

// book parses a runbook of a test.
func book(t *testing.T, yaml string) definitions.Pinned {
	t.Helper()
	r, problems := definitions.Parse("test.yaml", []byte(yaml))
	if problems.Failed() {
		t.Fatalf("runbook: %v", problems)
	}
	pinned, err := definitions.Pin(*r, actionTypes())
	if err != nil {
		t.Fatal(err)
	}
	return pinned
}

// input is the input of a run of the runbook for one alert.
func input(t *testing.T, yaml string) contract.RemediationInput {
	t.Helper()
	p := book(t, yaml)
	return contract.RemediationInput{
		RunID: contract.RunID(target, p.Runbook.Name, t0), Pinned: p, Mode: definitions.Auto, Trigger: "alert",
		Target: contract.TargetRef{Name: target, Labels: map[string]string{"env": "prod"}},
		Alerts: []contract.Alert{alert("a1", "RedisDown")}, Receiver: "oncall", HoldPage: definitions.Duration(5 * time.Minute),
	}
}

func alert(fingerprint, name string) contract.Alert {
	return contract.Alert{
		Fingerprint: fingerprint, Status: contract.Firing, StartsAt: t0.Add(-time.Minute),
		Labels: map[string]string{"alertname": name, "severity": "critical", "instance": fingerprint},
	}
}

// permanent is an error that no repetition mends.
func permanent(message string) error {
	return temporal.NewNonRetryableApplicationError(message, "permanent", errors.New(message))
}
