package definitions

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// isMap reports whether the node is a map, and reports a problem otherwise.
func (d *decoder) isMap(n *yaml.Node, what string) bool {
	return d.isKind(n, yaml.MappingNode, what, "a map (key: value)")
}

// isList reports whether the node is a list, and reports a problem otherwise.
func (d *decoder) isList(n *yaml.Node, what string) bool {
	return d.isKind(n, yaml.SequenceNode, what, "a list")
}

func (d *decoder) isKind(n *yaml.Node, kind yaml.Kind, what, wanted string) bool {
	switch {
	case d.bad[n]:
	case isNull(n):
		d.report(n, CodeEmptyValue, "give it a value or remove it", "%s is empty", what)
	case n.Kind != kind:
		suggestion := ""
		if kind == yaml.SequenceNode {
			suggestion = "write each item in a line after `- `"
		}
		d.report(n, CodeWrongShape, suggestion, "%s must be %s, and here is %s", what, wanted, shape(n))
	default:
		return true
	}
	return false
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style == 0 && (n.Value == "" || n.Value == "null" || n.Value == "~")
}

// shape names the kind of a node in a message.
func shape(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "the text " + strconv.Quote(abbreviate(n.Value))
	}
}

// abbreviate shortens a value for a message.
func abbreviate(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// text reads a scalar that is not empty. Maps and lists in its place are most often
// values that should have been in quotes.
func (d *decoder) text(n *yaml.Node, what string) (string, bool) {
	switch {
	case d.bad[n]:
		return "", false
	case n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle != 0:
		d.report(n, CodeNeedsQuotes, "put the whole value in quotes",
			"%s begins with %q, so YAML reads %s", what, d.flowBegin(n), shape(n))
		return "", false
	case n.Kind != yaml.ScalarNode:
		d.report(n, CodeWrongShape, "", "%s must be text, and here is %s", what, shape(n))
		return "", false
	case isNull(n) || strings.TrimSpace(n.Value) == "":
		d.report(n, CodeEmptyValue, "give it a value or remove it", "%s is empty", what)
		return "", false
	}
	return n.Value, true
}

func (d *decoder) flowBegin(n *yaml.Node) string {
	if n.Kind == yaml.SequenceNode {
		return "["
	}
	return "{"
}

// boolean reads true or false.
func (d *decoder) boolean(n *yaml.Node, what string) bool {
	s, ok := d.text(n, what)
	if ok && s != "true" && s != "false" {
		d.report(n, CodeBadValue, "write true or false", "%s cannot be %q", what, abbreviate(s))
	}
	return s == "true"
}

// integer reads an integer between least and most.
func (d *decoder) integer(n *yaml.Node, what string, least, most int) int {
	s, ok := d.text(n, what)
	if !ok {
		return 0
	}
	i, err := strconv.Atoi(s)
	if err != nil || i < least || i > most {
		d.report(n, CodeBadValue, "", "%s must be a whole number from %d to %d, not %q", what, least, most, abbreviate(s))
		return least
	}
	return i
}

// duration reads a Prometheus duration of at least least.
func (d *decoder) duration(n *yaml.Node, what string, least time.Duration) Duration {
	s, ok := d.text(n, what)
	if !ok {
		return 0
	}
	v, err := model.ParseDuration(s)
	switch {
	case err != nil:
		d.report(n, CodeBadDuration, "write it as Prometheus does: 90s, 5m, 1h30m, 1d", "%s: %q is not a duration", what, abbreviate(s))
	case time.Duration(v) < least:
		d.report(n, CodeBadDuration, "", "%s must be at least %s, not %s", what, Duration(least), v)
		return 0
	}
	return v
}

// word reads one of the values of an enumeration. Those in later belong to the
// language and are not supported yet.
func word[T ~string](d *decoder, n *yaml.Node, what string, values, later []T) T {
	s, ok := d.text(n, what)
	switch {
	case !ok:
	case slices.Contains(values, T(s)):
		return T(s)
	case slices.Contains(later, T(s)):
		d.report(n, CodeNotSupportedYet, "for now: "+OneOf(values), "%s: the value %q is not supported yet", what, s)
	default:
		candidates := make([]string, len(values))
		for i, v := range values {
			candidates[i] = string(v)
		}
		suggestion := DidYouMean(s, candidates)
		d.report(n, CodeBadValue, suggestion, "%s must be %s, not %q", what, OneOf(values), abbreviate(s))
	}
	return ""
}
