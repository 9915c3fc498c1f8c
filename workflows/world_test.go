package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
	"redress/workflows"
)

const target = "cache-prod"

// t0 is when every test begins.
var t0 = time.Date(2026, 11, 21, 3, 4, 12, 0, time.UTC)

// world plays everything that a workflow calls, from a script, in skipped time.
type world struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment

	mu       sync.Mutex
	log      []string // what was called, in order
	given    map[string][]reply
	holds    []contract.Hold
	polls    map[string][]contract.Poll
	acts     []contract.Act
	settle   []contract.Settle
	clears   []contract.Clear
	tells    []contract.Tell
	finished []contract.Finished // what the guardian heard

	suppressed   string // what hold answers
	statusAlerts bool
	answer       contract.Answer                                                // of begin
	cleared      func(c contract.Clear) (time.Duration, any)                    // Cleared or an error
	watched      func(c contract.Watch) (time.Duration, contract.Watched, bool) // nil or false: it never answers
	failing      map[string]error                                               // by the activity's name
	slow         map[string]time.Duration
	together     func(what string)        // before the answer of an activity that took its time
	at           map[string]time.Duration // when an activity was called last, from the start
}

// reply is the scripted answer of one call of an action.
type reply struct {
	json    string
	unknown map[string]string
	held    bool
	why     string
	act     contract.ActResult
	settled contract.Settled
	err     error
	took    time.Duration
}

func newWorld(t *testing.T) *world {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	w := &world{
		t: t, env: suite.NewTestWorkflowEnvironment(), given: map[string][]reply{}, polls: map[string][]contract.Poll{},
		answer: contract.Answer{OK: true}, failing: map[string]error{}, slow: map[string]time.Duration{}, at: map[string]time.Duration{},
		cleared: func(contract.Clear) (time.Duration, any) { return 3 * time.Second, contract.Cleared{Cleared: true} },
	}
	w.env.SetStartTime(t0)
	w.env.SetTestTimeout(20 * time.Second)
	w.env.RegisterWorkflowWithOptions(workflows.Remediation, workflow.RegisterOptions{Name: contract.RemediationWorkflow})
	fake(w, contract.BeginActivity, func(contract.Begin) (contract.Answer, string) { return w.answer, "" })
	fake(w, contract.EndActivity, func(contract.End) (contract.Answer, string) { return contract.Answer{OK: true}, "" })
	fake(w, contract.HoldActivity, w.hold)
	fake(w, contract.ReleaseActivity, func(contract.Release) (struct{}, string) { return struct{}{}, "" })
	fake(w, contract.TellActivity, w.tell)
	later(w, contract.ClearActivity, func(c contract.Clear) (any, time.Duration, string) {
		w.clears = append(w.clears, c)
		took, out := w.cleared(c)
		return out, took, names(c.Alerts)
	})
	w.env.RegisterActivityWithOptions(w.watch, activity.RegisterOptions{Name: contract.WatchActivity})
	fake(w, contract.StatusActivity, func(s contract.StatusAlert) (struct{}, string) {
		return struct{}{}, strings.TrimSpace(string(s.Run.Status) + " " + string(s.Run.Outcome))
	})
	for _, a := range actionTypes() {
		w.action(a)
	}
	return w
}

// later registers an activity that answers after some time of the workflow's clock. An
// answer that is an error fails it.
func later[In any](w *world, name string, do func(In) (out any, took time.Duration, what string)) {
	w.env.RegisterActivityWithOptions(func(ctx context.Context, in In) (any, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		out, took, what := do(in)
		w.log = append(w.log, strings.TrimSpace(name+" "+what))
		w.at[name] = w.env.Now().Sub(t0)
		if err := w.failing[name]; err != nil {
			out = err
		}
		took += w.slow[name]
		err, failed := out.(error)
		if failed {
			out = nil
		}
		if took == 0 {
			return out, err
		}
		token := activity.GetInfo(ctx).TaskToken
		w.env.RegisterDelayedCallback(func() {
			if w.together != nil {
				w.together(what)
			}
			if err := w.env.CompleteActivity(token, out, err); err != nil {
				w.t.Errorf("complete %s: %v", name, err)
			}
		}, took)
		return nil, activity.ErrResultPending
	}, activity.RegisterOptions{Name: name, DisableAlreadyRegisteredCheck: true})
}

// fake registers an activity that answers at once.
func fake[In, Out any](w *world, name string, do func(In) (Out, string)) {
	later(w, name, func(in In) (any, time.Duration, string) {
		out, what := do(in)
		return out, 0, what
	})
}

func (w *world) hold(h contract.Hold) (contract.Held, string) {
	w.holds = append(w.holds, h)
	held := contract.Held{SuppressedBy: w.suppressed, StatusAlerts: w.statusAlerts}
	if h.Silence && w.suppressed == "" {
		held.Until = t0.Add(time.Duration(h.HoldPage))
		for _, a := range h.Alerts {
			held.Silences = append(held.Silences, contract.SilenceRef{ID: "silence-" + a.Fingerprint, Fingerprint: a.Fingerprint})
		}
	}
	what := names(h.Alerts)
	if !h.Silence {
		what += " (only looks)"
	}
	return held, what
}

