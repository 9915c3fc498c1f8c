package definitions

import (
	"fmt"
	"slices"
	"strings"
)

// Pin fixes what a run needs of a runbook: the runbook itself, and the types of the
// actions that it uses.
func Pin(r Runbook, actions Actions) (Pinned, error) {
	p := Pinned{Runbook: r}
	var pin func(steps []Step) error
	pin = func(steps []Step) error {
		for _, s := range steps {
			for _, name := range s.actions() {
				if _, have := p.Action(name); have {
					continue
				}
				a, ok := actions.ActionType(name)
				if !ok {
					return fmt.Errorf("runbook %s: this worker has no action %s", r.Name, name)
				}
				p.Actions = append(p.Actions, a)
			}
			if err := pin(s.inner()); err != nil {
				return err
			}
		}
		return nil
	}
	err := pin(r.Steps)
	slices.SortFunc(p.Actions, func(a, b ActionType) int { return strings.Compare(a.Name, b.Name) })
	return p, err
}

// actions lists the action that the step itself calls, if any.
func (s Step) actions() []string {
	switch {
	case s.Check != nil:
		return []string{s.Check.Action}
	case s.Act != nil:
		return []string{s.Act.Action}
	case s.Verify != nil:
		return []string{s.Verify.Action}
	}
	return nil
}

// inner lists the steps of the step's branches.
func (s Step) inner() []Step {
	switch {
	case s.Guard != nil:
		return s.Guard.Else
	case s.Verify != nil:
		return s.Verify.Else
	}
	return nil
}
