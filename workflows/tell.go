package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// notify tells a receiver. That people could not be reached is written down, but does
// not keep the run from healing.
func (r *run) notify(ctx workflow.Context, s definitions.Step, rec *record) *end {
	n := s.Notify
	title := ""
	if n.Title != nil {
		title = n.Title.Source
	}
	t := r.tell(n.Receiver, title, n.Message.Source, "")
	if err := r.deliver(ctx, tellOptions(ctx, s, t.Receiver), t); err != nil {
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
	// An error is logged, and it is tried again at the end.
	_ = r.release(ctx)
	e := &end{outcome: definitions.Escalated, reason: reason}
	t := r.tell(s.Escalate.To, "", "", reason)
	t.Run.Outcome = definitions.Escalated
	if err := r.send(ctx, t); err != nil {
		rec.fail(ctx, cause(err))
		return e
	}
	e.told = true
	rec.ok(ctx)
	return e
}

// stopStep ends the run with the outcome that the runbook gives. One that is healed has
// to see its alerts clear, like every other.
func (r *run) stopStep(ctx workflow.Context, s definitions.Step, rec *record) *end {
	reason := r.because(ctx, s.Stop.Reason, "")
	rec.ok(ctx)
	if s.Stop.Outcome != definitions.Healed {
		return &end{outcome: s.Stop.Outcome, reason: reason}
	}
	if r.view.HealedAt == nil {
		now := workflow.Now(ctx).UTC()
		r.view.HealedAt = &now
	}
	e := r.clear(ctx)
	if e.outcome == definitions.Healed {
		e.reason = reason
	}
	return e
}

// firstWordAfter is when people hear of a run in mode observe that is not decided yet:
// the page went out, and a diagnosis is to follow it within 30 s.
const firstWordAfter = 20 * time.Second

// firstWord tells people in mode observe what was seen so far.
func (r *run) firstWord(ctx workflow.Context) {
	if r.in.Mode != definitions.Observe || len(r.view.Told) > 0 {
		return
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		left := max(0, firstWordAfter-workflow.Now(ctx).Sub(*r.view.StartedAt))
		timer := workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{Summary: "people hear what was seen so far"})
		if err := timer.Get(ctx, nil); err != nil || r.ending {
			return
		}
		r.telling++
		defer func() { r.telling-- }()
		// It is sent even when the run ends meanwhile; an error is written down in the view.
		safe, _ := workflow.NewDisconnectedContext(ctx)
		_ = r.send(safe, r.tell("", "", "", "mode observe: nothing is changed, and what would be done is not decided yet; this is what was seen so far"))
	})
}

// tell puts a message together; an empty one becomes the built-in account of the run.
func (r *run) tell(receiver, title, message, reason string) contract.Tell {
	if receiver == "" || receiver == "default" {
		receiver = r.in.Receiver
	}
	return contract.Tell{
		Receiver: receiver, Title: title, Message: message, Reason: reason,
		Run: r.view.Brief(), Alerts: r.alerts, Target: r.in.Target, Steps: r.results(title + message),
	}
}

// results returns what the named steps found, for a text that reads it. A text that
// includes templates of the team, or is the built-in one, may read everything.
func (r *run) results(text string) map[string]expr.Value {
	all := text == "" || strings.Contains(text, "template") || strings.Contains(text, "range")
	out := map[string]expr.Value{}
	for _, rec := range r.view.Steps {
		v, ok := r.scope.vars[rec.Name]
		if ok && rec.Name != "" && (all || strings.Contains(text, rec.Name)) {
			out[rec.Name] = v.Value
		}
	}
	return out
}

// tellOptions are the options of a message that the runbook sends.
func tellOptions(ctx workflow.Context, s definitions.Step, receiver string) workflow.Context {
	ctx = quick(ctx, "tell "+receiver, tellWithin)
	if s.Timeout > 0 {
		ctx = workflow.WithStartToCloseTimeout(ctx, time.Duration(s.Timeout))
		ctx = workflow.WithScheduleToCloseTimeout(ctx, max(tellWithin, time.Duration(s.Timeout)))
	}
	if s.Retry != nil {
		ctx = workflow.WithRetryPolicy(ctx, *retryPolicy(s.Retry, 0))
		ctx = workflow.WithScheduleToCloseTimeout(ctx, 0)
	}
	return ctx
}

// send delivers a message of the run itself and writes down that it did, or why not.
func (r *run) send(ctx workflow.Context, t contract.Tell) error {
	return r.deliver(ctx, quick(ctx, "tell "+t.Receiver, tellWithin), t)
}

func (r *run) deliver(ctx, how workflow.Context, t contract.Tell) error {
	var told contract.Told
	err := workflow.ExecuteActivity(how, contract.TellActivity, t).Get(ctx, &told)
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
	t := r.tell("", "", text, reason)
	t.RenderOnly = true
	var told contract.Told
	err := workflow.ExecuteActivity(quick(ctx, "render a text", tellWithin), contract.TellActivity, t).Get(ctx, &told)
	return told.Message, err
}

// hasTemplate reports whether a text needs rendering at all.
func hasTemplate(text string) bool { return strings.Contains(text, "{{") }