// watch answers as the test wants, and is no part of what is logged.
func (w *world) watch(ctx context.Context, c contract.Watch) (contract.Watched, error) {
	if w.watched == nil {
		return contract.Watched{}, activity.ErrResultPending
	}
	took, seen, answers := w.watched(c)
	if answers {
		token := activity.GetInfo(ctx).TaskToken
		w.env.RegisterDelayedCallback(func() {
			if err := w.env.CompleteActivity(token, seen, nil); err != nil {
				w.t.Errorf("complete the watch: %v", err)
			}
		}, took)
	}
	return contract.Watched{}, activity.ErrResultPending
}

func (w *world) tell(t contract.Tell) (contract.Told, string) {
	message := t.Message
	if message == "" {
		message = "account: " + t.Reason
	}
	if t.RenderOnly {
		return contract.Told{Message: strings.ReplaceAll(message, "{{ .Target.Name }}", t.Target.Name)}, "(renders)"
	}
	w.tells = append(w.tells, t)
	return contract.Told{Receiver: t.Receiver, Title: "title", Message: message}, t.Receiver + ": " + message
}

// action registers the activities of an action.
func (w *world) action(a definitions.ActionType) {
	if a.Effect == definitions.Read {
		later(w, a.Name, func(c contract.Call) (any, time.Duration, string) {
			r := w.next(c.Path)
			if r.err != nil {
				return r.err, r.took, c.Path
			}
			return expr.Value{JSON: json.RawMessage(r.json), Unknown: r.unknown}, r.took, c.Path
		})
		later(w, contract.VerifyActivity(a.Name), func(p contract.Poll) (any, time.Duration, string) {
			w.polls[p.Path] = append(w.polls[p.Path], p)
			r := w.next(p.Path)
			if r.err != nil {
				return r.err, r.took, p.Path
			}
			out := contract.Polled{Held: r.held, Why: r.why, Polls: 1, Value: expr.Value{JSON: json.RawMessage(r.json), Unknown: r.unknown}}
			return out, r.took, p.Path
		})
		return
	}
	later(w, a.Name, func(c contract.Act) (any, time.Duration, string) {
		w.acts = append(w.acts, c)
		r := w.next(c.Path)
		what := fmt.Sprintf("%s try %d", c.Path, c.Key.Try)
		if r.err != nil {
			return r.err, r.took, what
		}
		r.act.Output = expr.Value{JSON: json.RawMessage(r.json)}
		if r.act.Verdict == contract.Acted {
			r.act.Granted, r.act.SentAt = true, w.env.Now()
		}
		return r.act, r.took, what
	})
	later(w, contract.SettleActivity(a.Name), func(q contract.Settle) (any, time.Duration, string) {
		w.settle = append(w.settle, q)
		r := w.next(q.Path + ":settle")
		if r.err != nil {
			return r.err, r.took, q.Path
		}
		return r.settled, r.took, q.Path
	})
}

// next takes the next scripted answer for a step; the last one is kept.
func (w *world) next(path string) reply {
	list := w.given[path]
	if len(list) == 0 {
		w.t.Errorf("step %s was called and no answer is given", path)
		return reply{err: temporal.NewNonRetryableApplicationError("no answer given", "test", nil)}
	}
	if len(list) > 1 {
		w.given[path] = list[1:]
	}
	return list[0]
}

// called returns the calls of the given activities, in order; of all when none is given.
func (w *world) called(activities ...string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []string{}
	for _, line := range w.log {
		name, _, _ := strings.Cut(line, " ")
		if len(activities) == 0 || slices.Contains(activities, name) {
			out = append(out, line)
		}
	}
	return out
}

func names(alerts []contract.Alert) string {
	var out []string
	for _, a := range alerts {
		out = append(out, a.Fingerprint)
	}
	return strings.Join(out, ",")
}

// part registers an activity without input.
func part[Out any](w *world, name string, out Out) {
	w.env.RegisterActivityWithOptions(func(context.Context) (Out, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.log = append(w.log, name)
		return out, w.failing[name]
	}, activity.RegisterOptions{Name: name})
}

// ended is how a run ended, and what its guardian heard.
type ended struct {
	Run      contract.Run
	Finished []contract.Finished
}

// remediate runs a remediation; its guardian is played by the world.
func (w *world) remediate(in contract.RemediationInput) ended {
	w.t.Helper()
	if err := w.execute(in); err != nil {
		w.t.Fatalf("run: %v\ncalls:\n%s", err, strings.Join(w.called(), "\n"))
	}
	e := ended{Finished: w.finished}
	if err := w.env.GetWorkflowResult(&e.Run); err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w *world) execute(in contract.RemediationInput) error {
	w.env.OnSignalExternalWorkflow(anything, contract.GuardianID(target), anything, contract.FinishedSignal, anything).
		Return(func(_, _, _, _ string, f any) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.finished = append(w.finished, f.(contract.Finished))
			w.log = append(w.log, "finished "+string(f.(contract.Finished).Outcome))
			return w.failing[contract.FinishedSignal]
		}).Maybe()
	w.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: in.RunID, TaskQueue: "redress"})
	w.env.ExecuteWorkflow(contract.RemediationWorkflow, in)
	return w.env.GetWorkflowError()
}

// anything matches every argument of a mocked call, in the SDK's mocks.
const anything = "mock.Anything"

// after does something at a time of the workflow's clock.
func (w *world) after(d time.Duration, do func()) { w.env.RegisterDelayedCallback(do, d) }
