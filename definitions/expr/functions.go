package expr

import (
	"fmt"
	"strconv"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// additions declares what Redress adds to CEL. None of them reads a clock or draws a number.
func additions() []cel.EnvOption {
	options := []cel.EnvOption{
		cel.Function("bytes",
			cel.Overload("redress_bytes_string", []*cel.Type{cel.StringType}, cel.IntType, cel.UnaryBinding(bytesOf))),
		cel.Function("duration",
			cel.Overload("redress_duration_string", []*cel.Type{cel.StringType}, cel.DurationType, cel.UnaryBinding(durationOf))),
		cel.Function("string",
			cel.Overload("redress_string_duration", []*cel.Type{cel.DurationType}, cel.StringType, cel.UnaryBinding(durationText))),
		ratioFunction(),
	}
	for _, part := range timeParts() {
		options = append(options, part.declare())
	}
	return options
}

func bytesOf(size ref.Val) ref.Val {
	n, err := ParseBytes(string(size.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Int(n)
}

func durationOf(text ref.Val) ref.Val {
	d, err := ParseDuration(string(text.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Duration{Duration: d}
}

// durationText replaces CEL's own text of a duration, which is in seconds ("5400s").
func durationText(d ref.Val) ref.Val {
	return types.String(FormatDuration(d.(types.Duration).Duration))
}

// ratioFunction declares ratio(a, b): a double whatever the operands, and unknown for a
// divisor of 0, where CEL has an error for integers and an infinity for doubles.
func ratioFunction() cel.EnvOption {
	numbers := []*cel.Type{cel.IntType, cel.DoubleType}
	var overloads []cel.FunctionOpt
	for _, a := range numbers {
		for _, b := range numbers {
			id := fmt.Sprintf("redress_ratio_%s_%s", a.TypeName(), b.TypeName())
			overloads = append(overloads, cel.Overload(id, []*cel.Type{a, b}, cel.DoubleType, cel.BinaryBinding(ratio)))
		}
	}
	return cel.Function("ratio", overloads...)
}

func ratio(a, b ref.Val) ref.Val {
	dividend, divisor := float(a), float(b)
	if divisor == 0 {
		return types.WrapErr(&UnknownError{
			Path: fmt.Sprintf("ratio(%s, 0)", strconv.FormatFloat(dividend, 'g', -1, 64)),
			Why:  "its divisor is 0",
		})
	}
	return types.Double(dividend / divisor)
}

func float(number ref.Val) float64 {
	if i, ok := number.(types.Int); ok {
		return float64(i)
	}
	return float64(number.(types.Double))
}
