package workflows

import (
	"slices"
	"strings"
	"time"

	"redress/definitions"
	"redress/internal/contract"
)

// notified applies a notification. Each carries the whole group and comes at least
// once, from every peer: only what changed matters.
func (g *guardian) notified(now time.Time, n contract.Notification) {
	head := n
	head.Alerts = nil
	for _, a := range n.Alerts {
		if a.Firing() {
			g.fires(now, heardAt(now, n.ReceivedAt), a, &head)
		} else {
			g.resolves(now, a.Fingerprint, &head)
		}
	}
}

// heardAt is the time of news that were sent at some time: their sender has another
// clock, and they may have waited for the guardian.
func heardAt(now, sent time.Time) time.Time {
	if sent.IsZero() || sent.After(now) {
		return now
	}
	return sent
}

// sighted applies what the round saw. Only a complete sighting proves that an alert is
// gone, and only one that was last heard of before it and listed by an earlier one. An
// alert that none has listed may be one that Alertmanager knows under another receiver:
// it is gone when two in a row do not list it, so that its lost resolution ends it too.
func (g *guardian) sighted(now time.Time, s contract.Sighting) {
	listed := map[string]bool{}
	for _, a := range s.Alerts {
		listed[a.Fingerprint] = true
		if e := g.episode(a.Fingerprint); e != nil && e.ResolvedAt.After(s.At) {
			continue // the resolution is the younger news
		}
		g.fires(now, heardAt(now, s.At), a, nil)
	}
	for _, f := range s.Suppressed {
		listed[f] = true
	}
	for i := range g.state.Alerts {
		e := &g.state.Alerts[i]
		switch {
		case !e.Alert.Firing():
		case listed[e.Alert.Fingerprint]:
			e.Sighted, e.MissedAt = true, time.Time{}
		case !s.Complete || !e.LastSeen.Before(s.At): // proves nothing
		case e.Sighted || !e.MissedAt.IsZero() && s.At.Sub(e.MissedAt) >= missedFor:
			g.resolves(now, e.Alert.Fingerprint, nil)
		case e.MissedAt.IsZero():
			e.MissedAt = s.At
		}
	}
}

// byFingerprint orders episodes, of which there may be thousands.
func byFingerprint(e contract.Episode, fingerprint string) int {
	return strings.Compare(e.Alert.Fingerprint, fingerprint)
}

// episode returns the episode of an alert, nil when there is none.
func (g *guardian) episode(fingerprint string) *contract.Episode {
	i, ok := slices.BinarySearchFunc(g.state.Alerts, fingerprint, byFingerprint)
	if !ok {
		return nil
	}
	return &g.state.Alerts[i]
}

// fires notes that an alert fires: a new episode, the same one again, or still.
// Seen is when the news was sent, at most now.
func (g *guardian) fires(now, seen time.Time, a contract.Alert, n *contract.Notification) {
	a.Status = contract.Firing
	e := g.episode(a.Fingerprint)
	if e == nil || (!e.ResolvedAt.IsZero() && now.Sub(e.ResolvedAt) >= episodeGap) {
		g.drop(a.Fingerprint)
		g.open(now, seen, a)
		g.brought(a.Fingerprint, n)
		return
	}
	again := !e.Alert.Firing()
	if again || seen.After(e.LastSeen) {
		e.LastSeen = seen
	}
	e.Alert, e.ResolvedAt, e.MissedAt = a, time.Time{}, time.Time{}
	if unanswered(now, *e) {
		e.Planned = false
	}
	if again {
		e.Sighted = false
		g.reopen(e)
		g.brought(a.Fingerprint, n)
		if g.answers(e.RunID) {
			g.joined = append(g.joined, a)
			g.resolved = slices.DeleteFunc(g.resolved, func(f string) bool { return f == a.Fingerprint }) // that is old news
		}
	}
}

// reopen lets an alert that fires again be planned anew, when the run that answered it
// has seen it clear or never knew it. Else the episode is dealt with: the run that
// answered it has told people that the alert fires.
func (g *guardian) reopen(e *contract.Episode) {
	if !e.Planned && !g.answers(e.RunID) {
		e.RunID = ""
	}
}

// sameTrouble joins the reason of an episode with the labels that it had before.
const sameTrouble = " (as before under other labels: "

// open begins the episode of an alert, or goes on with that of the same alert under
// the labels that it had before.
func (g *guardian) open(now, seen time.Time, a contract.Alert) {
	e := contract.Episode{Alert: a, FirstSeen: now, LastSeen: seen}
	if old := g.renamed(now, a); old != nil {
		e = *old
		e.Alert, e.LastSeen, e.ResolvedAt, e.Sighted, e.MissedAt = a, seen, time.Time{}, false, time.Time{}
		g.reopen(&e)
		why, _, _ := strings.Cut(old.Why, sameTrouble)
		e.Why = why + sameTrouble + old.Alert.Fingerprint + ")"
		for i := range g.state.Queue {
			q := g.state.Queue[i].Fingerprints
			if at := slices.Index(q, old.Alert.Fingerprint); at >= 0 {
				q[at] = a.Fingerprint
			}
		}
		g.drop(old.Alert.Fingerprint)
		if g.answers(e.RunID) {
			g.joined = append(g.joined, a)
		}
	}
	i, _ := slices.BinarySearchFunc(g.state.Alerts, a.Fingerprint, byFingerprint)
	g.state.Alerts = slices.Insert(g.state.Alerts, i, e)
}

