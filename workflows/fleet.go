package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
)

// fleetLife is how long the fleet runs before it continues as new, so that no old
// code of it has to live on.
const fleetLife = 24 * time.Hour

// fleetUpdates is how many updates the fleet answers before it continues as new;
// Temporal allows 2,000 for one run.
const fleetUpdates = 1000

type fleet struct {
	state   contract.FleetState
	updates int
}

// Fleet arbitrates what all targets share: one active run per target, and each act
// granted once. Its answers are immediate; its memory travels over continue-as-new.
func Fleet(ctx workflow.Context, in contract.FleetInput) error {
	f := &fleet{state: in.State}
	if f.state.Runs == nil {
		f.state.Runs = map[string]contract.FleetRun{}
	}
	if err := f.handle(ctx); err != nil {
		return err
	}
	old := workflow.NewTimer(ctx, fleetLife)
	err := workflow.Await(ctx, func() bool {
		return f.updates >= fleetUpdates || old.IsReady() || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
	})
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	return workflow.NewContinueAsNewError(ctx, contract.FleetWorkflow, contract.FleetInput{State: f.state})
}

func (f *fleet) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandler(ctx, contract.StateQuery, func() (contract.FleetState, error) { return f.state, nil })
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	for _, h := range []struct {
		name string
		do   any
	}{
		{contract.BeginUpdate, f.begin},
		{contract.GrantUpdate, f.grant},
		{contract.VoidUpdate, f.void},
		{contract.EndUpdate, f.end},
	} {
		if err := workflow.SetUpdateHandler(ctx, h.name, h.do); err != nil {
			return fmt.Errorf("fleet: %w", err)
		}
	}
	return nil
}

// begin admits a run, unless another one is active on its target.
func (f *fleet) begin(ctx workflow.Context, b contract.Begin) (contract.Answer, error) {
	f.updates++
	active, taken := f.state.Runs[b.Target]
	switch {
	case taken && active.RunID == b.RunID:
		return contract.Answer{OK: true}, nil
	case taken:
		return contract.Answer{Reason: fmt.Sprintf("run %s is active on %s", active.RunID, b.Target)}, nil
	}
	f.state.Runs[b.Target] = contract.FleetRun{
		RunID: b.RunID, BegunAt: workflow.Now(ctx).UTC(), Keys: map[string]contract.FleetGrant{},
	}
	return contract.Answer{OK: true}, nil
}

// grant gives out a key once. A repeated question gets the first holder's name, so
// that whoever asks can tell that the grant is not theirs.
func (f *fleet) grant(ctx workflow.Context, g contract.Grant) (contract.Answer, error) {
	f.updates++
	run, active := f.state.Runs[g.Target]
	if !active || run.RunID != g.Key.RunID {
		return contract.Answer{Reason: fmt.Sprintf("run %s is not active on %s", g.Key.RunID, g.Target)}, nil
	}
	key := g.Key.String()
	switch known, asked := run.Keys[key]; {
	case known.Void:
		return contract.Answer{Reason: "the act was taken out of use"}, nil
	case asked:
		return contract.Answer{OK: true, Holder: known.Holder}, nil
	case f.state.Paused != "":
		return contract.Answer{Reason: "all acts are paused: " + f.state.Paused}, nil
	}
	if run.Keys == nil {
		run.Keys = map[string]contract.FleetGrant{}
		f.state.Runs[g.Target] = run
	}
	run.Keys[key] = contract.FleetGrant{Holder: g.Holder, At: workflow.Now(ctx).UTC()}
	return contract.Answer{OK: true, Holder: g.Holder}, nil
}

// void takes a key out of use, and tells whether it had been granted.
func (f *fleet) void(ctx workflow.Context, v contract.Void) (contract.Voided, error) {
	f.updates++
	now := workflow.Now(ctx).UTC()
	run, active := f.state.Runs[v.Target]
	if !active || run.RunID != v.Key.RunID {
		// Keys are dropped with their run. This one is not granted any more, but whether
		// it ever was is forgotten: then it counts as granted, and is looked up.
		return contract.Voided{Granted: true, GrantedAt: now, Now: now}, nil
	}
	if run.Keys == nil {
		run.Keys = map[string]contract.FleetGrant{}
		f.state.Runs[v.Target] = run
	}
	key := v.Key.String()
	known := run.Keys[key]
	if known.Holder == "" {
		known.At = now
	}
	known.Void = true
	run.Keys[key] = known
	if known.Holder == "" {
		return contract.Voided{Now: now}, nil
	}
	return contract.Voided{Granted: true, GrantedAt: known.At, Now: now}, nil
}

// end frees the target, if the run that ends is its active one.
func (f *fleet) end(_ workflow.Context, e contract.End) (contract.Answer, error) {
	f.updates++
	if f.state.Runs[e.Target].RunID == e.RunID {
		delete(f.state.Runs, e.Target)
	}
	return contract.Answer{OK: true}, nil
}
