package definitions

import (
	"regexp"
	"strconv"
	"strings"
)

// syntax reports that the file is not YAML, at the line that breaks it. Where that
// line shows one of the well-known traps, the message names the trap instead of what
// the YAML library says.
func (d *decoder) syntax(data []byte, err error) {
	message, line := err.Error(), 1
	if m := yamlError.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi("0" + m[1])
		message = m[2]
	}
	if at := brokenLine(data, d.src.Lines()); at > 0 {
		line = at
	}
	line = max(1, min(line, d.src.Lines()))
	text := d.src.Line(line)
	for _, t := range traps() {
		if m := t.pattern.FindStringSubmatchIndex(text); m != nil {
			column := len([]rune(text[:m[2]])) + 1
			d.reportAt(Position{Line: line, Column: column}, CodeNeedsQuotes, t.cure, "%s", t.message)
			return
		}
	}
	suggestion, column := "", max(0, indentation(text))+1
	if tab := strings.Index(text[:len(text)-len(strings.TrimLeft(text, " \t"))], "\t"); tab >= 0 {
		suggestion, column = "indent with spaces: YAML forbids tabs", tab+1
	}
	d.reportAt(Position{Line: line, Column: column}, CodeNotYAML, suggestion, "the file is not YAML: %s", message)
}

// brokenLine finds the line that makes the data invalid: the one behind the longest
// valid beginning. The library names the line where the surrounding map began, which
// may be far above. 0 when the search would take too long.
func brokenLine(data []byte, lines int) int {
	const budget = 4 << 20 // bytes parsed in all
	ends := make([]int, 0, lines)
	for i, b := range data {
		if b == '\n' {
			ends = append(ends, i+1)
		}
	}
	spent := 0
	for i := len(ends) - 1; i >= 0; i-- {
		if spent += ends[i]; spent > budget {
			return 0
		}
		if _, _, err := parseYAML(data[:ends[i]]); err == nil {
			return i + 2
		}
	}
	return 1
}

// trap is a way in which text that people mean literally is something else to YAML.
type trap struct {
	pattern *regexp.Regexp // its first group is the place of the problem
	message string
	cure    string
}

// start matches what stands before a value: indentation, list dashes, a key.
const start = `^\s*(?:- +)*(?:[\w.-]+: +)?`

func traps() []trap {
	const whole = "put the whole value in quotes, or write it below `|`"
	return []trap{
		{regexp.MustCompile(start + `("(?:[^"\\]|\\.)*"\s*[^\s#,:}\]])`), "the value begins with a quote, so YAML ends it at the closing quote", "put the whole value in single quotes, or write it below `|`"},
		{regexp.MustCompile(start + `('(?:[^']|'')*'\s*[^\s#,:}\]])`), "the value begins with a quote, so YAML ends it at the closing quote", "put the whole value in double quotes, or write it below `|`"},
		{regexp.MustCompile(start + `(!)`), "the value begins with `!`, which YAML reads as a tag and drops", whole},
		{regexp.MustCompile(start + `(\{\{)`), "the value begins with `{`, so YAML reads a map", whole},
		{regexp.MustCompile(start + `(\{[^}]*[=~])`), "the value begins with `{`, so YAML reads a map", whole},
		{regexp.MustCompile(start + `\{.*?[^"'](\$\{)`), "`${` inside `{ }` must stand in quotes", "write it as in {name: \"${…}\"}"},
		{regexp.MustCompile(start + `([&*%@` + "`" + `])`), "the value begins with a character that means something to YAML", whole},
		{regexp.MustCompile(`^\s*(?:- +)*[\w.-]+: +[^"'\s|>{\[].*?(:)(?: |$)`), "the value holds a colon with a blank behind it, which YAML reads as another key", whole},
	}
}
