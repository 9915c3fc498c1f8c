package lint

import (
	"fmt"
	"slices"
	"strings"

	"redress/definitions"

	"github.com/prometheus/alertmanager/pkg/labels"
)

// CodeOverlap is the code of the check of runbooks that answer the same alert.
const CodeOverlap = "overlapping-alerts"

func overlapCode() definitions.CodeDoc {
	return definitions.CodeDoc{Code: CodeOverlap, Text: "Two runbooks of the team, of equal priority, answer the same alert name, so that only their names decide which one starts. Give them different priorities, or matchers that exclude each other."}
}

// overlaps warns where two of the team's own runbooks of equal priority answer the
// same alert name, unless a label with different values keeps them apart.
func overlaps(set *definitions.Set) definitions.Problems {
	var problems definitions.Problems
	for i, later := range set.Runbooks {
		for _, first := range set.Runbooks[:i] {
			if first.Library || later.Library || first.Priority != later.Priority || first.Name == later.Name {
				continue
			}
			if line, name := meet(first, later); name != "" {
				src := set.Source(later.Position.File)
				problems = append(problems, definitions.Problem{
					Position: line.Position, Severity: definitions.Warning, Code: CodeOverlap,
					Message:    fmt.Sprintf("%s answers the alert %s too, at the same priority, and comes first by its name", first.Name, name),
					Suggestion: "give them different priorities, or matchers that exclude each other",
					Source:     src.Line(line.Position.Line),
				})
			}
		}
	}
	return problems
}

// meet returns the first line of b that shares an alert name with a line of a, and the name.
func meet(a, b *definitions.Runbook) (definitions.Matchers, string) {
	for _, lineB := range b.Alerts {
		mb, errB := definitions.ParseMatchers(lineB.Source)
		for _, lineA := range a.Alerts {
			ma, errA := definitions.ParseMatchers(lineA.Source)
			if errA != nil || errB != nil || exclude(ma, mb) {
				continue
			}
			for _, name := range append(alertNames(ma), alertNames(mb)...) {
				if accepts(ma, name) && accepts(mb, name) {
					return lineB, name
				}
			}
		}
	}
	return definitions.Matchers{}, ""
}

const alertName = "alertname"

// alertNames lists the names that a line spells out: alertname="A", alertname=~"A|B".
func alertNames(ms labels.Matchers) []string {
	var names []string
	for _, m := range ms {
		switch {
		case m.Name != alertName:
		case m.Type == labels.MatchEqual:
			names = append(names, m.Value)
		case m.Type == labels.MatchRegexp:
			names = append(names, strings.Split(m.Value, "|")...)
		}
	}
	return names
}

// accepts reports whether a line has matchers for the alert's name, and they hold.
func accepts(ms labels.Matchers, name string) bool {
	asked := false
	for _, m := range ms {
		if m.Name == alertName {
			asked = true
			if !m.Matches(name) {
				return false
			}
		}
	}
	return asked
}

// exclude reports whether a label must have different values for the two lines.
func exclude(a, b labels.Matchers) bool {
	return slices.ContainsFunc(a, func(x *labels.Matcher) bool {
		return slices.ContainsFunc(b, func(y *labels.Matcher) bool {
			return x.Name == y.Name && (x.Type == labels.MatchEqual && !y.Matches(x.Value) || y.Type == labels.MatchEqual && !x.Matches(y.Value))
		})
	})
}
