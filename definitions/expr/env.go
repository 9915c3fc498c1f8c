package expr

import (
	"fmt"
	"regexp"
	"slices"

	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/containers"
	"cel.dev/cel-go/common/decls"
)

// Decl declares a variable that expressions may read.
type Decl struct {
	Name string // an identifier: letters, digits and underscores, not [IsReserved]
	Type Type
}

// Env checks expressions against declared variables. It never changes and may be used
// by several goroutines.
type Env struct {
	engine  *engine
	objects *objectTypes
	checker *checker.Env
	decls   map[string]Type
}

// NewEnv returns the environment of these variables. A name that is no identifier, is
// reserved or comes twice is an error, and so is a type of unknown kind.
func NewEnv(variables []Decl) (*Env, error) {
	e, err := newEngine()
	if err != nil {
		return nil, err
	}
	env := &Env{engine: e, objects: newObjectTypes(), decls: make(map[string]Type, len(variables))}
	env.checker, err = checker.NewEnv(containers.DefaultContainer, env.objects, checker.CrossTypeNumericComparisons(true))
	if err != nil {
		return nil, fmt.Errorf("build the type checker: %w", err)
	}
	for _, v := range variables {
		if err := env.declare(v); err != nil {
			return nil, fmt.Errorf("declare the variable %q: %w", v.Name, err)
		}
	}
	for name, function := range e.env.Functions() {
		if err := env.checker.AddFunctions(function); err != nil {
			return nil, fmt.Errorf("declare the function %q: %w", name, err)
		}
	}
	return env, nil
}

func (e *Env) declare(v Decl) error {
	_, twice := e.decls[v.Name]
	switch {
	case !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(v.Name):
		return fmt.Errorf("the name is no identifier: use letters, digits and underscores")
	case IsReserved(v.Name):
		return fmt.Errorf("the name is reserved in CEL: choose another")
	case twice:
		return fmt.Errorf("the name is taken: choose another")
	}
	t, err := e.objects.celType(v.Type)
	if err != nil {
		return err
	}
	e.decls[v.Name] = v.Type
	return e.checker.AddIdents(decls.NewVariable(v.Name, t))
}

// IsReserved reports whether a name cannot be a variable's, because CEL's grammar, a
// type or a group of functions has it.
func IsReserved(name string) bool {
	return slices.Contains(reservedWords(), name) || isTypeName(name) || slices.Contains(namespaces(), name)
}

// reservedWords are the literals, the operator and the reserved words of the CEL
// specification (language definition, "Syntax").
func reservedWords() []string {
	return []string{
		"true", "false", "null", "in",
		"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
		"package", "namespace", "return", "var", "void", "while",
	}
}

// namespaces are the prefixes of cel-go's functions, as in math.abs().
func namespaces() []string { return []string{"lists", "math", "optional", "sets", "strings"} }

func isTypeName(name string) bool {
	_, ok := newObjectTypes().FindIdent(name)
	return ok
}
