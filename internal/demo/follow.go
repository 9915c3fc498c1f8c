//go:build !lean

package demo

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"redress/definitions"
	"redress/internal/contract"
)

// follower tells of the first run on the API, from its beginning to its end.
type follower struct {
	api   string
	say   *narrator
	words glossary
	run   contract.Run // as it was seen last
	err   error        // of the last look
}

// look asks for the run, and tells what is new.
func (f *follower) look(ctx context.Context) {
	if f.run.ID == "" {
		var runs contract.RunList
		f.err = get(ctx, f.api+"/api/v1/runs?target="+target, &runs)
		if f.err != nil || len(runs.Runs) == 0 {
			return
		}
		f.run.ID = runs.Runs[len(runs.Runs)-1].ID
	}
	var next contract.Run
	if f.err = get(ctx, f.api+"/api/v1/runs/"+url.PathEscape(f.run.ID), &next); f.err != nil || next.Stale {
		return // a stale view may be older than what was seen
	}
	f.tell(f.run, next)
	f.run = next
}

func (f *follower) found() bool { return f.run.ID != "" }
func (f *follower) ended() bool { return f.run.Status == contract.RunFinished }

// tell tells what has happened between two looks.
func (f *follower) tell(seen, now contract.Run) {
	if seen.Status == "" {
		f.say.note(or(now.StartedAt), partRedress, "run of %s begins, mode %s: %s\n%s", now.Runbook, now.Mode, now.Why, now.URL)
	}
	for _, n := range now.Notifications[min(len(seen.Notifications), len(now.Notifications)):] {
		f.say.note(n.ReceivedAt, partAlertmanager, "notification delivered to Redress: %s (%s)", n.Status, alertOf(n.GroupKey))
	}
	if seen.Status != "" {
		for _, a := range now.Alerts[min(len(seen.Alerts), len(now.Alerts)):] {
			f.say.now(partRedress, "%s joins the run", f.words.names.Replace(labelled(a.Labels)))
		}
	}
	for i, s := range now.Steps {
		var before contract.RunStep
		if i < len(seen.Steps) {
			before = seen.Steps[i]
		}
		f.tellStep(before, s)
	}
	for _, a := range now.Acts[min(len(seen.Acts), len(now.Acts)):] {
		f.say.note(a.At, partRedress, "act %s was sent to Redis; applied: %s", a.Action, a.Applied)
	}
	if len(now.Told) > len(seen.Told) {
		for _, t := range now.Told[len(seen.Told):] {
			if t.Error != "" {
				f.say.note(t.At, partRedress, "could not tell %s: %s", t.Receiver, t.Error)
			}
		}
	}
	if verified(now) && !verified(seen) {
		f.say.note(or(now.HealedAt), partRedress, "VERIFIED; the run goes on until the alerts have cleared")
	}
	if now.Status == contract.RunFinished && seen.Status != contract.RunFinished {
		end := strings.ToUpper(string(now.Outcome))
		if now.Reason != "" {
			end += ": " + f.words.names.Replace(now.Reason)
		}
		f.say.note(or(now.FinishedAt), partRedress, "the run ends: %s", end)
	}
}

// verified reports whether all steps of a run are done and the last verification held.
func verified(r contract.Run) bool {
	return r.Status == contract.RunClearing || r.Outcome == definitions.Healed
}

// tellStep tells that a step has begun, or ended. One that was over before anybody
// looked gets one line.
func (f *follower) tellStep(before, s contract.RunStep) {
	if s.Status == contract.StepRunning || s.Status == contract.StepWaiting {
		if before.Status != s.Status {
			f.say.note(or(s.StartedAt), partRedress, "%s", f.words.begins(s))
		}
		return
	}
	if before.Status == s.Status {
		return
	}
	if before.Status == "" {
		if s.Kind == definitions.KindAct { // each is told
			f.say.note(or(s.StartedAt), partRedress, "%s", f.words.begins(s))
		} else if s.Title != "" {
			s.Path += " (" + s.Title + ")"
		}
	}
	f.say.note(or(s.FinishedAt), partRedress, "%s", f.words.ends(s))
}

// missing says why no run is to be seen.
func (f *follower) missing(ctx context.Context) string {
	var why []string
	if f.err != nil {
		why = append(why, f.err.Error())
	}
	var g contract.Guardian
	if err := get(ctx, f.api+"/api/v1/targets/"+target, &g); err != nil {
		return strings.Join(append(why, "no notification has arrived: "+err.Error()), "; ")
	}
	for _, e := range g.Alerts {
		why = append(why, fmt.Sprintf("%s is %s: %s", e.Alert.Name(), e.Alert.Status, e.Why))
	}
	for _, r := range g.Refusals {
		why = append(why, fmt.Sprintf("%s was refused: %s", r.Runbook, r.Reason))
	}
	return strings.Join(why, "; ")
}

// or returns a time that may be missing, now in its place.
func or(t *time.Time) time.Time {
	if t == nil {
		return time.Now()
	}
	return *t
}

// alertOf returns the alert's name in the key of a group that is made by it.
func alertOf(groupKey string) string {
	_, rest, ok := strings.Cut(groupKey, `alertname="`)
	if name, _, closed := strings.Cut(rest, `"`); ok && closed {
		return name
	}
	return groupKey
}

// labelled names an alert.
func labelled(labels map[string]string) string {
	if instance := labels["instance"]; instance != "" {
		return fmt.Sprintf("%s of %s", labels["alertname"], instance)
	}
	return labels["alertname"]
}
