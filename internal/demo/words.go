//go:build !lean

package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"redress/activities"
	"redress/activities/sentinel"
	"redress/definitions"
	"redress/internal/contract"
	"redress/internal/lab"
)

// glossary says things as people do: nodes by their names.
type glossary struct{ names *strings.Replacer }

func newGlossary(l *lab.Lab) glossary {
	nodes := append(l.Nodes(), l.Sentinels()...)
	// An address may be the beginning of another one: the longest come first.
	slices.SortFunc(nodes, func(a, b *lab.Node) int { return cmp.Compare(len(b.Addr()), len(a.Addr())) })
	var pairs []string
	for _, n := range nodes {
		pairs = append(pairs, "redis://"+n.Addr(), n.Name(), n.Addr(), n.Name())
	}
	return glossary{names: strings.NewReplacer(pairs...)}
}

// begins says that a step has begun.
func (g glossary) begins(s contract.RunStep) string {
	if s.Kind == definitions.KindAct {
		return fmt.Sprintf("step %s: ACTS: %s (%s%s)", s.Path, s.Title, s.Action, g.input(s.Input))
	}
	return fmt.Sprintf("step %s: %s", s.Path, phrase(s))
}

// ends says how a step ended, and what it saw.
func (g glossary) ends(s contract.RunStep) string {
	text := fmt.Sprintf("step %s: %s", s.Path, s.Status)
	if s.Held != nil && *s.Held {
		text = fmt.Sprintf("step %s: it holds", s.Path)
	} else if s.Held != nil {
		text = fmt.Sprintf("step %s: it did not come to that", s.Path)
	}
	if s.StartedAt != nil && s.FinishedAt != nil {
		if took := s.FinishedAt.Sub(*s.StartedAt); took >= time.Second {
			text += fmt.Sprintf(" after %.1fs", took.Seconds())
		}
	}
	if saw := g.saw(s); saw != "" {
		text += ": " + saw
	}
	if s.Error != "" && s.Held == nil {
		text += ": " + g.names.Replace(s.Error)
	}
	return text
}

// phrase is what a step is about.
func phrase(s contract.RunStep) string {
	what := string(s.Kind)
	if s.Action != "" {
		what += " " + s.Action
	}
	if s.Title == "" {
		return what
	}
	return fmt.Sprintf("%s (%s)", s.Title, what)
}

func (g glossary) input(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "{}" {
		return ""
	}
	return " " + g.names.Replace(string(raw))
}

// saw tells the result of a step in words.
func (g glossary) saw(s contract.RunStep) string {
	if len(s.Result) == 0 {
		return ""
	}
	switch s.Action {
	case "sentinel.topology":
		var t sentinel.Topology
		if json.Unmarshal(s.Result, &t) == nil {
			return g.names.Replace(topology(t))
		}
	case "sentinel.failover":
		var o sentinel.FailoverOutput
		if json.Unmarshal(s.Result, &o) == nil && o.Summary != "" {
			return g.names.Replace(o.Summary)
		}
	}
	return g.names.Replace(clip(string(s.Result)))
}

// topology tells what matters of an estate.
func topology(t sentinel.Topology) string {
	var parts []string
	master, _ := t.Master.Address.Get()
	role, _ := t.Master.Role.Get()
	switch {
	case activities.Is(t.Master.Writable, true):
		parts = append(parts, master+" is the master and takes writes")
	case activities.Is(t.Master.Reachable, false):
		parts = append(parts, fmt.Sprintf("the master %s does not answer", master))
	default:
		parts = append(parts, fmt.Sprintf("%s answers as %q and takes no writes", master, role))
	}
	online, electable := 0, 0
	for _, r := range t.Replicas {
		if activities.Is(r.Online, true) {
			online++
		}
		if activities.Is(r.Electable, true) {
			electable++
		}
	}
	if activities.Is(t.Master.Reachable, true) {
		parts = append(parts, fmt.Sprintf("%d of %d replicas in sync", online, len(t.Replicas)))
	} else {
		parts = append(parts, fmt.Sprintf("%d of %d replicas fit to take over", electable, len(t.Replicas)))
	}
	s := t.Sentinels
	if s.MasterODown > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d Sentinels say that it is down", s.MasterODown, s.Known))
	}
	switch {
	case activities.Is(s.FailoverInProgress, true):
		parts = append(parts, "a failover is under way")
	case activities.Is(s.Agree, false):
		parts = append(parts, "the Sentinels name different masters")
	case activities.Is(s.Agree, true) && s.MasterODown == 0:
		parts = append(parts, fmt.Sprintf("%d of %d Sentinels agree", s.Reachable, s.Known))
	}
	return strings.Join(parts, "; ")
}

// clip keeps a line readable.
func clip(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
