package expr

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common"
)

// syntaxErrors puts the parser's errors into plain words. Of errors in the grammar only
// the first is told, because the others follow from it.
func syntaxErrors(source string, found []*common.Error) Errors {
	if strings.TrimSpace(source) == "" {
		return Errors{{Line: 1, Column: 1, Code: CodeSyntax, Message: "the expression is empty"}}
	}
	var errs Errors
	grammar := false
	for _, f := range found {
		e := &Error{Line: max(f.Location.Line(), 1), Column: max(f.Location.Column()+1, 1), Code: CodeSyntax}
		message, isGrammar := strings.CutPrefix(f.Message, "Syntax error: ")
		switch {
		case strings.Contains(f.Message, "recursion") || strings.Contains(f.Message, "node count"):
			return Errors{{
				Line: e.Line, Column: e.Column, Code: CodeCost,
				Message: "the expression is nested too deeply or too large", Suggestion: "split it over several steps",
			}}
		case isGrammar && grammar:
			continue
		case isGrammar:
			grammar = true
			e.Message, e.Suggestion = grammarMessage(message)
			if s := foreign(source, e.Line, e.Column); s != "" {
				e.Suggestion = s
			}
		default:
			e.Message, e.Suggestion = macroMessage(f.Message)
		}
		errs = append(errs, e)
	}
	return sorted(errs)
}

// grammarMessage translates what ANTLR says about the grammar.
func grammarMessage(message string) (text, suggestion string) {
	token := quoted(message)
	switch {
	case strings.HasPrefix(message, "missing"):
		return fmt.Sprintf("%q is missing", token), ""
	case token == "<EOF>":
		return "the expression ends too early", ""
	}
	text = fmt.Sprintf("unexpected %q", strings.TrimSpace(token))
	operators := map[string]string{
		"and": "&&", "AND": "&&", "&": "&&", "or": "||", "OR": "||", "|": "||",
		"not": "!", "=": "==", "<>": "!=", "is": "==", "~": "matches()",
	}
	if operator, ok := operators[strings.TrimSpace(token)]; ok {
		return text, fmt.Sprintf("write %q", operator)
	}
	if operator, ok := operators[firstRune(strings.TrimSpace(token))]; ok && strings.HasPrefix(message, "token recognition") {
		return text, fmt.Sprintf("write %q", operator)
	}
	if strings.HasPrefix(token, `"`) || strings.HasPrefix(token, "'") {
		return fmt.Sprintf("the string %s is not closed", token), ""
	}
	return text, ""
}

// foreign recognises what belongs to another notation.
func foreign(source string, line, column int) string {
	lines := strings.Split(source, "\n")
	if line > len(lines) {
		return ""
	}
	runes := []rune(lines[line-1])
	before := string(runes[:min(column-1, len(runes))])
	switch {
	case strings.Contains(source, "{{"):
		return "{{ … }} is for texts; here stands CEL"
	case strings.HasPrefix(strings.TrimSpace(source), "${"):
		return "leave ${ } away: CEL stands here anyway"
	case strings.HasSuffix(" "+strings.TrimSpace(before), " not"):
		return `write "!"`
	}
	return ""
}

// macroMessage translates what cel-go says about has(), all() and their like.
func macroMessage(message string) (text, suggestion string) {
	switch {
	case strings.Contains(message, "has() macro"):
		return "has() asks for a field", "write it as in has(before.master)"
	case strings.Contains(message, "must be a simple name"):
		return "the first argument is the name that each element gets", "write it as in replicas.all(r, r.online)"
	case strings.HasPrefix(message, "reserved identifier"):
		return fmt.Sprintf("%q is a reserved word", strings.TrimPrefix(message, "reserved identifier: ")), ""
	}
	return message, ""
}

// quoted returns the first text between single quotes; a quote may itself be in it.
func quoted(message string) string {
	_, rest, _ := strings.Cut(message, "'")
	if i := strings.LastIndex(rest, "' expecting"); i >= 0 {
		rest = rest[:i]
	} else if i := strings.Index(rest, "' at '"); i >= 0 {
		rest = rest[:i]
	} else {
		rest = strings.TrimSuffix(rest, "'")
	}
	return rest
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
