package definitions

import "fmt"

// Walk visits every step, those in `else` included, in the order of the file.
func (r *Runbook) Walk(visit func(*Step)) { walk(r.Steps, visit) }

func walk(steps []Step, visit func(*Step)) {
	for i := range steps {
		s := &steps[i]
		visit(s)
		switch {
		case s.Guard != nil:
			walk(s.Guard.Else, visit)
		case s.Verify != nil:
			walk(s.Verify.Else, visit)
		}
	}
}

// Action returns the name of the action that the step calls, "" when it calls none.
func (s *Step) Action() string {
	if c := s.call(); c != nil {
		return c.Action
	}
	return ""
}

// Pin fixes what a run needs of the runbook: itself, and the types of the actions that
// it uses, in the order of their first use. The error names an action that does not exist.
func Pin(r Runbook, actions Actions) (Pinned, error) {
	p := Pinned{Runbook: r}
	var err error
	r.Walk(func(s *Step) {
		name := s.Action()
		if _, pinned := p.Action(name); name == "" || pinned {
			return
		}
		a, ok := actions.ActionType(name)
		if !ok && err == nil {
			err = fmt.Errorf("pin the runbook %s: %s: there is no action %q", r.Name, s.Position, name)
		}
		p.Actions = append(p.Actions, a)
	})
	if err != nil {
		return Pinned{}, err
	}
	return p, nil
}
