package definitions

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Limits of a file. A runbook travels in the input of every run, and Temporal refuses
// payloads over 2 MiB.
const (
	maxFileBytes = 1 << 20
	maxDepth     = 64
	maxSteps     = 500
)

// document reads the only YAML document of a file. A file that cannot be read as
// such gives exactly one problem, and nil.
func (d *decoder) document(data []byte) *yaml.Node {
	start := Position{Line: 1, Column: 1}
	switch {
	case len(data) > maxFileBytes:
		d.reportAt(start, CodeTooLarge, "split it into several runbooks", "the file has %d bytes; at most %d are accepted", len(data), maxFileBytes)
		return nil
	case !utf8.Valid(data):
		d.reportAt(start, CodeUnreadable, "save it as UTF-8", "the file is not UTF-8 text")
		return nil
	}
	first, second, err := parseYAML(data)
	switch {
	case err != nil:
		d.syntax(data, err)
		return nil
	case first == nil || len(first.Content) == 0 || isNull(first.Content[0]):
		d.reportAt(start, CodeEmptyValue, "begin with `runbook: its-name`", "the file is empty")
		return nil
	}
	d.root = first.Content[0]
	d.refuse(d.root, nil, 0)
	if second != nil {
		d.report(second, CodeSecondDocument, "move it to a file of its own", "a second YAML document begins here")
	}
	return d.root
}

// parseYAML returns the first two documents of the data. The library panics on states
// that it believes to be impossible; they are errors of the file here.
func parseYAML(data []byte) (first, second *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			first, second, err = nil, nil, fmt.Errorf("yaml: %v", r)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for _, n := range []**yaml.Node{&first, &second} {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return first, second, nil
		}
		if err != nil {
			return nil, nil, err
		}
		*n = &doc
	}
	return first, second, nil
}

// refuse reports what YAML has and a runbook must not: anchors, aliases, merges, tags,
// keys that are no text, and endless nesting. Such nodes are marked as reported.
func (d *decoder) refuse(n, key *yaml.Node, depth int) {
	mark := func(code, suggestion, format string, args ...any) {
		d.report(n, code, suggestion, format, args...)
		d.bad[n] = true
	}
	begin, _ := d.src.at(d.position(n))
	switch {
	case depth > maxDepth:
		mark(CodeTooDeep, "", "the file nests more than %d levels deep", maxDepth)
		return
	case n.Kind == yaml.AliasNode:
		mark(CodeAlias, "repeat the text, or put a value that begins with `*` in quotes", "%q is a YAML alias", "*"+n.Value)
		return
	case n.Anchor != "":
		mark(CodeAlias, "remove it, or put a value that begins with `&` in quotes", "%q is a YAML anchor", "&"+n.Anchor)
	case begin == '!' && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 || n.Style&yaml.TaggedStyle != 0:
		d.tag(n, key)
	}
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			d.refuse(c, nil, depth+1)
		}
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind == yaml.ScalarNode && k.Tag == "!!merge":
			d.report(k, CodeMerge, "write the keys out", "`<<` is a YAML merge")
			d.bad[n] = true
			continue
		case k.Kind != yaml.ScalarNode && k.Kind != yaml.AliasNode:
			mark(CodeNeedsQuotes, "put the whole value in quotes", "the value begins with `{`, so YAML reads a map")
			return
		}
		d.refuse(k, nil, depth+1)
		d.refuse(v, k, depth+1)
	}
}

// tag reports a YAML tag. Most often it is a condition that begins with a negation.
func (d *decoder) tag(n, key *yaml.Node) {
	d.bad[n] = true
	p := d.position(n)
	rest := []rune(d.src.Line(p.Line))
	text := strings.TrimSpace(string(rest[min(p.Column-1, len(rest)):]))
	if strings.HasPrefix(text, "!!") || key == nil {
		d.report(n, CodeTag, "remove it, or put a value that begins with `!` in quotes", "%q is a YAML tag", strings.Fields(text + " !")[0])
		return
	}
	d.report(n, CodeNeedsQuotes, fmt.Sprintf("put the whole value in quotes: %s: %s", key.Value, quoted(text)),
		"the value begins with `!`, which YAML reads as a tag and drops")
}

// quoted puts a value in the quotes that need the fewest escapes.
func quoted(s string) string {
	if strings.Contains(s, `"`) && !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	return strconv.Quote(s)
}

// yamlError takes a message of the YAML library apart.
var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
