package activities

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"redress/definitions"
)

// Registry holds the actions by name. It is a value that a process builds once.
type Registry struct {
	actions map[string]Action
}

var _ definitions.Actions = (*Registry)(nil)

// NewRegistry returns a registry of the actions. Two of the same name, or one whose
// input or output cannot be described, are an error.
func NewRegistry(actions ...Action) (*Registry, error) {
	r := &Registry{actions: make(map[string]Action, len(actions))}
	var errs []error
	for _, a := range actions {
		if a.err != nil {
			errs = append(errs, fmt.Errorf("action %s: %w", a.Name, a.err))
		}
		if _, double := r.actions[a.Name]; double {
			errs = append(errs, fmt.Errorf("action %s is defined twice", a.Name))
		}
		r.actions[a.Name] = a
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

// Action returns the action of that name.
func (r *Registry) Action(name string) (Action, bool) {
	a, ok := r.actions[name]
	return a, ok
}

// ActionType returns the type of the action of that name.
func (r *Registry) ActionType(name string) (definitions.ActionType, bool) {
	a, ok := r.actions[name]
	return a.Type(), ok
}

// ActionNames lists the names of all actions, sorted.
func (r *Registry) ActionNames() []string { return slices.Sorted(maps.Keys(r.actions)) }
