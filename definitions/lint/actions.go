package lint

import (
	"fmt"

	"redress/definitions"
)

// The codes of the check of actions.
const (
	CodeUnknownAction = "unknown-action"
	CodeWrongEffect   = "wrong-effect"
)

// actions checks that the actions exist, and that a step calls one of the right effect.
type actions struct{}

func (actions) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{
		{Code: CodeUnknownAction, Text: "No action has this name. `redress actions` lists them."},
		{Code: CodeWrongEffect, Text: "`check` and `verify` call actions that only read; `act` calls actions that change something. A change under `check` would escape the guards, and a read under `act` would count as a remedy."},
	}
}

func (actions) check(b *book) {
	for _, s := range b.sites {
		c := s.call()
		if c == nil || c.Action == "" {
			continue
		}
		at := b.key(s, string(s.Kind))
		a, ok := b.Actions.ActionType(c.Action)
		switch {
		case !ok:
			suggestion := definitions.DidYouMean(c.Action, b.Actions.ActionNames())
			if suggestion == "" {
				suggestion = "`redress actions` lists them"
			}
			b.report(at, CodeUnknownAction, suggestion, "there is no action %q", c.Action)
		case s.Act != nil && a.Effect != definitions.Change:
			b.report(at, CodeWrongEffect, "use check: or verify:", "act calls %s, which changes nothing", c.Action)
		case s.Act == nil && a.Effect != definitions.Read:
			b.report(at, CodeWrongEffect, fmt.Sprintf("use act: %s", c.Action), "%s calls %s, which changes something", s.Kind, c.Action)
		}
	}
}
