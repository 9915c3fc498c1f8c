package expr

import (
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// construct makes the maps that an expression writes iterate in key order; cel-go's own
// go over a Go map, in a new order each time, which a replayed workflow would notice. It
// also bounds the lists and maps that an expression writes.
func construct(node interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	constructor, ok := node.(interpreter.InterpretableConstructor)
	if !ok {
		return node, nil
	}
	return &boundedConstructor{InterpretableConstructor: constructor}, nil
}

type boundedConstructor struct {
	interpreter.InterpretableConstructor
}

// Exec implements interpreter.InterpretableV2.
func (c *boundedConstructor) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	value := checkWeight(c.InterpretableConstructor.Exec(frame))
	if m, ok := value.(traits.Mapper); ok {
		return newSortedMap(m)
	}
	return value
}

// Eval implements interpreter.Interpretable.
func (c *boundedConstructor) Eval(vars interpreter.Activation) ref.Val {
	return interpreter.EvalActivation(vars, c.Exec)
}
