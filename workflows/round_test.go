package workflows_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
	"redress/workflows"
)

// Each part of the round is done, whatever becomes of the others.
func TestRound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failing []string
		want    contract.RoundDone
	}{
		"all well": {want: contract.RoundDone{
			Leases: contract.LeasesDone{Renewed: 2}, Alerts: contract.AlertsDone{Alerts: 3, Complete: true}, Closed: contract.ClosedDone{Freed: 1},
		}},
		"no Alertmanager": {failing: []string{contract.RoundLeasesActivity, contract.RoundAlertsActivity}, want: contract.RoundDone{
			Closed: contract.ClosedDone{Freed: 1}, Errors: []string{"round.leases: away", "round.alerts: away"},
		}},
		"no fleet": {failing: []string{contract.RoundClosedActivity}, want: contract.RoundDone{
			Leases: contract.LeasesDone{Renewed: 2}, Alerts: contract.AlertsDone{Alerts: 3, Complete: true}, Errors: []string{"round.closed: away"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.env.RegisterWorkflowWithOptions(workflows.Round, workflow.RegisterOptions{Name: contract.RoundWorkflow})
			part(w, contract.RoundLeasesActivity, contract.LeasesDone{Renewed: 2})
			part(w, contract.RoundAlertsActivity, contract.AlertsDone{Alerts: 3, Complete: true})
			part(w, contract.RoundClosedActivity, contract.ClosedDone{Freed: 1})
			for _, name := range c.failing {
				w.failing[name] = permanent("away")
			}
			w.env.ExecuteWorkflow(contract.RoundWorkflow)
			if err := w.env.GetWorkflowError(); err != nil {
				t.Fatal(err)
			}
			var got contract.RoundDone
			if err := w.env.GetWorkflowResult(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			want := []string{contract.RoundLeasesActivity, contract.RoundClosedActivity, contract.RoundAlertsActivity}
			if diff := cmp.Diff(want, w.called()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// A round that is cancelled says so.
func TestRoundCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.RegisterWorkflowWithOptions(workflows.Round, workflow.RegisterOptions{Name: contract.RoundWorkflow})
	part(w, contract.RoundLeasesActivity, contract.LeasesDone{})
	w.after(0, w.env.CancelWorkflow)
	w.env.ExecuteWorkflow(contract.RoundWorkflow)
	if err := w.env.GetWorkflowError(); err == nil {
		t.Error("no error")
	}
}
