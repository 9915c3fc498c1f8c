package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// record is the entry of one step in the run's view.
type record struct {
	r     *run
	index int
}

// record begins the entry of a step.
func (r *run) record(ctx workflow.Context, s definitions.Step) *record {
	now := workflow.Now(ctx).UTC()
	call, _ := callOf(s)
	r.view.Steps = append(r.view.Steps, contract.RunStep{
		Path: s.Path, Name: s.Name, Title: s.Title, Kind: s.Kind, Action: call.Action,
		Status: contract.StepRunning, StartedAt: &now, Attempts: 1,
	})
	r.show(ctx)
	return &record{r: r, index: len(r.view.Steps) - 1}
}

func (rec *record) step() *contract.RunStep { return &rec.r.view.Steps[rec.index] }

func (rec *record) end(ctx workflow.Context, status contract.StepStatus, why string) {
	now := workflow.Now(ctx).UTC()
	s := rec.step()
	s.Status, s.Error, s.FinishedAt = status, why, &now
	rec.r.show(ctx)
}

func (rec *record) ok(ctx workflow.Context)               { rec.end(ctx, contract.StepDone, "") }
func (rec *record) fail(ctx workflow.Context, why string) { rec.end(ctx, contract.StepFailed, why) }

func (rec *record) refuse(ctx workflow.Context, why string) { rec.end(ctx, contract.StepRefused, why) }

func (rec *record) skip(ctx workflow.Context, why string) { rec.end(ctx, contract.StepSkipped, why) }

func (rec *record) done(ctx workflow.Context, v expr.Value) {
	rec.step().Result, rec.step().Unknown = v.JSON, v.Unknown
	rec.ok(ctx)
}

// polled notes how a verify ended. One that did not hold counts as failed, even where
// its `else` takes over.
func (rec *record) polled(ctx workflow.Context, p contract.Polled) {
	rec.step().Result, rec.step().Unknown, rec.step().Held = p.Value.JSON, p.Value.Unknown, &p.Held
	if p.Held {
		rec.ok(ctx)
		return
	}
	rec.fail(ctx, p.Why)
}

// show writes the checklist that the Temporal UI displays while the run lives. It
// costs no history.
func (r *run) show(ctx workflow.Context) {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", heading(r.view))
	for _, a := range r.view.Alerts {
		mark := "firing since " + a.StartsAt.UTC().Format("15:04:05")
		if a.Resolved {
			mark = "resolved"
		}
		fmt.Fprintf(&b, "- **%s** %s\n", a.Labels["alertname"], mark)
	}
	b.WriteString("\n")
	for _, s := range r.view.Steps {
		fmt.Fprintf(&b, "- [%s] `%s` %s%s\n", tick(s), s.Path, words(s), detail(s))
	}
	if r.view.Reason != "" {
		fmt.Fprintf(&b, "\n%s\n", r.view.Reason)
	}
	const limit = 18_000 // Temporal takes details of up to 20 KB
	workflow.SetCurrentDetails(ctx, clip(b.String(), limit))
}

func heading(v contract.Run) string {
	state := string(v.Status)
	if v.Outcome != "" {
		state = string(v.Outcome)
	}
	return fmt.Sprintf("%s on %s: %s (mode %s)", v.Runbook, v.Target, state, v.Mode)
}

func tick(s contract.RunStep) string {
	if s.Status == contract.StepDone {
		return "x"
	}
	return " "
}

func words(s contract.RunStep) string {
	w := string(s.Kind)
	if s.Action != "" {
		w += " " + s.Action
	}
	if s.Title != "" {
		w += ": " + s.Title
	}
	return w
}

func detail(s contract.RunStep) string {
	d := " – " + string(s.Status)
	if s.StartedAt != nil && s.FinishedAt != nil {
		d += fmt.Sprintf(" (%s)", s.FinishedAt.Sub(*s.StartedAt).Round(100e6))
	}
	if s.Error != "" {
		d += ": " + s.Error
	}
	return d
}
