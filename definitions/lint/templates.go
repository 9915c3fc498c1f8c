package lint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"redress/definitions"

	amtemplate "github.com/prometheus/alertmanager/template"
)

// The codes of the check of templates.
const (
	CodeBadTemplate     = "bad-template"
	CodeTemplateField   = "template-field"
	CodeUnknownTemplate = "unknown-template"
)

// templates checks the texts that people read: that they can be parsed with
// Alertmanager's functions, and that the results they show exist.
type templates struct{}

func (templates) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{
		{Code: CodeBadTemplate, Text: "The text is not a template of Alertmanager's language (Go's text/template with Alertmanager's functions)."},
		{Code: CodeTemplateField, Text: "The template reads a field that does not exist. The fields are those of Alertmanager's notifications and .Target, .Run, .Steps, .Reason."},
		{Code: CodeUnknownTemplate, Text: "No template of this name is defined, in the text or in the team's template files."},
	}
}

// text is a template of the runbook.
type text struct {
	definitions.Text
	site *site
	tree *template.Template // nil when it cannot be parsed
	err  error
}

// texts lists and parses the templates of the runbook.
func (b *book) texts() []text {
	var list []text
	for _, s := range b.sites {
		for _, t := range s.texts() {
			tree, err := template.New("").Funcs(template.FuncMap(amtemplate.DefaultFuncs)).Parse(t.Source)
			if err != nil {
				tree = nil
			}
			list = append(list, text{Text: *t, site: s, tree: tree, err: err})
		}
	}
	return list
}

func (s *site) texts() []*definitions.Text {
	var list []*definitions.Text
	switch {
	case s.Guard != nil:
		list = append(list, s.Guard.Reason)
	case s.Notify != nil:
		list = append(list, s.Notify.Title, &s.Notify.Message)
	case s.Escalate != nil:
		list = append(list, &s.Escalate.Message)
	case s.Stop != nil:
		list = append(list, s.Stop.Reason)
	}
	return slices.DeleteFunc(list, func(t *definitions.Text) bool { return t == nil || t.Source == "" })
}

func (templates) check(b *book) {
	known := b.templateNames()
	for _, t := range b.texts() {
		if at := interpolation.FindStringSubmatchIndex(t.Source); at != nil {
			cure := "texts are templates: write {{ .Steps.NAME.FIELD }}"
			if path := t.Source[at[2]:at[3]]; b.named[strings.Split(path, ".")[0]] != nil {
				cure = "write {{ .Steps." + path + " }}"
			}
			b.warn(b.place(t, at[0]), CodeBadTemplate, cure, "the text is a template, in which ${…} is not replaced")
		}
		if t.err != nil {
			b.badTemplate(t)
			continue
		}
		for _, r := range t.references() {
			b.checkReference(t, r)
		}
		if b.Templates == nil {
			continue
		}
		for _, call := range t.calls() {
			if t.tree.Lookup(call.name) == nil && !slices.Contains(known, call.name) {
				b.report(b.place(t, call.offset), CodeUnknownTemplate, definitions.DidYouMean(call.name, known), "no template is named %q", call.name)
			}
		}
	}
}

// templateNames lists the templates that the team's files define.
func (b *book) templateNames() []string {
	all := template.New("").Funcs(template.FuncMap(amtemplate.DefaultFuncs))
	for _, file := range slices.Sorted(maps.Keys(b.Templates)) {
		// A broken template file is the configuration's problem, not the runbook's.
		if _, err := all.Parse(b.Templates[file]); err != nil {
			continue
		}
	}
	var list []string
	for _, t := range all.Templates() {
		list = append(list, t.Name())
	}
	return list
}

// place returns where a byte of the template's text stands in the file.
func (b *book) place(t text, offset int) definitions.Position {
	return b.src.PlaceAt(t.Position, t.Source, len([]rune(t.Source[:min(offset, len(t.Source))])))
}

// interpolation is the form that inputs of actions have, and texts do not.
var interpolation = regexp.MustCompile(`\$\{\s*([^}]*?)\s*\}`)

// templateError takes a message of text/template apart: line, message.
var templateError = regexp.MustCompile(`^template: :(\d+): (.*)$`)

// undefinedFunction is a message of text/template.
var undefinedFunction = regexp.MustCompile(`^function "(\w+)" not defined$`)

func (b *book) badTemplate(t text) {
	line, message := 1, t.err.Error()
	if m := templateError.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	column, suggestion := 1, ""
	if m := undefinedFunction.FindStringSubmatch(message); m != nil {
		lines := strings.Split(t.Source, "\n")
		column = len([]rune(lines[line-1][:max(0, strings.Index(lines[line-1], m[1]))])) + 1
		suggestion = definitions.DidYouMean(m[1], functionNames())
		message = fmt.Sprintf("there is no function %q", m[1])
	}
	b.report(b.src.Place(t.Position, t.Source, line, column), CodeBadTemplate, suggestion, "the template cannot be parsed: %s", message)
}

// functionNames lists Alertmanager's functions and those of text/template.
func functionNames() []string {
	list := []string{"and", "call", "html", "index", "slice", "js", "len", "not", "or", "print", "printf", "println", "urlquery", "eq", "ge", "gt", "le", "lt", "ne"}
	for name := range amtemplate.DefaultFuncs {
		list = append(list, name)
	}
	return list
}
