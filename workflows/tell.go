package workflows

import (
	"strings"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/internal/contract"
)

// notify tells a receiver. That people could not be reached is written down, but does
// not keep the run from healing.
func (r *run) notify(ctx workflow.Context, s definitions.Step, rec *record) *end {
	n := s.Notify
	t := r.tell(n.Receiver, n.Message.Source, "")
	if n.Title != nil {
		t.Title = n.Title.Source
	}
	if err := r.send(ctx, t); err != nil {
		rec.fail(ctx, cause(err))
		if ctx.Err() != nil {
			return r.interrupted()
		}
		return nil
	}
	rec.ok(ctx)
	return nil
}

// escalate hands over to people: it lets the page out first, then says why.
func (r *run) escalate(ctx workflow.Context, s definitions.Step, rec *record) *end {
	text := s.Escalate.Message
	reason := r.because(ctx, &text, "")
	r.release(ctx)
	e := &end{outcome: definitions.Escalated, reason: reason}
	t := r.tell(s.Escalate.To, "", reason)
	t.Run.Outcome = definitions.Escalated
	if err := r.send(ctx, t); err != nil {
		rec.fail(ctx, cause(err))
		return e
	}
	e.told = true
	rec.ok(ctx)
	return e
}

// stopStep ends the run with the outcome that the runbook gives.
func (r *run) stopStep(ctx workflow.Context, s definitions.Step, rec *record) *end {
	rec.ok(ctx)
	return &end{outcome: s.Stop.Outcome, reason: r.because(ctx, s.Stop.Reason, "")}
}

// tell puts a message together; an empty one becomes the built-in account of the run.
func (r *run) tell(receiver, message, reason string) contract.Tell {
	if receiver == "" || receiver == "default" {
		receiver = r.in.Receiver
	}
	return contract.Tell{
		Receiver: receiver, Message: message, Reason: reason,
		Run: r.view.Brief(), Alerts: r.alerts, Target: r.in.Target, Steps: r.results(),
	}
}

// send delivers a message and writes down that it did, or why not.
func (r *run) send(ctx workflow.Context, t contract.Tell) error {
	var told contract.Told
	err := workflow.ExecuteActivity(quick(ctx, "tell "+t.Receiver, tellWithin), contract.TellActivity, t).Get(ctx, &told)
	note := contract.RunTold{At: workflow.Now(ctx).UTC(), Receiver: t.Receiver, Title: told.Title, Message: told.Message}
	if err != nil {
		note.Error = cause(err)
		note.Title, note.Message = t.Title, t.Message
		workflow.GetLogger(ctx).Error("people could not be told", "receiver", t.Receiver, "err", note.Error)
	}
	r.view.Told = append(r.view.Told, note)
	return err
}

// render evaluates a template without sending it.
func (r *run) render(ctx workflow.Context, text, reason string) (string, error) {
	t := r.tell("", text, reason)
	t.RenderOnly = true
	var told contract.Told
	err := workflow.ExecuteActivity(quick(ctx, "render a text", tellWithin), contract.TellActivity, t).Get(ctx, &told)
	return told.Message, err
}

// hasTemplate reports whether a text needs rendering at all.
func hasTemplate(text string) bool { return strings.Contains(text, "{{") }
