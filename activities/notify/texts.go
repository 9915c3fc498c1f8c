package notify

import (
	_ "embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"maps"
	"os"
	"slices"
	"strings"
	"text/template"

	amtemplate "github.com/prometheus/alertmanager/template"

	"redress/definitions/expr"
	"redress/internal/contract"
)

//go:embed builtin.tmpl
var builtin string

// The templates of builtin.tmpl. A team's file may define them anew.
const (
	builtinTitle   = "redress.title"
	builtinMessage = "redress.message"
)

// ownText names a runbook's own text, in errors too. No file is likely to define it.
const ownText = "the text"

// texts are the templates that a message may use: Alertmanager's, ours, the team's.
type texts struct {
	all   *template.Template
	plain *template.Template // without the team's
	names map[string]bool    // that the templates of all use as fields
}

func parseTexts(files []string) (*texts, error) {
	for _, file := range files { // Alertmanager takes a pattern that finds nothing for none
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("template file: %w", err)
		}
	}
	plain, err := parseSet(nil)
	if err != nil {
		return nil, err
	}
	all, err := parseSet(files)
	if err != nil {
		return nil, err
	}
	t := &texts{all: all, plain: plain, names: map[string]bool{}}
	for _, set := range []*template.Template{all, plain} {
		for _, one := range set.Templates() {
			prepare(one.Tree, t.names)
		}
	}
	return t, nil
}

// parseSet reads the templates as Alertmanager does, functions included, and keeps the
// set for text, since Alertmanager itself would print a missing key as nothing.
func parseSet(files []string) (*template.Template, error) {
	var set *template.Template
	keep := func(text *template.Template, _ *htmltemplate.Template) { set = text.Funcs(ownFuncs()) }
	if _, err := amtemplate.FromGlobs(files, keep); err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	ours, err := template.New("").Funcs(template.FuncMap(amtemplate.DefaultFuncs)).Parse(builtin)
	if err != nil {
		return nil, fmt.Errorf("read the built-in messages: %w", err)
	}
	for _, one := range ours.Templates() {
		if one.Tree == nil || set.Lookup(one.Name()) != nil { // the team's own comes first
			continue
		}
		if _, err := set.AddParseTree(one.Name(), one.Tree); err != nil {
			return nil, fmt.Errorf("read the built-in messages: %w", err)
		}
	}
	return set, nil
}

// render returns the title and the message. Where one of the texts fails it returns a
// plain account instead, which says so, and the error.
func (t *texts) render(tell contract.Tell, d *Data) (title, message string, err error) {
	title, titleErr := t.text(t.all, tell.Title, builtinTitle, tell.Steps, d)
	if titleErr != nil {
		title = t.plainly(builtinTitle, d)
		titleErr = fmt.Errorf("render the title: %w", titleErr)
	}
	message, messageErr := t.text(t.all, tell.Message, builtinMessage, tell.Steps, d)
	if messageErr != nil {
		message = t.plainly(builtinMessage, d)
		if tell.Message != "" {
			message = fmt.Sprintf("(It was to read: %s)\n\n%s", strings.TrimSpace(tell.Message), message)
		}
		messageErr = fmt.Errorf("render the message: %w", messageErr)
	}
	if err = errors.Join(titleErr, messageErr); err != nil {
		message = fmt.Sprintf("(This is a plain account. Could not %v)\n%s", err, message)
	}
	return strings.Join(strings.Fields(title), " "), strings.TrimSpace(message), err
}

// text renders a text of a runbook, or the named template in its place.
func (t *texts) text(set *template.Template, text, name string, steps map[string]expr.Value, d *Data) (string, error) {
	set, err := set.Clone()
	if err != nil {
		return "", err
	}
	set.Option("missingkey=error")
	used := maps.Clone(t.names)
	one := set.Lookup(name)
	if text != "" {
		if one, err = set.New(ownText).Parse(text); err != nil {
			return "", err
		}
		prepare(one.Tree, used)
		for _, defined := range one.Templates() { // by {{ define }} inside the text
			if t.all.Lookup(defined.Name()) == nil && defined != one {
				prepare(defined.Tree, used)
			}
		}
	}
	with := *d
	if with.Steps, err = decodeSteps(steps, slices.Collect(maps.Keys(used))); err != nil {
		return "", err
	}
	var b strings.Builder
	if err := one.Execute(&b, &with); err != nil {
		return "", err
	}
	return b.String(), nil
}

// plainly renders a built-in text, in no case not at all.
func (t *texts) plainly(name string, d *Data) string {
	text, err := t.text(t.plain, "", name, nil, d)
	if err != nil { // alerts or run are not as they ought to be; their names have to do
		return fmt.Sprintf("%s: run %s of runbook %s: %s %s", d.Target.Name, d.Run.ID, d.Run.Runbook, d.Run.Status, d.Run.Outcome)
	}
	return text
}
