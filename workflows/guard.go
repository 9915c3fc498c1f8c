package workflows

import (
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// guard stops the run as refused when its condition does not hold, or cannot be told.
func (r *run) guard(ctx workflow.Context, f, inner *frame, s definitions.Step, rec *record) *end {
	g := s.Guard
	c := contract.Condition{Expr: g.Condition, Path: s.Path}
	if g.Reason != nil {
		c.Text = g.Reason.Source
	}
	holds, err := r.condition(ctx, g.Condition)
	if err == nil && holds {
		rec.ok(ctx)
		if !g.Once {
			f.add(c)
		}
		return nil
	}
	why := r.explain(ctx, g.Condition)
	if err != nil {
		why = reasonOf(err, why)
	}
	rec.refuse(ctx, why)
	if err == nil && len(g.Else) > 0 {
		c.Not = true
		if e := r.block(ctx, inner.nested(c), g.Else); e != nil {
			return e
		}
	}
	return &end{outcome: definitions.Refused, reason: r.because(ctx, g.Reason, why)}
}

// because renders the reason that a runbook gives for its end, and adds the fact that
// led there. A reason that cannot be rendered does not hide the fact.
func (r *run) because(ctx workflow.Context, reason *definitions.Text, fact string) string {
	if reason == nil {
		return fact
	}
	text := reason.Source
	if hasTemplate(text) {
		told, err := r.render(ctx, text, fact)
		if err == nil {
			text = told
		}
	}
	if fact == "" {
		return text
	}
	return text + " (" + fact + ")"
}
