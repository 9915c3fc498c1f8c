package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// document parses the file as one plain YAML document and returns its map, or
// nil, with the reason reported.
func (d *decoder) document(data []byte) *yaml.Node {
	doc, second, err := documents(data)
	if err != nil {
		d.syntax(data, err)
		return nil
	}
	if doc == nil || len(doc.Content) == 0 || isNull(doc.Content[0]) {
		d.report(d.place(&yaml.Node{Line: 1, Column: 1}), definitions.Error, CodeEmptyFile,
			"the configuration is empty", "begin with "+example)
		return nil
	}
	if second != nil {
		d.fail(second, definitions.CodeSecondDocument, "a second YAML document begins here",
			"a configuration is one document; remove the line ---")
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		d.fail(root, definitions.CodeWrongShape, fmt.Sprintf("the configuration is %s, not a map of keys", kindOf(root)), "begin with "+example)
		return nil
	}
	d.plain(root)
	return root
}

// documents returns the first two documents, nil where there is none. The library panics
// on states that it holds for impossible; here they are errors of the file.
func documents(data []byte) (first, second *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the parser gives up: %v", r)
		}
	}()
	parser := yaml.NewDecoder(bytes.NewReader(data))
	for _, doc := range []**yaml.Node{&first, &second} {
		n := new(yaml.Node)
		if err := parser.Decode(n); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, err
		}
		*doc = n
	}
	return first, second, nil
}

// syntax reports that the file is no YAML. Of YAML's traps, and of where a file breaks
// that the parser finds broken, definitions knows the most.
func (d *decoder) syntax(data []byte, err error) {
	if _, problems := definitions.Parse(d.file, data); len(problems) == 1 &&
		(problems[0].Code == definitions.CodeNotYAML || problems[0].Code == definitions.CodeNeedsQuotes) {
		p := problems[0]
		p.Source = showable(p.Source)
		d.problems = append(d.problems, p)
		return
	}
	d.fail(&yaml.Node{Line: 1, Column: 1}, definitions.CodeNotYAML,
		"the file is not YAML: "+strings.TrimPrefix(err.Error(), "yaml: "), "save it as UTF-8 text")
}

// plain refuses, below a node, what makes YAML mean something else than it shows:
// anchors, aliases, merges and tags; and keys that are given twice.
func (d *decoder) plain(n *yaml.Node) {
	if n.Anchor != "" {
		d.fail(n, definitions.CodeAlias, fmt.Sprintf("the anchor &%s is not accepted", n.Anchor), "write the value where it is needed, or put it in quotes if it is text")
	}
	switch {
	case n.Kind == yaml.AliasNode:
		d.bad[n] = true
		d.fail(n, definitions.CodeAlias, fmt.Sprintf("the alias *%s is not accepted", n.Value), "write the value out, or put it in quotes if it is text")
		return
	case n.Style&yaml.TaggedStyle != 0 || (n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!")):
		d.bad[n] = true
		d.fail(n, definitions.CodeTag, "a value that begins with ! is a tag to YAML, which is not accepted", "put the value in quotes if it is text")
	}
	if n.Kind == yaml.MappingNode {
		d.unique(n)
	}
	for _, child := range n.Content {
		d.plain(child)
	}
}

// unique reports the keys of a map that are given twice.
func (d *decoder) unique(n *yaml.Node) {
	first := make(map[string]*yaml.Node)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind == yaml.ScalarNode && key.Tag == "!!merge":
			d.bad[key] = true
			d.fail(key, definitions.CodeMerge, "the merge key << is not accepted", "write the keys out")
		case key.Kind != yaml.ScalarNode:
			d.bad[key] = true
			d.fail(key, definitions.CodeNeedsQuotes, kindOf(key)+" stands where a key should be", "put the whole value in quotes")
		case first[key.Value] != nil:
			d.bad[key] = true
			d.fail(key, definitions.CodeDuplicateKey, fmt.Sprintf("%s is given twice; first at %s", key.Value, d.place(first[key.Value]).position),
				"remove one of them")
		default:
			first[key.Value] = key
		}
	}
}