// renamed returns the youngest episode of an alert of the same name that has gone a
// moment ago; nil when there is none. An alert that names another node is no rename: it
// is another fault.
func (g *guardian) renamed(now time.Time, a contract.Alert) *contract.Episode {
	var found *contract.Episode
	for i := range g.state.Alerts {
		e := &g.state.Alerts[i]
		if e.ResolvedAt.IsZero() || now.Sub(e.ResolvedAt) >= renameGap || e.Alert.Name() != a.Name() || otherNode(e.Alert, a) {
			continue
		}
		if found == nil || e.ResolvedAt.After(found.ResolvedAt) {
			found = e
		}
	}
	return found
}

// otherNode reports whether two alerts name different nodes.
func otherNode(a, b contract.Alert) bool {
	was, is := a.Definition().Node(), b.Definition().Node()
	return was != "" && is != "" && was != is
}

// resolves notes that an alert is gone. The episode lives on for a while: it may only
// have blinked.
func (g *guardian) resolves(now time.Time, fingerprint string, n *contract.Notification) {
	e := g.episode(fingerprint)
	if e == nil || !e.Alert.Firing() {
		return
	}
	e.Alert.Status, e.ResolvedAt, e.LastSeen = contract.Resolved, now, now
	g.brought(fingerprint, n)
	if g.answers(e.RunID) {
		g.resolved = append(g.resolved, fingerprint)
		g.joined = slices.DeleteFunc(g.joined, func(a contract.Alert) bool { return a.Fingerprint == fingerprint })
	}
}

// brought remembers the notification that changed something, for the run that answers.
func (g *guardian) brought(fingerprint string, n *contract.Notification) {
	if n != nil {
		g.news[fingerprint] = n
	}
}

// answers reports whether the run of that ID is the active one.
func (g *guardian) answers(runID string) bool {
	return runID != "" && g.state.ActiveRun != nil && g.state.ActiveRun.RunID == runID
}

func (g *guardian) drop(fingerprint string) {
	if i, ok := slices.BinarySearchFunc(g.state.Alerts, fingerprint, byFingerprint); ok {
		g.state.Alerts = slices.Delete(g.state.Alerts, i, i+1)
	}
}

// runFinished notes the end of a run. Alerts that joined too late for it to know them
// are planned anew, and so are those that it saw clear, when they fire after its end. An
// alert that goes on firing is dealt with: the run has told people why.
func (g *guardian) runFinished(now time.Time, f contract.Finished) {
	active := g.state.ActiveRun
	if active == nil || active.RunID != f.RunID {
		return // told twice: by the run, and by the round
	}
	g.state.ActiveRun = nil
	g.joined, g.resolved, g.child = nil, nil, nil
	if len(f.Known) == 0 && needsPeople(f.Outcome) {
		// The round or Temporal reports it, not the run: it could not tell people.
		f.Runbook = active.Runbook
		g.lost = append(g.lost, f)
	}
	g.state.Runs = append(g.state.Runs, contract.PastRun{
		RunID: f.RunID, Runbook: active.Runbook, Outcome: f.Outcome, StartedAt: active.StartedAt,
		FinishedAt: f.FinishedAt, LastActAt: f.LastActAt, Keep: active.Limits.Runs.Per, Cooldown: active.Limits.Cooldown,
	})
	if until := f.LastActAt.Add(time.Duration(active.Limits.Cooldown)); !f.LastActAt.IsZero() && until.After(now) {
		if g.state.CooldownUntil == nil || until.After(*g.state.CooldownUntil) {
			g.state.CooldownUntil = &until
		}
	}
	known, cleared := setOf(f.Known), setOf(f.Resolved)
	for i := range g.state.Alerts {
		e := &g.state.Alerts[i]
		if e.RunID != f.RunID {
			continue
		}
		saw := cleared[e.Alert.Fingerprint]
		if saw && e.Alert.Firing() && e.LastSeen.Before(f.FinishedAt) {
			e.Alert.Status, e.ResolvedAt = contract.Resolved, now
		}
		if saw || len(known) > 0 && !known[e.Alert.Fingerprint] {
			e.Planned = false // its next firing is news, and so is one that is younger than the run's end
			if e.Alert.Firing() {
				e.RunID = ""
			}
		}
	}
}

func setOf(fingerprints []string) map[string]bool {
	set := make(map[string]bool, len(fingerprints))
	for _, f := range fingerprints {
		set[f] = true
	}
	return set
}

// joins reports whether an alert belongs to what a run answers.
func joins(lines []definitions.Matchers, a contract.Alert) bool {
	return slices.ContainsFunc(lines, func(m definitions.Matchers) bool { return m.Matches(a.Labels) })
}
