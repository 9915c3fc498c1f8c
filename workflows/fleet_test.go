package workflows_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
	"redress/workflows"
)

// asked is one update of the fleet and its answer.
type asked struct {
	update string
	arg    any
	want   any // Answer or Voided; the time of a grant is not compared
}

// updated takes the answer of an update.
type updated struct {
	t    *testing.T
	what string
	want any
	done *int
}

func (u updated) Accept()          {}
func (u updated) Reject(err error) { u.t.Errorf("%s was rejected: %v", u.what, err) }
func (u updated) Complete(got any, err error) {
	*u.done++
	if err != nil {
		u.t.Errorf("%s: %v", u.what, err)
		return
	}
	if v, ok := got.(contract.Voided); ok && (v.Granted == v.GrantedAt.IsZero() || v.Now.IsZero() || v.Now.Before(v.GrantedAt)) {
		u.t.Errorf("%s: granted at %s, answered at %s", u.what, v.GrantedAt, v.Now)
	}
	if diff := cmp.Diff(u.want, got, cmpopts.IgnoreFields(contract.Voided{}, "GrantedAt", "Now")); diff != "" {
		u.t.Errorf("%s (-want +got):\n%s", u.what, diff)
	}
}

// fleet runs the fleet for a day, asks it one thing after the other, and returns with
// what it continues as new.
func fleet(t *testing.T, state contract.FleetState, questions ...asked) contract.FleetState {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(t0)
	env.RegisterWorkflowWithOptions(workflows.Fleet, workflow.RegisterOptions{Name: contract.FleetWorkflow})
	done := 0
	var ask func(i int)
	ask = func(i int) {
		if i == len(questions) {
			return
		}
		q := questions[i]
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(q.update, fmt.Sprint(i), updated{t, fmt.Sprintf("%d: %s", i, q.update), q.want, &done}, q.arg)
			ask(i + 1)
		}, time.Second)
	}
	ask(0)
	env.ExecuteWorkflow(contract.FleetWorkflow, contract.FleetInput{State: state})
	var next *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &next) {
		t.Fatalf("the fleet ended with %v", err)
	}
	if done != len(questions) {
		t.Errorf("%d of %d questions were answered", done, len(questions))
	}
	var in contract.FleetInput
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
		t.Fatal(err)
	}
	return in.State
}

func key(run string, try int) contract.ActKey {
	return contract.ActKey{RunID: run, Path: "fix", Try: try}
}

func grantOf(run string, try int, holder string) contract.Grant {
	return contract.Grant{Key: key(run, try), Target: target, Action: "probe.fix", Holder: holder}
}

func begin(run string) contract.Begin { return contract.Begin{RunID: run, Target: target} }
func end(run string) contract.End     { return contract.End{RunID: run, Target: target} }

func void(run string, try int) contract.Void {
	return contract.Void{Key: key(run, try), Target: target}
}

var (
	ok     = contract.Answer{OK: true}
	toHer  = contract.Answer{OK: true, Holder: "ana"}
	active = contract.Answer{Reason: "run r1 is active on cache-prod"}
	noRun  = contract.Answer{Reason: "run r2 is not active on cache-prod"}
	unused = contract.Answer{Reason: "the act was taken out of use"}
)

