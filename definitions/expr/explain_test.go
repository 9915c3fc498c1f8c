package expr

import (
	"fmt"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	var out strings.Builder
	for _, source := range fromFile(t, "explain.txt") {
		line := Explain(source, scope())
		if strings.Contains(line, "\n") {
			t.Errorf("%s: more than one line: %q", source, line)
		}
		fmt.Fprintf(&out, "%s\n\t%s\n", strings.ReplaceAll(source, "\n", `\n`), line)
	}
	golden(t, "explain.golden", out.String())
}

func TestExplainStaysShort(t *testing.T) {
	parts := make([]string, 50)
	for i := range parts {
		parts[i] = fmt.Sprintf("before.epoch == %d", i+100)
	}
	if got := len([]rune(Explain(strings.Join(parts, " || "), scope()))); got != maxExplanation {
		t.Errorf("%d characters, want %d", got, maxExplanation)
	}
}

// Explain and Holds agree about every condition.
func TestExplainAgreesWithHolds(t *testing.T) {
	atoms := []string{"true", "false", "before.tilt", "stuck.tilt", "!stuck.tilt", "before.epoch == 3", "has(stuck.tilt)"}
	for _, a := range atoms {
		for _, b := range atoms {
			for _, c := range atoms {
				source := fmt.Sprintf("!(%s && %s) || !(%s)", a, b, c)
				p, err := mustEngine(t).parse(source)
				if err != nil {
					t.Fatal(err)
				}
				x := &explainer{engine: mustEngine(t), info: p.tree.SourceInfo(), vars: newActivation(scope())}
				part := x.explain(p.tree.Expr())
				held, err := Holds(source, scope())
				if (err != nil) != (part.err != nil) || err == nil && fmt.Sprint(part.value) != fmt.Sprint(held) {
					t.Errorf("%s: explained as %v, %v, evaluated to %v, %v", source, part.value, part.err, held, err)
				}
			}
		}
	}
}

func mustEngine(t testing.TB) *engine {
	t.Helper()
	e, err := newEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}
