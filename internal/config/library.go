package config

import (
	"fmt"

	"redress/definitions"
)

// library reads the key `library`. Its absence means {observe: all}; a name in a list
// wins over an `all`, and `all` that was written over the `observe: all` that was not.
func (d *decoder) library(root *object) Library {
	n, ok := root.get("library")
	switch {
	case !ok:
		return Library{Observe: Selection{All: true}}
	case n.Tag == "!!bool" && n.Value == "false":
		return Library{}
	case n.Tag == "!!bool":
		d.fail(n, definitions.CodeBadValue, "library cannot be true", "write {observe: all}, or name runbooks in auto")
		return Library{}
	}
	o := d.object(n, "library")
	all, names := item{}, make(map[string]item)
	read := func(key string) Selection { return d.selection(o, key, &all, names) }
	l := Library{Observe: read("observe"), Approve: read("approve"), Auto: read("auto")}
	if _, given := o.keys["observe"]; !given && !l.Auto.All {
		l.Observe.All = true
	}
	return l
}

// selection reads one list of the library; all and names hold what the earlier ones have.
func (d *decoder) selection(o *object, key string, all *item, names map[string]item) Selection {
	var s Selection
	n, ok := o.get(key)
	switch {
	case !ok, n.Tag == "!!bool" && n.Value == "false":
		return s
	case n.Value == "all":
		s.All = true
		if all.node != nil {
			d.fail(n, CodeConflict, fmt.Sprintf("%s and %s both say all", all.path, o.at(key)), "let one of them say all, and the others name runbooks")
		}
		*all = item{node: n, path: o.at(key)}
	default:
		for _, it := range d.texts(d.list(n, o.at(key))) {
			d.uniqueName(it, "entry of library", names)
			s.Names, s.places = append(s.Names, it.text), append(s.places, d.place(it.node))
		}
	}
	if key == "approve" && (s.All || len(s.Names) > 0) {
		d.fail(o.keys[key], definitions.CodeNotSupportedYet, "library.approve is not supported yet by this version", "name the runbooks in observe or in auto")
	}
	return s
}

// CheckLibrary holds the names in `library` against those of the shipped runbooks.
func (c *Config) CheckLibrary(shipped []string) definitions.Problems {
	var problems definitions.Problems
	for _, s := range []Selection{c.Library.Observe, c.Library.Approve, c.Library.Auto} {
		for i, name := range s.Names {
			if contains(shipped, name) {
				continue
			}
			cure := definitions.DidYouMean(name, shipped)
			if cure == "" {
				cure = "shipped are " + definitions.OneOf(shipped)
			}
			problems = append(problems, definitions.Problem{
				Position: s.places[i].position, Severity: definitions.Error, Code: CodeUnknownRunbook,
				Message: fmt.Sprintf("library: no shipped runbook is named %q", name), Suggestion: cure, Source: s.places[i].source,
			})
		}
	}
	return problems.Sort()
}

// enabled returns what the library allows a shipped runbook, and the key that says so.
func (l Library) enabled(name string) (mode definitions.Mode, key string, ok bool) {
	lists := []struct {
		mode definitions.Mode
		Selection
	}{{definitions.Observe, l.Observe}, {definitions.Approve, l.Approve}, {definitions.Auto, l.Auto}}
	for _, s := range lists {
		if contains(s.Names, name) {
			return s.mode, "library." + string(s.mode), true
		}
	}
	for _, s := range lists {
		if s.All {
			return s.mode, "library." + string(s.mode), true
		}
	}
	return "", "", false
}