func TestFleet(t *testing.T) {
	t.Parallel()
	for name, questions := range map[string][]asked{
		"one run per target": {
			{contract.BeginUpdate, begin("r1"), ok},
			{contract.BeginUpdate, begin("r1"), ok}, // asked again
			{contract.BeginUpdate, begin("r2"), active},
			{contract.BeginUpdate, contract.Begin{RunID: "r2", Target: "other"}, ok},
			{contract.EndUpdate, end("r2"), ok}, // not its target
			{contract.BeginUpdate, begin("r2"), active},
			{contract.EndUpdate, end("r1"), ok},
			{contract.EndUpdate, end("r1"), ok},
			{contract.BeginUpdate, begin("r2"), ok},
		},
		"a key is granted once": {
			{contract.GrantUpdate, grantOf("r1", 1, "ana"), contract.Answer{Reason: "run r1 is not active on cache-prod"}},
			{contract.BeginUpdate, begin("r1"), ok},
			{contract.GrantUpdate, grantOf("r2", 1, "ana"), noRun},
			{contract.GrantUpdate, grantOf("r1", 1, "ana"), toHer},
			{contract.GrantUpdate, grantOf("r1", 1, "ana"), toHer},
			{contract.GrantUpdate, grantOf("r1", 1, "bob"), toHer}, // who sees that it is not his
			{contract.GrantUpdate, grantOf("r1", 2, "bob"), contract.Answer{OK: true, Holder: "bob"}},
			{contract.EndUpdate, end("r1"), ok},
			{contract.GrantUpdate, grantOf("r1", 3, "ana"), contract.Answer{Reason: "run r1 is not active on cache-prod"}},
		},
		"void before the grant": {
			{contract.BeginUpdate, begin("r1"), ok},
			{contract.VoidUpdate, void("r1", 1), contract.Voided{}},
			{contract.VoidUpdate, void("r1", 1), contract.Voided{}},
			{contract.GrantUpdate, grantOf("r1", 1, "ana"), unused},
			{contract.VoidUpdate, void("r1", 1), contract.Voided{}},
			{contract.GrantUpdate, grantOf("r1", 2, "ana"), toHer},
		},
		"void after the grant": {
			{contract.BeginUpdate, begin("r1"), ok},
			{contract.GrantUpdate, grantOf("r1", 1, "ana"), toHer},
			{contract.VoidUpdate, void("r1", 1), contract.Voided{Granted: true}},
			{contract.VoidUpdate, void("r1", 1), contract.Voided{Granted: true}},
			{contract.GrantUpdate, grantOf("r1", 1, "ana"), unused},
		},
		"void of a forgotten run": {
			{contract.VoidUpdate, void("r1", 1), contract.Voided{Granted: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleet(t, contract.FleetState{}, questions...)
		})
	}
}

// Paused, the fleet grants nothing new; what was granted stays granted.
func TestFleetPaused(t *testing.T) {
	t.Parallel()
	state := fleet(t, contract.FleetState{},
		asked{contract.BeginUpdate, begin("r1"), ok},
		asked{contract.GrantUpdate, grantOf("r1", 1, "ana"), toHer})
	state.Paused = "maintenance"
	fleet(t, state,
		asked{contract.BeginUpdate, begin("r1"), ok},
		asked{contract.GrantUpdate, grantOf("r1", 1, "ana"), toHer},
		asked{contract.GrantUpdate, grantOf("r1", 2, "ana"), contract.Answer{Reason: "all acts are paused: maintenance"}},
		asked{contract.VoidUpdate, void("r1", 2), contract.Voided{}},
		asked{contract.EndUpdate, end("r1"), ok})
}

// Grants and voids outlive the fleet's execution.
func TestFleetContinuesAsNew(t *testing.T) {
	t.Parallel()
	state := fleet(t, contract.FleetState{},
		asked{contract.BeginUpdate, begin("r1"), ok},
		asked{contract.GrantUpdate, grantOf("r1", 1, "ana"), toHer},
		asked{contract.VoidUpdate, void("r1", 2), contract.Voided{}},
		asked{contract.GrantUpdate, grantOf("r1", 3, "ana"), toHer},
		asked{contract.VoidUpdate, void("r1", 3), contract.Voided{Granted: true}})
	granted := state.Runs[target].Keys[key("r1", 1).String()].At
	if !granted.Equal(t0.Add(2 * time.Second)) {
		t.Errorf("granted at %s", granted)
	}
	fleet(t, state,
		asked{contract.BeginUpdate, begin("r2"), active},
		asked{contract.GrantUpdate, grantOf("r1", 1, "bob"), toHer},
		asked{contract.GrantUpdate, grantOf("r1", 2, "bob"), unused},
		asked{contract.GrantUpdate, grantOf("r1", 3, "bob"), unused})
}

// Temporal allows an execution 2,000 updates: the fleet continues as new long before.
func TestFleetManyUpdates(t *testing.T) {
	t.Parallel()
	var questions []asked
	for range 1000 {
		questions = append(questions, asked{contract.BeginUpdate, begin("r1"), ok})
	}
	state := fleet(t, contract.FleetState{}, questions...)
	if got := state.Runs[target]; got.RunID != "r1" || !got.BegunAt.Equal(t0.Add(time.Second)) {
		t.Errorf("state %+v", state)
	}
}
