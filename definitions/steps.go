package definitions

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// block reads a list of steps. Path is that of the branch it stands in, "" at the top.
func (d *decoder) block(n *yaml.Node, what, path string) []Step {
	if !d.isList(n, what) {
		return nil
	}
	if len(n.Content) == 0 {
		if path == "" {
			d.report(n, CodeEmptyValue, "write at least one step", "%s is empty", what)
		}
		return nil
	}
	steps := make([]Step, 0, len(n.Content))
	for i, c := range n.Content {
		if d.steps++; d.steps == maxSteps+1 {
			d.report(c, CodeTooManySteps, "split the runbook", "the runbook has more than %d steps", maxSteps)
		}
		if d.steps > maxSteps {
			break
		}
		steps = append(steps, d.step(c, path, i))
	}
	return steps
}

// step reads one step. A step that cannot be understood keeps its name and an empty
// kind, so that what reads its result is not reported too.
func (d *decoder) step(n *yaml.Node, parent string, index int) Step {
	s := Step{Position: d.position(n)}
	if !d.isMap(n, "a step") {
		s.Path = join(parent, fmt.Sprintf("step#%d", index))
		return s
	}
	pairs := d.pairs(n)
	for _, p := range pairs {
		if p.name == "name" && !d.bad[p.value] {
			d.stepName(p.value, &s)
		}
	}
	s.Kind = d.kind(n, pairs)
	segment := s.Name
	if segment == "" {
		segment = fmt.Sprintf("%s#%d", orDefault(s.Kind, "step"), index)
	}
	s.Path = join(parent, segment)
	if s.Kind == "" {
		return s
	}
	s.begin()
	d.stepKeys(n, pairs, &s)
	if commented(n, AllowUnguarded) {
		d.src.mark(s.Path, AllowUnguarded, d.position(n), d.position(n))
	}
	return s
}

func join(parent, segment string) string {
	if parent == "" {
		return segment
	}
	return parent + "." + segment
}

func (d *decoder) stepName(n *yaml.Node, s *Step) {
	name, ok := d.text(n, "name")
	switch earlier := d.names[name]; {
	case !ok:
	case !snakeCase.MatchString(name) || len(name) > maxName:
		d.report(n, CodeBadName, "write it in snake_case, like by_itself, in at most 63 characters", "%q cannot be a step's name", abbreviate(name))
	case earlier != nil:
		d.report(n, CodeDuplicateName, fmt.Sprintf("the other one stands at %s", d.position(earlier)), "two steps have the name %q", name)
	default:
		d.names[name] = n
		s.Name = name
	}
}

// kind finds the one key that makes the step what it is; "" after a problem.
func (d *decoder) kind(n *yaml.Node, pairs []pair) Kind {
	var found []pair
	for _, p := range pairs {
		if k, ok := findStepKey(p.name); ok && k.kind != "" {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 0:
		suggestion := "add one of check, guard, act, verify, notify, escalate, stop"
		for _, p := range pairs {
			if _, ok := findStepKey(p.name); !ok {
				if near := DidYouMean(p.name, kindNames()); near != "" {
					n, suggestion = p.key, near
				}
			}
		}
		d.report(n, CodeNoKind, suggestion, "the step does nothing: no key says what kind of step it is")
		return ""
	case len(found) > 1:
		d.report(found[1].key, CodeTwoKinds, "make two steps of it", "the step is %s and %s at once", article(found[0].name), article(found[1].name))
		return ""
	}
	k, _ := findStepKey(found[0].name)
	if k.decode == nil {
		d.notSupported(found[0].key, "the step", found[0].name)
		return ""
	}
	return k.kind
}

// stepKeys reads the keys of a step of a known kind.
func (d *decoder) stepKeys(n *yaml.Node, pairs []pair, s *Step) {
	seen := map[string]bool{}
	for _, p := range pairs {
		seen[p.name] = true
		d.src.mark(s.Path, p.name, d.position(p.key), d.content(p.value))
		k, ok := findStepKey(p.name)
		switch {
		case !ok:
			d.report(p.key, CodeUnknownKey, DidYouMean(p.name, stepKeyNames(s.Kind)), "%s step has no key %q", article(s.Kind), p.name)
		case len(k.of) > 0 && !slices.Contains(k.of, s.Kind):
			d.report(p.key, CodeMisplacedKey, "", "%q belongs to %s, not to %s step", p.name, OneOf(k.of), article(s.Kind))
		case k.decode == nil:
			d.notSupported(p.key, "key", p.name)
		case !d.bad[p.value]:
			d.path = s.Path // anew for each key: a branch changes it
			k.decode(d, p.value, s)
		}
	}
	for _, k := range stepTable() {
		if k.required && slices.Contains(k.of, s.Kind) && !seen[k.name] {
			d.report(n, CodeMissingKey, fmt.Sprintf("add `%s:`: %s", k.name, k.doc), "the %s step lacks the key %q", s.Kind, k.name)
		}
	}
}

// article puts "a" or "an" before a word.
func article[T ~string](word T) string {
	if strings.ContainsAny(string(word[:1]), "aeiou") {
		return "an " + string(word)
	}
	return "a " + string(word)
}

// AllowUnguarded in a comment on an act step lifts lint's demand for a guard before it.
const AllowUnguarded = "redress:allow-unguarded"

// commented reports whether a comment on the step, above it or on one of its lines,
// holds the word. Comments on the steps of its branches are theirs.
func commented(n *yaml.Node, word string) bool {
	if strings.Contains(n.HeadComment+"\n"+n.LineComment, word) {
		return true
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Value == "else" {
			continue
		}
		if commented(c, word) {
			return true
		}
	}
	return false
}
