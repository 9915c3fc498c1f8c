package expr

import (
	"errors"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// costs charges calls by what they read and make. cel-go's own cost model does not work
// here: it goes by the overloads that type checking chose, and a call would cost 1
// whatever it is given. Having our own also keeps the limit where it is when cel-go's
// model changes.
type costs struct{}

// CallCost implements cel-go's ActualCostEstimator.
func (costs) CallCost(function, _ string, args []ref.Val, result ref.Val) *uint64 {
	cost := uint64(1)
	if text, ok := result.(types.String); ok && len(text) > maxText {
		cost += maxCost
	}
	if function == "_+_" && len(args) == 2 {
		args = args[1:] // map() and filter() add to a list that grows: only what is added counts
	}
	const perUnit = 20 // comparing that much takes as long as other things that cost 1
	for _, arg := range args {
		cost += uint64(weight(arg, maxWeight) / perUnit)
	}
	return &cost
}

// tooLarge is the error for a value or for work beyond what an evaluation may make.
func tooLarge() error {
	return errors.New("this is too large: take fewer or smaller things together")
}

// checkWeight refuses what a literal or a comprehension built too large. Nested lists
// grow exponentially while each step costs little.
func checkWeight(value ref.Val) ref.Val {
	if weight(value, maxWeight) > maxWeight {
		return types.WrapErr(tooLarge())
	}
	return value
}
