package config

import (
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// example is the least that makes a useful configuration, on one line because a
// problem is one line.
const example = `targets: [{name: cache, match: 'redis_cluster="cache"', redis: {address: "127.0.0.1:6379"}}]`

// Load reads the file at path, checks it and what it names, and fills in the
// defaults. It returns all problems of the file in one pass, sorted; the Config is
// nil when an error is among them, and not when there are only warnings.
func Load(path string) (*Config, definitions.Problems) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, definitions.Problems{{
			Position: definitions.Position{File: path}, Severity: definitions.Error, Code: definitions.CodeUnreadable,
			Message:    fmt.Sprintf("the configuration cannot be read: %v", err),
			Suggestion: "create it, or name another with --config.file",
		}}
	}
	return Parse(path, data)
}

// Parse is [Load] of a file that was already read. Paths in it are relative to the
// folder of path.
func Parse(path string, data []byte) (*Config, definitions.Problems) {
	d, c := decode(path, data)
	d.expand(c)
	d.checkFiles()
	return d.result(c)
}

// decode is all of Parse that does not look at the file system.
func decode(path string, data []byte) (*decoder, *Config) {
	d := newDecoder(path, data)
	c := &Config{Path: path}
	root := d.document(data)
	if root == nil {
		return d, c
	}
	o := d.object(root, "")
	c.Temporal = d.temporal(o)
	c.Alertmanager = d.alertmanager(o)
	d.runbooks = d.patterns(o, "runbooks")
	d.templates = d.patterns(o, "templates")
	c.Library = d.library(o)
	if webhook, ok := o.child("webhook"); ok {
		c.Webhook.Token = webhook.secret("token_file")
	}
	c.Receivers = d.receivers(o)
	c.Policy = d.policy(o, c.Receivers)
	c.Targets = d.targets(o, c.Temporal.TaskQueue)
	return d, c
}

// decoder holds what the parts of the decoding share: the file and its problems.
type decoder struct {
	file     string
	dir      string // absolute; what paths in the file are relative to
	source   *definitions.Source
	children map[string][]Key // by the path of the map
	problems definitions.Problems
	bad      map[*yaml.Node]bool // already reported; nothing more is said about them
	hidden   map[int]bool        // lines that hold a secret; no problem shows them

	files               []file    // that the configuration names
	runbooks, templates []pattern // not yet expanded
}

func newDecoder(path string, data []byte) *decoder {
	d := &decoder{
		file: path, source: definitions.NewSource(path, data), children: make(map[string][]Key), bad: make(map[*yaml.Node]bool), hidden: make(map[int]bool),
	}
	d.dir = filepath.Dir(path)
	if abs, err := filepath.Abs(d.dir); err == nil { // fails only when the working folder is gone
		d.dir = abs
	}
	for _, k := range Keys() {
		parent, _ := k.parent()
		d.children[parent] = append(d.children[parent], k)
	}
	return d
}

// result returns the configuration unless an error was found.
func (d *decoder) result(c *Config) (*Config, definitions.Problems) {
	for i := range d.problems {
		if d.hidden[d.problems[i].Line] {
			d.problems[i].Source = ""
		}
	}
	problems := d.problems.Sort()
	if problems.Failed() {
		return nil, problems
	}
	return c, problems
}

// fail reports an error at a node. The cure may be empty.
func (d *decoder) fail(n *yaml.Node, code, message, cure string) {
	d.report(d.place(n), definitions.Error, code, message, cure)
}

// warn reports a warning at a node.
func (d *decoder) warn(n *yaml.Node, code, message, cure string) {
	d.report(d.place(n), definitions.Warning, code, message, cure)
}

func (d *decoder) report(at place, severity definitions.Severity, code, message, cure string) {
	d.problems = append(d.problems, definitions.Problem{
		Position: at.position, Severity: severity, Code: code, Message: message, Suggestion: cure, Source: at.source,
	})
}

// inlineSecret reports a secret in the configuration itself, and hides its line from
// all messages.
func (d *decoder) inlineSecret(n *yaml.Node, path, cure string) {
	d.fail(n, CodeInlineSecret, path+" would hold a secret in the configuration itself", cure)
	d.hidden[d.place(n).position.Line] = true
}

// place returns where a node stands, with its line unless that may show a secret.
func (d *decoder) place(n *yaml.Node) place {
	p := d.source.Within(definitions.Position{File: d.file, Line: n.Line, Column: n.Column})
	return place{position: p, source: showable(d.source.Line(p.Line))}
}
