package config

import (
	"fmt"
	"maps"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"

	"redress/definitions"
)

// matches reports whether all matchers hold; a missing label counts as empty.
func matches(ms labels.Matchers, lbls map[string]string) bool {
	for _, m := range ms {
		if !m.Matches(lbls[m.Name]) {
			return false
		}
	}
	return true
}

// Target returns the target of that name.
func (c *Config) Target(name string) (*Target, bool) {
	for i := range c.Targets {
		if c.Targets[i].Name == name {
			return &c.Targets[i], true
		}
	}
	return nil, false
}

// MatchTarget returns the only target that an alert with these labels is about, or nil
// and why there is none: no target matches, or several do.
func (c *Config) MatchTarget(lbls map[string]string) (target *Target, why string) {
	var names []string
	for i := range c.Targets {
		if matches(c.Targets[i].Match, lbls) {
			target = &c.Targets[i]
			names = append(names, target.Name)
		}
	}
	switch len(names) {
	case 0:
		return nil, "no target matches"
	case 1:
		return target, ""
	case 2:
		return nil, fmt.Sprintf("targets %s both match", and(names))
	}
	return nil, fmt.Sprintf("targets %s all match", and(names))
}

// Receiver returns the receiver of that name; "default" is policy.receiver.
func (c *Config) Receiver(name string) (*Receiver, bool) {
	if name == DefaultReceiverAlias {
		name = c.Policy.Receiver
	}
	for i := range c.Receivers {
		if name != "" && c.Receivers[i].Name == name {
			return &c.Receivers[i], true
		}
	}
	return nil, false
}

// ceiling is one of those that say how much a run may do.
type ceiling struct {
	mode definitions.Mode
	who  string
}

// Mode returns how much a run of a runbook on a target may do by itself for an alert
// with these labels: the lowest of policy (the first rule that matches replaces
// policy.mode), target, library and runbook; and why, in plain words for a person.
// Where ok is false the runbook is a shipped one that `library` does not enable, and
// must not start at all.
func (c *Config) Mode(target *Target, alert map[string]string, runbook *definitions.Runbook) (mode definitions.Mode, why string, ok bool) {
	ceilings := []ceiling{c.Policy.ceiling(target.Labels, alert)}
	if target.Mode != "" {
		ceilings = append(ceilings, ceiling{target.Mode, "target " + target.Name})
	}
	if runbook.Library {
		m, key, enabled := c.Library.enabled(runbook.Name)
		if !enabled {
			return definitions.Observe, fmt.Sprintf("the shipped runbook %s is not enabled: library does not name it", runbook.Name), false
		}
		ceilings = append(ceilings, ceiling{m, key})
	}
	if runbook.Mode != "" {
		ceilings = append(ceilings, ceiling{runbook.Mode, "runbook " + runbook.Name})
	}
	mode = definitions.Auto
	for _, c := range ceilings {
		mode = mode.Lower(c.mode)
	}
	return mode, explain(mode, ceilings), true
}

// ceiling returns what the policy allows for a target and an alert.
func (p Policy) ceiling(target, alert map[string]string) ceiling {
	all := make(map[string]string, len(target)+len(alert))
	maps.Copy(all, alert)
	maps.Copy(all, target) // wins: an alert must not talk its way into another mode
	for i, r := range p.Rules {
		if matches(r.Match, all) {
			return ceiling{r.Mode, fmt.Sprintf("policy.rules[%d]", i)}
		}
	}
	return ceiling{p.Mode, "policy.mode"}
}

// explain says who allows a mode, or who keeps it from being more.
func explain(mode definitions.Mode, ceilings []ceiling) string {
	var who []string
	for _, c := range ceilings {
		if c.mode == mode {
			who = append(who, c.who)
		}
	}
	verb, rest := "allow", "it"
	if len(who) == 1 {
		verb = "allows"
	}
	if mode != definitions.Auto {
		rest = "no more"
	}
	return fmt.Sprintf("%s: %s %s %s", mode, and(who), verb, rest)
}

// and lists words: "a, b and c".
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
