package expr

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"
)

// activation gives an evaluation the variables of a scope, each decoded when it is first read.
type activation struct {
	scope   Scope
	decoded map[string]ref.Val
}

func newActivation(scope Scope) *activation {
	return &activation{scope: scope, decoded: map[string]ref.Val{}}
}

// ResolveName implements cel.Activation.
func (a *activation) ResolveName(name string) (any, bool) {
	if value, ok := a.decoded[name]; ok {
		return value, true
	}
	v, ok := a.scope[name]
	if !ok {
		return nil, false
	}
	value := decodeVar(name, v)
	a.decoded[name] = value
	return value, true
}

// Parent implements cel.Activation.
func (a *activation) Parent() cel.Activation { return nil }
