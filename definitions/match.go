package definitions

import (
	"fmt"
	"strings"

	"redress/definitions/expr"
)

// Match is what one runbook has to say to an alert.
type Match struct {
	Runbook *Runbook
	// Starts: this is the runbook that answers the alert. At most one of a set does.
	Starts bool
	// Shadowed: it would start, but one that comes first does.
	Shadowed bool
	// Covers: the alert is one that the runbook's trouble sets off, and joins its run.
	Covers bool
	// Why says it in plain words, for the plan and for messages.
	Why string
}

// Match asks every runbook in order whether it answers the alert about the target.
func (s *Set) Match(a Alert, target map[string]string, targetName string) []Match {
	scope := AlertVars(a, target, targetName)
	out := make([]Match, 0, len(s.Runbooks))
	var winner *Runbook
	for _, r := range s.Runbooks {
		m := Match{Runbook: r, Covers: r.CoversAlert(a)}
		var holds bool
		holds, m.Why = r.answers(a, scope)
		switch {
		case holds && winner == nil:
			m.Starts, winner = true, r
		case holds:
			m.Shadowed = true
			m.Why += fmt.Sprintf(", but %s comes first: %s", winner.Name, before(winner, r))
		case m.Covers:
			m.Why += "; it covers the alert, which joins its run"
		}
		out = append(out, m)
	}
	return out
}

// before says why the runbook a is asked before b.
func before(a, b *Runbook) string {
	switch {
	case !a.Library && b.Library:
		return "it is the team's own, not shipped"
	case a.Priority != b.Priority:
		return fmt.Sprintf("its priority is %d, not %d", a.Priority, b.Priority)
	}
	return "by its name, at equal priority"
}

// CoversAlert reports whether the alert is one that the runbook's trouble also sets
// off: one of its lines `alerts` or `covers` matches. Such an alert about the same
// target joins the run.
func (r *Runbook) CoversAlert(a Alert) bool {
	for _, lines := range [][]Matchers{r.Alerts, r.Covers} {
		for _, m := range lines {
			if m.Matches(a.Labels) {
				return true
			}
		}
	}
	return false
}

// answers reports whether the alert starts the runbook when no other one does, and why.
func (r *Runbook) answers(a Alert, scope expr.Scope) (holds bool, why string) {
	if r.Manual {
		return false, "no alert starts it: alerts is manual"
	}
	line, why := r.matchingLine(a.Labels)
	if line == nil {
		return false, why
	}
	why = fmt.Sprintf("the alert matches %s", line.Source)
	if r.When == nil {
		return true, why
	}
	holds, err := expr.Holds(r.When.Source, scope)
	switch {
	case err != nil:
		return false, fmt.Sprintf("%s, but when is unknown: %s: %s", why, r.When.Source, err)
	case !holds:
		return false, fmt.Sprintf("%s, but when does not hold: %s", why, expr.Explain(r.When.Source, scope))
	}
	return true, fmt.Sprintf("%s, and when holds: %s", why, r.When.Source)
}

// matchingLine returns the first line of alerts all of whose matchers hold, or nil
// and, for each line, the first matcher that does not.
func (r *Runbook) matchingLine(lbls map[string]string) (*Matchers, string) {
	var reasons []string
	for i := range r.Alerts {
		why := r.Alerts[i].mismatch(lbls)
		if why == "" {
			return &r.Alerts[i], ""
		}
		reasons = append(reasons, why)
	}
	return nil, strings.Join(reasons, "; ")
}

// mismatch says which matcher of the line does not hold, "" when all do.
func (m Matchers) mismatch(lbls map[string]string) string {
	ms, err := ParseMatchers(m.Source)
	if err != nil {
		return err.Error()
	}
	for _, one := range ms {
		value, ok := lbls[one.Name]
		switch {
		case one.Matches(value):
		case !ok:
			return fmt.Sprintf("%s does not hold: the alert has no label %s", one, one.Name)
		default:
			return fmt.Sprintf("%s does not hold: %s is %q", one, one.Name, value)
		}
	}
	return ""
}
