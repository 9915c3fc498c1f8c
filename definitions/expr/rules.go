package expr

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// call applies the rules of this package to a call or an operation.
func (c *check) call(node ast.Expr, bound map[string]Type) {
	call := node.AsCall()
	args := call.Args()
	switch name := call.FunctionName(); name {
	case operators.Divide:
		if c.typeOf(args[0], bound).Kind == Int && c.typeOf(args[1], bound).Kind == Int {
			c.report(node, CodeIntDivision, "int / int drops the remainder: 7 / 2 is 3",
				"write ratio(a, b) or double(a) / double(b); if a whole number is meant, int(math.floor(double(a) / double(b)))")
		}
	case operators.Equals, operators.NotEquals:
		c.comparison(node, args[0], args[1], bound)
	case operators.In:
		c.membership(node, args[0], args[1], bound)
	case "duration", "bytes", "timestamp":
		if len(args) == 1 && !call.IsMemberFunction() {
			c.literal(args[0], parserOf(name))
		}
	case "matches":
		if len(args) > 0 {
			c.literal(args[len(args)-1], parseRegex)
		}
	case "sets.contains", "sets.equivalent", "sets.intersects", "distinct", "hasAny", "hasAll", "hasOnly", "hasExactly":
		c.elements(node, bound)
	default:
		zoned := slices.ContainsFunc(timeParts(), func(p timePart) bool { return p.function == name })
		if zoned && len(args) == 1 {
			c.literal(args[0], func(s string) error { _, err := parseZone(s); return err })
		}
	}
}

func parseRegex(s string) error {
	if _, err := regexp.Compile(s); err != nil {
		return fmt.Errorf("%q is not a regular expression: %s", s, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return nil
}

// parserOf returns what reads the text that one of the conversions is given.
func parserOf(function string) func(string) error {
	switch function {
	case "duration":
		return func(s string) error { _, err := ParseDuration(s); return err }
	case "bytes":
		return func(s string) error { _, err := ParseBytes(s); return err }
	}
	return func(s string) error {
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return fmt.Errorf("%q is not an RFC 3339 timestamp: write it as in \"2026-11-21T03:04:12Z\"", s)
		}
		return nil
	}
}

// literal tells when a text that is written in the expression cannot be read.
func (c *check) literal(node ast.Expr, parse func(string) error) {
	if !isText(node) {
		return
	}
	if err := parse(node.AsLiteral().Value().(string)); err != nil {
		message, suggestion, _ := strings.Cut(err.Error(), ": ")
		c.report(node, CodeType, message, suggestion)
	}
}
