package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"redress/internal/contract"
)

const (
	// guardianLife is how long a guardian runs before it continues as new, so that no
	// old code of it has to live on.
	guardianLife = 24 * time.Hour
	// episodeGap is how long an alert must be gone before its next firing is a new
	// episode: Prometheus and an HA pair of Alertmanagers make shorter gaps by themselves.
	episodeGap = time.Minute
	// renameGap is how long after an alert has gone the same alert name under other
	// labels is the same episode: labels change when roles move.
	renameGap = 5 * time.Minute
	// missedFor is how long complete sightings must not list an alert that none has ever
	// listed before it counts as gone: the round looks every minute, and repeats itself
	// sooner when it fails.
	missedFor = 30 * time.Second
	// planAgain is the wait after a plan that failed; it doubles up to planAgainMost.
	planAgain     = 30 * time.Second
	planAgainMost = 5 * time.Minute
	// nobodyAgain is how long "no runbook answers" is believed while an alert fires: the
	// worker that said so may be an old one, or its files.
	nobodyAgain = 10 * time.Minute
	// hopelessAgain is the wait after an error that no repetition mends, until somebody may
	// have mended the configuration; people are told each time.
	hopelessAgain = time.Hour
	// lostAfter is how long a guardian waits for the report of a run whose workflow was
	// closed from outside: the round, every minute, frees the target and says more.
	lostAfter = 2 * time.Minute
	// probeEvery is how often a guardian looks whether a run that an earlier execution of
	// it started is still there: it is not told when that one is closed.
	probeEvery = 10 * time.Minute
)

// Guardian owns a target: it folds all alerts about it into episodes, keeps the queue
// of runs and their limits, and starts one run at a time. It ends when there is
// nothing left to remember; the next notification starts it again.
func Guardian(ctx workflow.Context, in contract.GuardianInput) error {
	g := newGuardian(ctx, in)
	err := workflow.SetQueryHandler(ctx, contract.StateQuery, func() (contract.Guardian, error) { return g.view(), nil })
	if err != nil {
		return fmt.Errorf("answer queries: %w", err)
	}
	for {
		g.drain(ctx)
		g.giveUp(workflow.Now(ctx).UTC())
		g.askAgain(workflow.Now(ctx))
		g.join()
		g.pass(ctx) // before anything that may take long
		g.probe(ctx)
		g.plan(ctx)
		g.start(ctx)
		g.mourn(ctx)
		g.forget(workflow.Now(ctx))
		g.publish(ctx)
		if g.pending() || len(g.joined)+len(g.resolved) > 0 {
			continue
		}
		quiet := len(g.messages) == 0 // else what is on its way to people would be cut off
		if quiet && g.empty() {
			return nil
		}
		if quiet && (workflow.GetInfo(ctx).GetContinueAsNewSuggested() || !workflow.Now(ctx).Before(g.ends)) {
			return workflow.NewContinueAsNewError(ctx, contract.GuardianWorkflow,
				contract.GuardianInput{Target: g.target, State: g.carried()})
		}
		if err := g.wait(ctx); err != nil {
			return fmt.Errorf("guardian of %s: %w", g.target.Name, err)
		}
	}
}

type guardian struct {
	target contract.TargetRef
	state  contract.Guardian
	ends   time.Time // when it continues as new
	planAt time.Time // not before: after a plan that failed
	failed int       // plans in a row that failed

	notifications, sightings, finished workflow.ReceiveChannel

	joined   []contract.Alert // news for the active run
	resolved []string
	news     map[string]*contract.Notification // what brought the last change of an alert, by fingerprint

	child   workflow.ChildWorkflowFuture // the run that this execution started; nil = none open
	probeAt time.Time                    // when a run without that is looked for
	lost    []contract.Finished          // runs that ended without telling anybody

	messages []message // on their way to people

	timer     workflow.Future // the one that is running
	timerAt   time.Time
	timerStop workflow.CancelFunc
	shown     string // the view that was published last
}

func newGuardian(ctx workflow.Context, in contract.GuardianInput) *guardian {
	g := &guardian{
		target: in.Target, ends: workflow.Now(ctx).Add(guardianLife), probeAt: workflow.Now(ctx), news: map[string]*contract.Notification{},
		notifications: workflow.GetSignalChannel(ctx, contract.NotificationSignal),
		sightings:     workflow.GetSignalChannel(ctx, contract.SightingSignal),
		finished:      workflow.GetSignalChannel(ctx, contract.FinishedSignal),
	}
	if in.State != nil {
		g.state = *in.State
		slices.SortFunc(g.state.Alerts, func(a, b contract.Episode) int { return byFingerprint(a, b.Alert.Fingerprint) })
	}
	g.state.Target = in.Target.Name
	return g
}

