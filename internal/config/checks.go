package config

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// name returns a key's kebab-case name; the key is required.
func (o *object) name(key string) (item, bool) {
	o.require(key)
	it, ok := o.text(key)
	if ok && (!kebabCase.MatchString(it.text) || len(it.text) > maxName) {
		o.d.fail(it.node, definitions.CodeBadName, fmt.Sprintf("%s: %q is no name", it.path, it.text),
			fmt.Sprintf("kebab-case, such as cache-prod: small letters, digits and single hyphens, at most %d", maxName))
		return item{}, false
	}
	return it, ok
}

var kebabCase = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// maxName bounds names, because workflow IDs hold two of them and a time, and
// Temporal takes 1,000 bytes at most; it is also what a DNS label may have.
const maxName = 63

// uniqueName reports a name that an earlier element has. The map is from names to the
// elements that have them.
func (d *decoder) uniqueName(it item, what string, seen map[string]item) {
	if first, ok := seen[it.text]; ok {
		d.fail(it.node, definitions.CodeDuplicateName,
			fmt.Sprintf("a second %s is named %s; the first is at %s", what, it.text, d.place(first.node).position), "give each a name of its own")
		return
	}
	seen[it.text] = it
}

// mode returns a key's mode, "" when it is absent or cannot be used.
func (o *object) mode(key string) definitions.Mode {
	it, ok := o.text(key)
	if !ok {
		return ""
	}
	words := []definitions.Mode{definitions.Observe, definitions.Auto}
	switch m := definitions.Mode(it.text); m {
	case definitions.Observe, definitions.Auto:
		return m
	case definitions.Approve:
		o.d.fail(it.node, definitions.CodeNotSupportedYet, it.path+": the mode approve is not supported yet by this version",
			"for now: "+definitions.OneOf(words))
	default:
		o.d.fail(it.node, definitions.CodeBadValue, fmt.Sprintf("%s must be %s, not %q", it.path, definitions.OneOf(words), it.text),
			definitions.DidYouMean(it.text, []string{"observe", "auto"}))
	}
	return ""
}

// matchers returns a key's line of matchers; the key is required.
func (o *object) matchers(key string) (labels.Matchers, item, bool) {
	o.require(key)
	it, ok := o.text(key)
	if !ok {
		return nil, it, false
	}
	ms, err := definitions.ParseMatchers(it.text)
	if err != nil {
		o.d.badMatchers(it, err)
		return nil, it, false
	}
	return ms, it, true
}

// matcherPlace takes the column, which counts from 0, out of the parser's message.
var matcherPlace = regexp.MustCompile(`^parse matchers: (\d+):\d+: (.*)$`)

// badMatchers reports a line of matchers, at the character that breaks it if known.
func (d *decoder) badMatchers(it item, err error) {
	at, message := d.place(it.node), err.Error()
	if m := matcherPlace.FindStringSubmatch(message); m != nil && it.node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		if it.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			at.position.Column++
		}
		offset, _ := strconv.Atoi(m[1]) // only digits
		at.position, message = d.source.PlaceAt(at.position, it.text, offset), m[2]
		at.source = showable(d.source.Line(at.position.Line))
	}
	code := definitions.CodeBadMatcher
	if bad, ok := errors.AsType[*syntax.Error](err); ok {
		code, message = definitions.CodeBadRegexp, fmt.Sprintf("the regular expression cannot be compiled: %s", bad.Code)
	}
	d.report(at, definitions.Error, code, it.path+": "+strings.TrimPrefix(message, "parse matchers: "), `write them as in Alertmanager: 'env="prod", service=~"cache|feed"'`)
}

// duration returns a key's duration between 0 and most.
func (o *object) duration(key string, byDefault, most time.Duration) definitions.Duration {
	it, ok := o.scalar(key)
	if !ok {
		return definitions.Duration(byDefault)
	}
	v, err := model.ParseDuration(it.text)
	switch {
	case err != nil:
		o.d.fail(it.node, definitions.CodeBadDuration, fmt.Sprintf("%s: %q is no duration", it.path, it.text), "write it as Prometheus does: 90s, 5m, 1h30m")
	case time.Duration(v) > most:
		o.d.fail(it.node, definitions.CodeBadValue, fmt.Sprintf("%s is %s, and may be %s at most", it.path, v, definitions.Duration(most)), "")
	}
	return v
}
