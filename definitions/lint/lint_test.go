package lint_test

import (
	"bytes"
	"strings"
	"testing"

	"redress/definitions"
	"redress/definitions/lint"

	"github.com/google/go-cmp/cmp"
)

// twoRunbooks loads two runbooks that differ in their heads.
func twoRunbooks(t *testing.T, first, second string, library bool) *definitions.Set {
	t.Helper()
	file := func(name, head string) definitions.File {
		return definitions.File{
			Name: name + ".yaml", Library: library,
			Data: []byte("runbook: " + name + "\n" + head + "\nsteps:\n  - check: redis.info\n"),
		}
	}
	set, problems := definitions.LoadFiles([]definitions.File{file("first", first), file("second", second)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

func TestOverlap(t *testing.T) {
	const down = `alerts: ['alertname="RedisDown"']`
	for name, c := range map[string]struct {
		first, second string
		library, want bool
	}{
		"the same name":           {down, down, false, true},
		"by a regular expression": {down, `alerts: ['alertname=~"RedisDown|Other"']`, false, true},
		"other priorities":        {down, down + "\npriority: 1", false, false},
		"shipped ones":            {down, down, true, false},
		"other names":             {down, `alerts: ['alertname="Other"']`, false, false},
		"kept apart by a label":   {`alerts: ['alertname="A", env="prod"']`, `alerts: ['alertname="A", env="lab"']`, false, false},
		"negated":                 {`alerts: ['alertname="A", env="prod"']`, `alerts: ['alertname="A", env!="prod"']`, false, false},
		"without a name":          {`alerts: ['env="prod"']`, `alerts: ['env="prod"']`, false, false},
		"by hand":                 {"alerts: manual", "alerts: manual", false, false},
	} {
		problems := lint.Check(twoRunbooks(t, c.first, c.second, c.library), options())
		got := len(problems) == 1 && problems[0].Code == lint.CodeOverlap && problems[0].Severity == definitions.Warning && problems[0].File == "second.yaml"
		if got != c.want || !c.want && len(problems) > 0 {
			t.Errorf("%s: want a warning: %v, got:\n%s", name, c.want, problems.Error())
		}
	}
}

// What is not known is not checked.
func TestUnknownOptions(t *testing.T) {
	text := `runbook: options
alerts: manual
steps:
  - notify: whoever
    message: '{{ template "somewhere.else" . }}'
`
	set, problems := definitions.LoadFiles([]definitions.File{{Name: "test.yaml", Data: []byte(text)}})
	problems = append(problems, lint.Check(set, lint.Options{Actions: fakeActions()})...)
	if len(problems) > 0 {
		t.Errorf("nil receivers and templates are not known:\n%s", problems.Error())
	}
	if problems := lint.Check(set, options()); len(problems) != 2 {
		t.Errorf("want an unknown receiver and an unknown template, got:\n%s", problems.Error())
	}
}

// A set that was put together by hand has no source, and is checked all the same.
func TestWithoutSource(t *testing.T) {
	r, problems := definitions.Parse("test.yaml", []byte("runbook: x\nalerts: manual\nsteps:\n  - check: redis.inf\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := lint.Check(&definitions.Set{Runbooks: []*definitions.Runbook{r}}, options())
	want := `test.yaml:4:5: error unknown-action: there is no action "redis.inf" (did you mean "redis.info"?)`
	if got.Error() != want {
		t.Errorf("got  %s\nwant %s", got.Error(), want)
	}
}

func TestRender(t *testing.T) {
	at := func(column int) definitions.Position {
		return definitions.Position{File: "a.yaml", Line: 7, Column: column}
	}
	long := strings.Repeat("x", 100) + "HERE" + strings.Repeat("y", 100)
	var got bytes.Buffer
	err := lint.Render(&got, definitions.Problems{
		{Position: at(2), Severity: definitions.Error, Code: "c", Message: "m", Suggestion: "s", Source: "\tab"},
		{Position: at(101), Severity: definitions.Warning, Code: "c", Message: "m", Source: long},
		{Position: at(9), Severity: definitions.Error, Code: "c", Message: "at the end", Source: "short"},
		{Position: definitions.Position{File: "b.yaml"}, Severity: definitions.Error, Code: "c", Message: "no line", Suggestion: "s"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "a.yaml:7:2: error c: m\n    7 |  ab\n      |  ^ s\n" +
		"a.yaml:7:101: warning c: m\n    7 | …" + strings.Repeat("x", 60) + "HERE" + strings.Repeat("y", 76) + "…\n      | " + strings.Repeat(" ", 61) + "^\n" +
		"a.yaml:7:9: error c: at the end\n    7 | short\n      |      ^\n" +
		"b.yaml: error c: no line\n      = s\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("render (-want +got):\n%s", diff)
	}
}
