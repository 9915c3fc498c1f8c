// Package activities defines what an action is, keeps the registry of actions, and
// runs them for workflows: single calls, polls, and changes by the act protocol.
//
// The actions themselves live in one sub-package per system (redis, sentinel, …);
// sub-package all fills a registry with them. Nothing here imports workflows or
// webhook, and no action is reached but by its name.
package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// Call is what an action is called with, beside its typed input.
type Call = contract.Call

// Spec says what an action is, for runbooks, lint and the reference.
type Spec struct {
	Name    string // "<system>.<verb>", as runbooks write it
	Effect  definitions.Effect
	Summary string   // one sentence
	Doc     string   // what people should know before they use it
	Guards  []string // of a change: what it checks by itself before it changes anything
	// Timeout bounds one look: a poll of a verify, a repetition before an act, the
	// look-up of a settle. A check and an act have the time that their step gives them.
	// Default 30 s.
	Timeout time.Duration
}

// Action is one thing that runbooks can call: a value, made by [Read] or [Change].
type Action struct {
	Spec
	Input  expr.Type
	Output expr.Type

	do      func(ctx context.Context, call Call) (expr.Value, error)
	applied func(ctx context.Context, act contract.Act) (Finding, error)
	err     error // of its definition; the registry reports it
}

// Finding is the answer to "was this act applied?".
type Finding struct {
	Applied contract.Applied // yes, no or unknown
	Why     string           // what it was told from, in plain words
}

// DefaultTimeout bounds a call of an action that sets no timeout of its own.
const DefaultTimeout = 30 * time.Second

// Read defines an action that cannot change anything.
func Read[In, Out any](spec Spec, do func(ctx context.Context, call Call, in In) (Out, error)) Action {
	spec.Effect = definitions.Read
	return define(spec, do)
}

// Change defines an action that changes something. Before it writes to its system it
// must call [Sending]: an error before that means that nothing was sent, one after it
// that the outcome is unknown. Applied tells later whether such an act took effect;
// it only reads, and answers "unknown" rather than guess.
func Change[In, Out any](
	spec Spec,
	do func(ctx context.Context, call Call, in In) (Out, error),
	applied func(ctx context.Context, act contract.Act, in In) (Finding, error),
) Action {
	spec.Effect = definitions.Change
	a := define(spec, do)
	a.applied = func(ctx context.Context, act contract.Act) (Finding, error) {
		in, err := decode[In](act.With)
		if err != nil {
			return Finding{}, err
		}
		return applied(ctx, act, in)
	}
	return a
}

func define[In, Out any](spec Spec, do func(context.Context, Call, In) (Out, error)) Action {
	if spec.Timeout == 0 {
		spec.Timeout = DefaultTimeout
	}
	a := Action{Spec: spec}
	if a.Input, a.err = typeFor[In](); a.err == nil {
		a.Output, a.err = typeFor[Out]()
	}
	a.do = func(ctx context.Context, call Call) (expr.Value, error) {
		in, err := decode[In](call.With)
		if err != nil {
			return expr.Value{}, err
		}
		out, err := do(ctx, call, in)
		value, encodeErr := Encode(out)
		if err == nil {
			err = encodeErr
		}
		return value, err
	}
	return a
}

// Type returns what a runbook can know of the action.
func (a Action) Type() definitions.ActionType {
	return definitions.ActionType{
		Name: a.Name, Effect: a.Effect, Summary: a.Summary, Input: a.Input, Output: a.Output,
	}
}

// decode reads an action's input strictly: a field that the action does not know is
// an error, since whoever wrote it meant something by it.
func decode[In any](with expr.Value) (In, error) {
	var in In
	for _, path := range slices.Sorted(maps.Keys(with.Unknown)) {
		return in, Permanent(fmt.Errorf("input %s is unknown: %s", path, with.Unknown[path]))
	}
	if len(with.JSON) == 0 {
		return in, nil
	}
	d := json.NewDecoder(bytes.NewReader(with.JSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return in, Permanent(fmt.Errorf("input: %w", err))
	}
	return in, nil
}
