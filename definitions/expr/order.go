package expr

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// orderMaps makes the maps that an expression writes iterate in key order; cel-go's own
// go over a Go map, in a new order each time, which a replayed workflow would notice.
func orderMaps(node interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	constructor, ok := node.(interpreter.InterpretableConstructor)
	if !ok || constructor.Type() != types.MapType {
		return node, nil
	}
	return &orderedConstructor{InterpretableConstructor: constructor}, nil
}

type orderedConstructor struct {
	interpreter.InterpretableConstructor
}

// Exec implements interpreter.InterpretableV2.
func (c *orderedConstructor) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	value := c.InterpretableConstructor.Exec(frame)
	if m, ok := value.(traits.Mapper); ok {
		return newSortedMap(m)
	}
	return value
}

// Eval implements interpreter.Interpretable.
func (c *orderedConstructor) Eval(vars interpreter.Activation) ref.Val {
	return interpreter.EvalActivation(vars, c.Exec)
}
