package lint

import (
	"slices"

	"redress/definitions"
	"redress/definitions/expr"
)

// CodeReservedName is the code of the check of reserved names.
const CodeReservedName = "reserved-name"

// reserved checks that no step has a name that already means something in expressions.
type reserved struct{}

func (reserved) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeReservedName, Text: "The name already means something in expressions: it is a word of CEL or a standard variable."}}
}

func (reserved) check(b *book) {
	variables := append(definitions.LaterVariables(), definitions.Result)
	for _, v := range definitions.Variables() {
		variables = append(variables, v.Name)
	}
	for _, s := range b.sites {
		switch {
		case s.Name != "" && expr.IsReserved(s.Name):
			b.report(b.key(s, "name"), CodeReservedName, "choose another one", "%q already means something in CEL and cannot name a step", s.Name)
		case slices.Contains(variables, s.Name):
			b.report(b.key(s, "name"), CodeReservedName, "choose another one", "%q is a standard variable and cannot name a step", s.Name)
		}
	}
}
