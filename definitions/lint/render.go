package lint

import (
	"fmt"
	"io"
	"strings"

	"redress/definitions"
)

// Render writes problems for people, each with its line of source, a caret under the
// place, and what to do about it:
//
//	redis.yaml:12:9: error unknown-key: a guard step has no key "resaon"
//	   12 |         resaon: nobody can reach it
//	      |         ^ did you mean "reason"?
func Render(w io.Writer, problems definitions.Problems) error {
	for _, p := range problems {
		if _, err := io.WriteString(w, render(p)); err != nil {
			return fmt.Errorf("write problems: %w", err)
		}
	}
	return nil
}

func render(p definitions.Problem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s %s: %s\n", p.Position, p.Severity, p.Code, p.Message)
	if strings.TrimSpace(p.Source) == "" {
		if p.Suggestion != "" {
			fmt.Fprintf(&b, "      = %s\n", p.Suggestion)
		}
		return b.String()
	}
	source, column := window([]rune(p.Source), p.Column)
	fmt.Fprintf(&b, "%5d | %s\n", p.Line, source)
	caret := strings.Repeat(" ", column-1) + "^"
	if p.Suggestion != "" {
		caret += " " + p.Suggestion
	}
	fmt.Fprintf(&b, "      | %s\n", caret)
	return b.String()
}

// window cuts a long line to the part around the column and makes tabs one character
// wide, so that the caret stands under its place.
func window(line []rune, column int) (string, int) {
	const width, lead = 140, 60
	column = max(1, min(column, len(line)+1))
	for i, r := range line {
		if r == '\t' || r < ' ' {
			line[i] = ' '
		}
	}
	if len(line) <= width {
		return string(line), column
	}
	begin := max(0, min(column-1-lead, len(line)-width))
	cut := string(line[begin : begin+width])
	if begin+width < len(line) {
		cut += "…"
	}
	if begin > 0 {
		return "…" + cut, column - begin + 1
	}
	return cut, column
}
