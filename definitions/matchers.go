package definitions

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
	"gopkg.in/yaml.v3"
)

// ParseMatchers parses a line of Alertmanager matchers, such as
//
//	alertname="RedisDown", env=~"prod|stage"
//
// as Alertmanager itself does: by the UTF-8 syntax, and by the classic one where that
// fails. Regular expressions are anchored at both ends. A line without matchers, which
// would match everything, is an error.
func ParseMatchers(line string) (labels.Matchers, error) {
	ms, err := parse.Matchers(line)
	if err != nil {
		classic, classicErr := labels.ParseMatchers(line)
		if classicErr != nil {
			return nil, fmt.Errorf("parse matchers: %w", err)
		}
		ms = classic
	}
	if len(ms) == 0 {
		return nil, errors.New("parse matchers: there is none, and so everything would match")
	}
	return ms, nil
}

// Matches reports whether all matchers of the line hold; a missing label counts as
// empty. A line that cannot be parsed matches nothing.
func (m Matchers) Matches(lbls map[string]string) bool {
	ms, err := ParseMatchers(m.Source)
	if err != nil {
		return false
	}
	for _, one := range ms {
		if !one.Matches(lbls[one.Name]) {
			return false
		}
	}
	return true
}

// matcherLines reads a list of lines of matchers.
func (d *decoder) matcherLines(n *yaml.Node, what string) []Matchers {
	if !d.isList(n, what) {
		return nil
	}
	if len(n.Content) == 0 {
		d.report(n, CodeEmptyValue, `write a line like - alertname="RedisDown"`, "%s is empty", what)
	}
	var lines []Matchers
	for _, c := range n.Content {
		if c.Kind == yaml.MappingNode && c.Style&yaml.FlowStyle == 0 && len(c.Content) >= 2 && !d.bad[c] {
			d.report(c, CodeWrongShape, fmt.Sprintf("write %s=%q", c.Content[0].Value, c.Content[1].Value),
				"a line of %s must be text, and here is a map", what)
			continue
		}
		s, ok := d.text(c, "a line of "+what)
		if !ok {
			continue
		}
		line := Matchers{Source: s, Position: d.content(c)}
		lines = append(lines, line)
		if _, err := ParseMatchers(s); err != nil {
			d.badMatchers(line, err)
		}
	}
	return lines
}

// place takes the columns, which count from 0, out of the parser's message.
var place = regexp.MustCompile(`^(\d+):\d+: (.*)$`)

func (d *decoder) badMatchers(line Matchers, err error) {
	if bad, ok := errors.AsType[*syntax.Error](err); ok {
		// Alertmanager anchors the expression before it compiles it.
		written := strings.TrimSuffix(strings.TrimPrefix(bad.Expr, "^(?:"), ")$")
		at := d.src.PlaceAt(line.Position, line.Source, runes(line.Source[:max(0, strings.Index(line.Source, written))]))
		d.reportAt(at, CodeBadRegexp, "", "the regular expression `%s` cannot be compiled: %s", written, bad.Code)
		return
	}
	at, message := d.src.PlaceAt(line.Position, line.Source, runes(line.Source)), strings.TrimPrefix(err.Error(), "parse matchers: ")
	if m := place.FindStringSubmatch(message); m != nil {
		column, _ := strconv.Atoi(m[1])
		at, message = d.src.PlaceAt(line.Position, line.Source, column), m[2]
	}
	d.reportAt(at, CodeBadMatcher, `write it as Alertmanager does: name="value", name=~"regex"`, "the matchers cannot be parsed: %s", message)
}
