package definitions

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// decoder turns the YAML nodes of one file into a runbook and collects what is wrong
// with them. Its methods report a problem and go on with a zero value, so that one
// pass finds all problems.
type decoder struct {
	src      *Source
	root     *yaml.Node
	problems Problems
	bad      map[*yaml.Node]bool   // already reported; nothing more is said about them
	names    map[string]*yaml.Node // of steps, for duplicates
	steps    int
	path     string // of the step whose keys are being read
}

// report notes a problem at a node.
func (d *decoder) report(n *yaml.Node, code, suggestion, format string, args ...any) {
	d.reportAt(d.position(n), code, suggestion, format, args...)
}

// reportAt notes a problem at a position.
func (d *decoder) reportAt(p Position, code, suggestion, format string, args ...any) {
	p = d.src.Within(p)
	d.problems = append(d.problems, Problem{
		Position: p, Severity: Error, Code: code, Message: fmt.Sprintf(format, args...),
		Suggestion: suggestion, Source: d.src.Line(p.Line),
	})
}

// position returns where a node begins.
func (d *decoder) position(n *yaml.Node) Position {
	return d.src.Within(Position{Line: n.Line, Column: n.Column})
}

// content returns where the text of a scalar begins: behind its quote, or in the
// first line of a block.
func (d *decoder) content(n *yaml.Node) Position {
	p := d.position(n)
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		p.Column++
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		for line := p.Line + 1; line <= d.src.Lines(); line++ {
			if indent := indentation(d.src.Line(line)); indent >= 0 {
				return Position{File: p.File, Line: line, Column: indent + 1}
			}
		}
	}
	return p
}

// indentation counts the characters before the first that is no blank; -1 in an
// empty line.
func indentation(line string) int {
	for i, r := range []rune(line) {
		if r != ' ' && r != '\t' {
			return i
		}
	}
	return -1
}

// key is one key of a map of the language: its name, what it means, and how its value
// is read into a T. The tables of keys are the single source of what is accepted;
// a JSON schema and the reference can be made from them.
type key[T any] struct {
	name     string
	doc      string
	required bool
	// decode is nil for a key that the language has and this version does not carry out.
	decode func(d *decoder, value *yaml.Node, into *T)
}

// pair is a key of a YAML map with its value.
type pair struct {
	name  string
	key   *yaml.Node
	value *yaml.Node
}

// pairs returns the keys and values of a map in the order of the file. Keys that
// stand twice are reported with both positions, and the first one counts.
func (d *decoder) pairs(n *yaml.Node) []pair {
	var out []pair
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if d.bad[k] {
			continue
		}
		if earlier, ok := first[k.Value]; ok {
			d.report(k, CodeDuplicateKey, fmt.Sprintf("it stands at %s already", d.position(earlier)),
				"key %q stands twice in the same map", k.Value)
			continue
		}
		first[k.Value] = k
		out = append(out, pair{name: k.Value, key: k, value: v})
	}
	return out
}

// decodeKeys reads a map by its table of keys. What names the map in messages
// ("the runbook", "limits").
func decodeKeys[T any](d *decoder, n *yaml.Node, what string, table []key[T], into *T) {
	if !d.isMap(n, what) {
		return
	}
	seen := map[string]bool{}
	for _, p := range d.pairs(n) {
		seen[p.name] = true
		if n == d.root {
			d.src.mark("", p.name, d.position(p.key), d.content(p.value))
		}
		k, ok := find(table, p.name)
		switch {
		case !ok:
			d.report(p.key, CodeUnknownKey, DidYouMean(p.name, keyNames(table)), "%s has no key %q", what, p.name)
		case k.decode == nil:
			d.notSupported(p.key, "key", p.name)
		case k.required && isNull(p.value):
			d.report(p.value, CodeEmptyValue, "give it a value: "+k.doc, "%s is empty", p.name)
		case !d.bad[p.value]:
			k.decode(d, p.value, into)
		}
	}
	at := d.position(n)
	if n == d.root {
		at = Position{Line: 1, Column: 1} // not where the first key happens to stand
	}
	for _, k := range table {
		if k.required && !seen[k.name] {
			d.reportAt(at, CodeMissingKey, fmt.Sprintf("add `%s:`: %s", k.name, k.doc), "%s lacks the key %q", what, k.name)
		}
	}
}

// notSupported reports a part of the language that this version does not carry out.
func (d *decoder) notSupported(n *yaml.Node, what, name string) {
	d.report(n, CodeNotSupportedYet, "remove it for now: it would have no effect", "%s %q is not supported yet", what, name)
}

func find[T any](table []key[T], name string) (key[T], bool) {
	for _, k := range table {
		if k.name == name {
			return k, true
		}
	}
	return key[T]{}, false
}

func keyNames[T any](table []key[T]) []string {
	names := make([]string, len(table))
	for i, k := range table {
		names[i] = k.name
	}
	return names
}
