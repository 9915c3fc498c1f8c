package workflows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"redress/definitions"
	"redress/internal/contract"
)

// alertsShown is how many alerts of a target its view lists; the state keeps all.
const alertsShown = 100

// view is the state without what only the guardian itself needs, small enough for a memo.
func (g *guardian) view() contract.Guardian {
	v := g.state
	v.Alerts = slices.Clone(v.Alerts[:min(len(v.Alerts), alertsShown)])
	for i := range v.Alerts {
		v.Alerts[i].Alert.Annotations = nil
	}
	v.Queue = slices.Clone(v.Queue)
	for i := range v.Queue {
		book := v.Queue[i].Pinned.Runbook
		v.Queue[i].Pinned = definitions.Pinned{Runbook: definitions.Runbook{Name: book.Name, Title: book.Title, Priority: book.Priority, SHA256: book.SHA256}}
	}
	return v
}

// essence is a view without what every repeated notification changes: a memo that is
// written anew costs history.
func essence(v contract.Guardian) string {
	v.Alerts = slices.Clone(v.Alerts)
	for i := range v.Alerts {
		e := &v.Alerts[i]
		e.LastSeen, e.MissedAt, e.AskAgain = time.Time{}, time.Time{}, time.Time{}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// details is the page of the guardian in the Temporal UI.
func (g *guardian) details() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Guardian of %s\n\n", g.target.Name)
	if run := g.state.ActiveRun; run != nil {
		fmt.Fprintf(&b, "Active run: `%s`\n\n", run.RunID)
	}
	if until := g.state.CooldownUntil; until != nil {
		fmt.Fprintf(&b, "Cooldown until %s\n\n", until.UTC().Format(time.RFC3339))
	}
	for _, e := range g.state.Alerts {
		fmt.Fprintf(&b, "- **%s** %s, since %s: %s\n", e.Alert.Name(), e.Alert.Status, e.FirstSeen.UTC().Format(time.RFC3339), e.Why)
	}
	for _, q := range g.state.Queue {
		fmt.Fprintf(&b, "- waits: %s (%d alerts)\n", q.Pinned.Runbook.Name, len(q.Fingerprints))
	}
	for _, p := range g.state.Runs {
		fmt.Fprintf(&b, "- `%s`: %s\n", p.RunID, p.Outcome)
	}
	for _, r := range g.state.Refusals {
		fmt.Fprintf(&b, "- %s refused %s: %s\n", r.At.Format(time.RFC3339), r.Runbook, r.Reason)
	}
	return clip(b.String(), 18_000)
}

// clip cuts a text to at most limit bytes, between characters.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit - len("…")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
