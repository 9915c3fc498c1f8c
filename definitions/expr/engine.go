package expr

import (
	"errors"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	celenv "cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"cel.dev/cel-go/interpreter"
)

// The bounds of an expression. They are far above what a runbook needs, and low
// enough that no expression holds a workflow task up.
const (
	maxLength  = 4096    // characters of source
	maxNesting = 60      // depth of the syntax tree while parsing
	maxNodes   = 5000    // nodes of the syntax tree, macros expanded
	maxCost    = 100_000 // steps of one evaluation, about 10 ms; see costs
	maxWeight  = 50_000  // scalars in a value that an expression makes; see weight
	maxText    = 256_000 // bytes of a string that an expression makes
	maxWork    = 1 << 21 // bytes or comparisons of one call
	maxRange   = 10_000  // elements that lists.range() makes
	maxRegex   = 1000    // instructions of a compiled regular expression
)

// Versions of cel-go's libraries and of its cost model. They are pinned so that a new
// cel-go changes neither the language nor the cost limit under a running runbook.
const (
	versionStrings  = 5
	versionLists    = 5
	versionMath     = 3
	versionSets     = 1
	versionOptional = 4
	versionCost     = 1
)

// engine parses and runs expressions. It depends on no scope and never changes, so one
// engine serves any number of evaluations.
type engine struct {
	env *cel.Env
}

func newEngine() (*engine, error) {
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(standardSubset())),
		cel.OptionalTypes(cel.OptionalTypesVersion(versionOptional)),
		ext.Strings(ext.StringsVersion(versionStrings)),
		ext.Lists(ext.ListsVersion(versionLists), ext.ListsMaxRangeSize(maxRange)),
		ext.Math(ext.MathVersion(versionMath)),
		ext.Sets(ext.SetsVersion(versionSets)),
		cel.CostModelVersion(versionCost),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.EnableMacroCallTracking(),
		cel.ParserExpressionSizeLimit(maxLength),
		cel.ParserRecursionLimit(maxNesting),
		cel.ExpressionNodeLimit(maxNodes),
		cel.RegexProgramSizeLimit(maxRegex),
	}
	options = append(options, additions()...)
	options = append(options, guards())
	// Last, because libraries put a registry of protocol buffers before these.
	options = append(options, cel.CustomTypeAdapter(adapter{}), cel.CustomTypeProvider(newObjectTypes()))
	env, err := cel.NewCustomEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("build the CEL environment: %w", err)
	}
	return &engine{env: env}, nil
}

// parsed is the syntax tree of an expression.
type parsed struct {
	source common.Source
	tree   *ast.AST
}

// parse returns the syntax tree of an expression. The error is Errors.
func (e *engine) parse(source string) (*parsed, error) {
	text, err := common.NewTextSourceWithLimit(source, maxLength)
	if err != nil {
		return nil, Errors{{
			Line: 1, Column: 1, Code: CodeCost,
			Message:    fmt.Sprintf("the expression has more than %d characters", maxLength),
			Suggestion: "split it over several steps",
		}}
	}
	tree, issues := e.env.ParseSource(text)
	if issues.Err() != nil {
		return nil, syntaxErrors(source, issues.Errors())
	}
	p := &parsed{source: text, tree: tree.NativeRep()}
	relaxPresence(p.tree)
	return p, nil
}

// run evaluates a syntax tree, or a part of one, without checking its types.
func (e *engine) run(tree *ast.AST, vars cel.Activation) (ref.Val, error) {
	program, err := e.env.PlanProgram(tree, cel.CostLimit(maxCost), cel.CostTracking(costs{}), cel.CustomDecoratorV2(construct))
	if err != nil {
		return nil, e.evalError(tree, err)
	}
	value, _, err := program.Eval(vars)
	if err != nil {
		return nil, e.evalError(tree, err)
	}
	return value, nil
}

// standardSubset leaves out of CEL's standard library what Redress replaces: the
// conversions to bytes and durations, durations as text, and time zones by the name "Local".
func standardSubset() *celenv.LibrarySubset {
	excluded := []*celenv.Function{
		celenv.NewFunction("bytes"),
		celenv.NewFunction("duration"),
		celenv.NewFunction("string", celenv.NewOverload("duration_to_string", nil, nil)),
	}
	for _, part := range timeParts() {
		excluded = append(excluded, celenv.NewFunction(part.function, celenv.NewOverload(part.standard, nil, nil)))
	}
	return celenv.NewLibrarySubset().AddExcludedFunctions(excluded...)
}

// costExceeded reports whether an evaluation was stopped by its cost limit.
func costExceeded(err error) bool {
	var cancelled interpreter.EvalCancelledError
	return errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded
}