// drain applies every signal that has arrived.
func (g *guardian) drain(ctx workflow.Context) {
	for {
		var n contract.Notification
		var s contract.Sighting
		var f contract.Finished
		switch {
		case g.finished.ReceiveAsync(&f):
			g.runFinished(workflow.Now(ctx), f)
		case g.notifications.ReceiveAsync(&n):
			g.notified(workflow.Now(ctx), n)
		case g.sightings.ReceiveAsync(&s):
			g.sighted(workflow.Now(ctx), s)
		case g.child != nil && g.child.IsReady():
			g.closed(ctx)
		case g.told(ctx):
		default:
			return
		}
	}
}

// pending reports whether signals wait to be applied.
func (g *guardian) pending() bool {
	return g.notifications.Len()+g.sightings.Len()+g.finished.Len() > 0
}

// empty reports whether there is nothing left to remember.
func (g *guardian) empty() bool {
	s := g.state
	return s.ActiveRun == nil && len(s.Alerts)+len(s.Queue)+len(s.Runs)+len(s.Refusals) == 0
}

// wait returns when a signal has arrived, or when time alone changes something.
func (g *guardian) wait(ctx workflow.Context) error {
	sel := workflow.NewSelector(ctx)
	for _, c := range []workflow.ReceiveChannel{g.notifications, g.sightings, g.finished} {
		sel.AddReceive(c, func(workflow.ReceiveChannel, bool) {}) // drain takes it
	}
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	if g.child != nil {
		sel.AddFuture(g.child, func(workflow.Future) {}) // drain looks at it
	}
	for _, m := range g.messages {
		sel.AddFuture(m.sent, func(workflow.Future) {}) // as well
	}
	sel.AddFuture(g.alarm(ctx), func(f workflow.Future) {
		_ = f.Get(ctx, nil) // a timer that was replaced is not selected on
		g.timer = nil
	})
	sel.Select(ctx)
	return ctx.Err()
}

// alarm returns the timer of the next moment at which time changes something. The one
// that runs is kept while it is right: each timer costs history.
func (g *guardian) alarm(ctx workflow.Context) workflow.Future {
	at := g.wake()
	if g.timer != nil && at.Equal(g.timerAt) {
		return g.timer
	}
	if g.timer != nil {
		g.timerStop()
	}
	var timerCtx workflow.Context
	timerCtx, g.timerStop = workflow.WithCancel(ctx)
	g.timerAt = at
	g.timer = workflow.NewTimerWithOptions(timerCtx, max(time.Second, at.Sub(workflow.Now(ctx))),
		workflow.TimerOptions{Summary: "the next moment at which time changes something"})
	return g.timer
}

// wake returns the next moment at which time alone changes something. It may be past,
// when an activity took long meanwhile.
func (g *guardian) wake() time.Time {
	at := g.ends
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	if run := g.state.ActiveRun; run != nil {
		sooner(run.LostAt)
		if g.orphan() {
			sooner(g.probeAt)
		}
	}
	for _, e := range g.state.Alerts {
		if !e.ResolvedAt.IsZero() && !g.answers(e.RunID) {
			sooner(e.ResolvedAt.Add(renameGap))
		}
		switch {
		case !e.Alert.Firing():
		case !e.Planned:
			sooner(g.planAt)
		case refused(e):
			sooner(e.AskAgain)
		}
	}
	if g.state.ActiveRun == nil {
		for _, q := range g.state.Queue {
			sooner(q.NotBefore)
		}
	}
	for _, p := range g.state.Runs {
		sooner(p.ForgetAt())
	}
	for _, r := range g.state.Refusals {
		sooner(r.At.Add(refusalsKept))
	}
	return at
}

// publish writes the state into the memo, for pages while no worker is up.
func (g *guardian) publish(ctx workflow.Context) {
	view := g.view()
	text := essence(view)
	if text == g.shown {
		return
	}
	g.shown = text
	if err := workflow.UpsertMemo(ctx, map[string]any{contract.MemoKey: view}); err != nil {
		workflow.GetLogger(ctx).Warn("the guardian's view could not be written", "err", err)
	}
	workflow.SetCurrentDetails(ctx, g.details())
}
