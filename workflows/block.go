package workflows

import (
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// frame is what a nested block inherits: the conditions that led to it. An act below
// evaluates all of them again on fresh data.
type frame struct {
	conditions []contract.Condition
}

// nested returns the frame of a block inside this one.
func (f *frame) nested(more ...contract.Condition) *frame {
	return &frame{conditions: append(slices.Clone(f.conditions), more...)}
}

// add makes a condition part of the path to the steps that follow in this block.
func (f *frame) add(c contract.Condition) { f.conditions = append(f.conditions, c) }

// block executes the steps of a nested block.
func (r *run) block(ctx workflow.Context, f *frame, steps []definitions.Step) *end {
	for _, s := range steps {
		if e := r.step(ctx, f, s); e != nil {
			return e
		}
	}
	return nil
}

// step executes one step: `if` is decided here for every kind.
func (r *run) step(ctx workflow.Context, f *frame, s definitions.Step) *end {
	if ctx.Err() != nil {
		return r.interrupted()
	}
	rec := r.record(ctx, s)
	inner := f
	if s.If != nil {
		goes, err := r.condition(ctx, *s.If)
		if err != nil {
			why := r.explain(ctx, *s.If)
			rec.refuse(ctx, why)
			return &end{outcome: definitions.Refused, reason: fmt.Sprintf("%s: if: %s", s.Path, reasonOf(err, why))}
		}
		if !goes {
			r.skip(ctx, f, s, rec, r.explain(ctx, *s.If))
			return nil
		}
		inner = f.nested(contract.Condition{Expr: *s.If, Path: s.Path})
	}
	switch s.Kind {
	case definitions.KindCheck:
		return r.check(ctx, s, rec)
	case definitions.KindGuard:
		return r.guard(ctx, f, inner, s, rec)
	case definitions.KindAct:
		return r.act(ctx, inner, s, rec)
	case definitions.KindVerify:
		return r.verify(ctx, inner, s, rec)
	case definitions.KindNotify:
		return r.notify(ctx, s, rec)
	case definitions.KindEscalate:
		return r.escalate(ctx, s, rec)
	case definitions.KindStop:
		return r.stopStep(ctx, s, rec)
	}
	rec.fail(ctx, "this worker does not know the step")
	return &end{outcome: definitions.Failed, reason: fmt.Sprintf("%s: this worker does not know steps of kind %q: upgrade it", s.Path, s.Kind)}
}

// skip notes a step whose `if` did not hold. Its result is unknown from here on. That
// a guard did not apply, or that the run did not end here, is part of the path to
// every act that follows: it must still be so when the act is done.
func (r *run) skip(ctx workflow.Context, f *frame, s definitions.Step, rec *record, why string) {
	rec.skip(ctx, why)
	if t, ok := r.outputOf(s); ok {
		r.scope.set(s.Name, t, expr.Value{Unknown: map[string]string{"": fmt.Sprintf("step %s was skipped", s.Name)}})
	}
	switch s.Kind {
	case definitions.KindGuard, definitions.KindStop, definitions.KindEscalate:
		f.add(contract.Condition{Expr: *s.If, Path: s.Path, Not: true})
	default:
	}
}

// outputOf returns the type of a step's result, for steps that have one.
func (r *run) outputOf(s definitions.Step) (expr.Type, bool) {
	call, ok := callOf(s)
	if !ok {
		return expr.Type{}, false
	}
	return r.output(call.Action)
}

// output returns the type of an action's result, without its documentation: it stands in
// every message about the action, and so in the history.
func (r *run) output(action string) (expr.Type, bool) {
	a, ok := r.in.Pinned.Action(action)
	return undocumented(a.Output), ok
}

func undocumented(t expr.Type) expr.Type {
	if t.Elem != nil {
		elem := undocumented(*t.Elem)
		t.Elem = &elem
	}
	t.Fields = slices.Clone(t.Fields)
	for i, f := range t.Fields {
		t.Fields[i].Doc, t.Fields[i].Type = "", undocumented(f.Type)
	}
	return t
}

func callOf(s definitions.Step) (definitions.Call, bool) {
	switch s.Kind {
	case definitions.KindCheck:
		return s.Check.Call, true
	case definitions.KindAct:
		return s.Act.Call, true
	case definitions.KindVerify:
		return s.Verify.Call, true
	default:
		return definitions.Call{}, false
	}
}

// reasonOf prefers the explanation of an unknown fact to the bare error.
func reasonOf(err error, explained string) string {
	var u *expr.UnknownError
	if errors.As(err, &u) && explained != "" {
		return explained
	}
	return err.Error()
}
