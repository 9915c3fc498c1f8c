package lint

import (
	"fmt"
	"slices"

	"redress/definitions"
	"redress/definitions/expr"
)

// The codes of the check of names.
const (
	CodeUndefinedName   = "undefined-name"
	CodeLaterName       = "later-name"
	CodeHiddenName      = "hidden-name"
	CodeNoResult        = "no-result"
	CodeUnavailableName = "unavailable-name"
)

// names checks that what expressions read exists where they stand.
type names struct{}

func (names) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{
		{Code: CodeUndefinedName, Text: "Nothing has this name: no step of the runbook and no standard variable."},
		{Code: CodeLaterName, Text: "The step of this name comes later; its result is not known yet."},
		{Code: CodeHiddenName, Text: "The step of this name stands in an `else` that may not have run, so its result cannot be read behind it. Check again where it is needed."},
		{Code: CodeNoResult, Text: "Only `check`, `act` and `verify` have a result that can be read."},
		{Code: CodeUnavailableName, Text: "The variable exists, but not here: `when` is decided before there is a run, and `result` belongs to `until`."},
	}
}

func (names) check(b *book) {
	for _, u := range b.uses() {
		for _, name := range u.Names {
			if p, bad := b.lookup(u.site, name, u.result != nil); bad {
				b.report(b.src.PlaceAt(u.Position, u.Source, mention(u.Source, name)), p.Code, p.Suggestion, "%s", p.Message)
			}
		}
	}
}

// lookup says what is wrong with reading a name at a site (nil: in `when`). Result
// tells whether the variable `result` exists there.
func (b *book) lookup(s *site, name string, result bool) (definitions.Problem, bool) {
	problem := func(code, suggestion, format string, args ...any) (definitions.Problem, bool) {
		return definitions.Problem{Code: code, Suggestion: suggestion, Message: fmt.Sprintf(format, args...)}, true
	}
	other, step := b.named[name]
	switch {
	case slices.Contains(definitions.LaterVariables(), name):
		return problem(definitions.CodeNotSupportedYet, "", "the variable %q is not supported yet", name)
	case name == definitions.Result && result, s == nil && declared(definitions.WhenVariables(), name):
		return definitions.Problem{}, false
	case name == definitions.Result:
		return problem(CodeUnavailableName, "name the step and read its result by that name", "`result` exists in `until` alone")
	case s == nil && (step || declared(definitions.Variables(), name)):
		return problem(CodeUnavailableName, "it can read alert, labels and target", "`when` is decided before there is a run, so it cannot read %q", name)
	case s != nil && declared(definitions.Variables(), name):
		return definitions.Problem{}, false
	case !step:
		return problem(CodeUndefinedName, definitions.DidYouMean(name, b.readable(s)), "nothing is named %q here", name)
	case result && other.Step == s.Step:
		return problem(CodeLaterName, "inside of `until`, the answer of the poll is `result`", "%q is the step itself", name)
	case s.visible[name] == nil && b.comesLater(s, other):
		return problem(CodeLaterName, "move it up, or read an earlier step", "the step %q comes later", name)
	case s.visible[name] == nil:
		return problem(CodeHiddenName, "check again where the result is needed", "the step %q stands in an `else` that may not have run", name)
	}
	if _, ok := b.result(other); !ok {
		return problem(CodeNoResult, "", "the step %q is a %s, which has no result", name, other.Kind)
	}
	return definitions.Problem{}, false
}

func (b *book) comesLater(s, other *site) bool {
	at := func(x *site) int {
		return slices.IndexFunc(b.sites, func(y *site) bool { return x.Step == y.Step })
	}
	return at(other) >= at(s)
}

// readable lists the names that can be read at a site.
func (b *book) readable(s *site) []string {
	variables := definitions.WhenVariables()
	var list []string
	if s != nil {
		variables = definitions.Variables()
		for name := range s.visible {
			list = append(list, name)
		}
	}
	for _, v := range variables {
		list = append(list, v.Name)
	}
	return list
}

func declared(variables []expr.Decl, name string) bool {
	return slices.ContainsFunc(variables, func(d expr.Decl) bool { return d.Name == name })
}

// mention finds where an expression first reads a variable, in characters from its
// beginning: the first occurrence of the name that is neither part of a longer word
// nor a field of something else nor inside of quotes.
func mention(source, name string) int {
	text, word := []rune(source), []rune(name)
	var quote rune
	for i := 0; i+len(word) <= len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case slices.Equal(text[i:i+len(word)], word) && boundary(text, i-1) && boundary(text, i+len(word)) && (i == 0 || text[i-1] != '.'):
			return i
		}
	}
	return 0
}

// boundary reports whether no word goes on at index i.
func boundary(text []rune, i int) bool {
	if i < 0 || i >= len(text) {
		return true
	}
	c := text[i]
	return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}
