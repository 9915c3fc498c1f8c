package expr

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// guards makes the functions whose result or work can be far larger than what they are
// given refuse before they begin; the cost limit only counts what was done.
func guards() cel.EnvOption {
	quadratic := func(args []ref.Val) int {
		total := 1
		for _, arg := range args {
			total *= weight(arg, maxWork)
		}
		return total
	}
	work := map[string]func([]ref.Val) int{
		"replace": replaceWork, "join": joinWork, "format": formatWork,
		"distinct":      func(args []ref.Val) int { return quadratic([]ref.Val{args[0], args[0]}) },
		"sets.contains": quadratic, "sets.intersects": quadratic, "sets.equivalent": quadratic,
		"hasAny": quadratic, "hasAll": quadratic, "hasOnly": quadratic, "hasExactly": quadratic,
	}
	return func(env *cel.Env) (*cel.Env, error) {
		for name, estimate := range work {
			guarded, err := guard(env, name, estimate)
			if err != nil {
				return nil, fmt.Errorf("guard the function %s(): %w", name, err)
			}
			if env, err = guarded(env); err != nil {
				return nil, err
			}
		}
		return env, nil
	}
}

// guard declares a function again, with the same overloads, that looks at the work first.
func guard(env *cel.Env, name string, work func([]ref.Val) int) (cel.EnvOption, error) {
	declared, ok := env.Functions()[name]
	if !ok {
		return nil, errors.New("it does not exist")
	}
	bindings, err := declared.Bindings()
	if err != nil {
		return nil, err
	}
	var overloads []cel.FunctionOpt
	for _, o := range declared.OverloadDecls() {
		for _, b := range bindings {
			if b.Operator != o.ID() {
				continue
			}
			declare := cel.Overload
			if o.IsMemberFunction() {
				declare = cel.MemberOverload
			}
			overloads = append(overloads, declare(o.ID(), o.ArgTypes(), o.ResultType(), bind(b, len(o.ArgTypes()), work)))
		}
	}
	if len(overloads) == 0 {
		return nil, errors.New("its overloads have no bindings of their own")
	}
	return cel.Function(name, overloads...), nil
}

// bind returns a binding that looks at the work before it does what the given one does.
func bind(b *functions.Overload, arity int, work func([]ref.Val) int) cel.OverloadOpt {
	call := func(args ...ref.Val) ref.Val {
		switch {
		case work(args) > maxWork:
			return types.WrapErr(tooLarge())
		case b.Unary != nil:
			return b.Unary(args[0])
		case b.Binary != nil:
			return b.Binary(args[0], args[1])
		}
		return b.Function(args...)
	}
	switch arity {
	case 1:
		return cel.UnaryBinding(func(arg ref.Val) ref.Val { return call(arg) })
	case 2:
		return cel.BinaryBinding(func(a, b ref.Val) ref.Val { return call(a, b) })
	}
	return cel.FunctionBinding(call)
}

func replaceWork(args []ref.Val) int {
	text, old, with := args[0].(types.String), args[1].(types.String), args[2].(types.String)
	return len(text) + strings.Count(string(text), string(old))*len(with)
}

func joinWork(args []ref.Val) int {
	list := args[0].(traits.Lister)
	total := 0
	for it := list.Iterator(); total <= maxWork && it.HasNext() == types.True; {
		item, _ := it.Next().(types.String)
		total += len(item)
		if len(args) > 1 {
			total += len(args[1].(types.String))
		}
	}
	return total
}

// formatWork counts the text of all arguments, and up to 100 digits for each.
func formatWork(args []ref.Val) int {
	return len(args[0].(types.String)) + 100*weight(args[1], maxWork)
}
