package definitions_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"redress/definitions"
	"redress/definitions/expr"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t *testing.T, text string) *definitions.Runbook {
	t.Helper()
	r, problems := definitions.Parse("test.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("unexpected problems:\n%s", problems.Error())
	}
	return r
}

func duration(d time.Duration) definitions.Duration { return definitions.Duration(d) }

func at(line, column int) definitions.Position {
	return definitions.Position{File: "test.yaml", Line: line, Column: column}
}

func value(json string) expr.Value { return expr.Value{JSON: []byte(json)} }

// What a runbook does not say has the default of the documentation.
func TestDefaults(t *testing.T) {
	r := mustParse(t, `runbook: small
alerts: manual
steps:
  - verify: redis.info
    until: result.ok
    retry: {attempts: 2}
`)
	want := &definitions.Runbook{
		Name: "small", Manual: true, Mode: definitions.Auto, Priority: 3, Timeout: duration(30 * time.Minute),
		Limits: definitions.Limits{
			Runs:     definitions.RunLimit{Max: 3, Per: duration(6 * time.Hour)},
			Cooldown: duration(10 * time.Minute),
		},
		Silence: definitions.SilenceDuring, ClearWithin: duration(5 * time.Minute), OnResolved: definitions.OnResolvedFinish,
		Steps: []definitions.Step{{
			Kind: definitions.KindVerify, Path: "verify#0", Position: at(4, 5),
			Retry: &definitions.Retry{Attempts: 2, Delay: duration(time.Second), Backoff: 2, MaxDelay: duration(time.Minute)},
			Verify: &definitions.Verify{
				Call:   definitions.Call{Action: "redis.info"},
				Until:  definitions.Expr{Source: "result.ok", Position: at(5, 12), Names: []string{"result"}},
				Every:  duration(2 * time.Second),
				Within: definitions.Arg{Literal: value(`"1m"`), Position: at(4, 5)},
			},
		}},
		Position: at(1, 1), SHA256: r.SHA256,
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if len(r.SHA256) != 64 {
		t.Errorf("SHA256 = %q, want 64 hex digits", r.SHA256)
	}
}

// Every key ends up where the workflow looks for it.
func TestKeys(t *testing.T) {
	data, err := os.ReadFile("testdata/good/every-key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := mustParse(t, string(data))
	if got, want := r.Limits, (definitions.Limits{Runs: definitions.RunLimit{Max: 2, Per: duration(24 * time.Hour)}, Cooldown: duration(30 * time.Minute)}); got != want {
		t.Errorf("limits = %+v, want %+v", got, want)
	}
	if r.Silence != definitions.SilenceNone || r.Mode != definitions.Observe || r.Priority != 2 || r.For != duration(time.Minute) || r.ClearWithin != duration(10*time.Minute) {
		t.Errorf("top-level keys: %+v", r)
	}
	if len(r.Alerts) != 2 || r.Alerts[1].Source != `{alertname="MemoryFull"}` || len(r.Covers) != 1 {
		t.Errorf("alerts = %+v, covers = %+v", r.Alerts, r.Covers)
	}
	var paths []string
	var walk func([]definitions.Step)
	walk = func(steps []definitions.Step) {
		for _, s := range steps {
			paths = append(paths, s.Path)
			if s.Guard != nil {
				walk(s.Guard.Else)
			}
			if s.Verify != nil {
				walk(s.Verify.Else)
			}
		}
	}
	walk(r.Steps)
	want := []string{"info", "stop#1", "guard#2", "guard#2.else.notify#0", "guard#3", "grow", "grown", "grown.else.escalate#0"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	notify := r.Steps[2].Guard.Else[0]
	if notify.Title != "" || notify.Notify.Title == nil || notify.Notify.Title.Source != "{{ .CommonLabels.alertname }}" {
		t.Errorf("the title of a notify step is the message's: %+v", notify)
	}
	if !r.Steps[3].Guard.Once || !r.Steps[5].Verify.HasElse || r.Steps[5].Verify.Else[0].Escalate.To != "oncall" {
		t.Error("once, else or to were lost")
	}
}

// Values keep the type that a reader sees, and `${…}` its place.
func TestArguments(t *testing.T) {
	r := mustParse(t, `runbook: arguments
alerts: manual
steps:
  - act: redis.config_set
    with:
      text: plain
      number: 12
      quoted: "12"
      decimal: -1.5
      flag: true
      word: yes
      octal: 017
      date: 2026-01-02
      list: [a, 1]
      nothing: []
      alone: ${target.name}
      typed: "${ {'a': {'b': 1}}.a.b + size('}') }"
      mixed: "${target.name}-backup-${run.id}"
      map: {inner: "${now}"}
`)
	with := map[string]definitions.Arg{}
	for _, a := range r.Steps[0].Act.With {
		with[a.Name] = a.Arg
	}
	for name, want := range map[string]string{
		"text": `"plain"`, "number": `12`, "quoted": `"12"`, "decimal": `-1.5`, "flag": `true`,
		"word": `"yes"`, "octal": `"017"`, "date": `"2026-01-02"`, "nothing": `[]`,
	} {
		if got := string(with[name].Literal.JSON); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	if l := with["list"].List; len(l) != 2 || string(l[1].Literal.JSON) != "1" {
		t.Errorf("list = %+v", l)
	}
	want := &definitions.Expr{Source: "target.name", Position: at(16, 16), Names: []string{"target"}}
	if diff := cmp.Diff(want, with["alone"].Expr); diff != "" {
		t.Errorf("alone (-want +got):\n%s", diff)
	}
	if e := with["typed"].Expr; e == nil || e.Source != "{'a': {'b': 1}}.a.b + size('}')" || e.Position != at(17, 18) {
		t.Errorf("typed = %+v", e)
	}
	mixed := with["mixed"].Text
	if len(mixed) != 3 || mixed[1].Literal != "-backup-" || mixed[2].Expr.Source != "run.id" || mixed[2].Expr.Position != at(18, 39) {
		t.Errorf("mixed = %+v", mixed)
	}
	if m := with["map"].Map; len(m) != 1 || m[0].Name != "inner" || m[0].Arg.Expr == nil {
		t.Errorf("map = %+v", m)
	}
}

// The comment on an act is found wherever it stands on the step, and not elsewhere.
func TestAllowUnguarded(t *testing.T) {
	text := `runbook: comments
alerts: manual
steps:
  # redress:allow-unguarded
  - name: above
    act: a.b
  - name: beside # redress:allow-unguarded
    act: a.b
  - name: inside
    # redress:allow-unguarded
    act: a.b
  - name: without
    act: a.b
  - name: outer
    verify: a.b
    until: "true"
    else:
      - name: nested # redress:allow-unguarded
        act: a.b
`
	set, problems := definitions.LoadFiles([]definitions.File{{Name: "test.yaml", Data: []byte(text)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	src := set.Source("test.yaml")
	for path, want := range map[string]bool{"above": true, "beside": true, "inside": true, "without": false, "outer": false, "outer.else.nested": true} {
		if _, got := src.Key(path, definitions.AllowUnguarded); got != want {
			t.Errorf("%s: found = %v, want %v", path, got, want)
		}
	}
}

// Files over the limits are refused with one problem and without work.
func TestLimits(t *testing.T) {
	const head = "runbook: big\nalerts: manual\nsteps:\n"
	for code, text := range map[string]string{
		definitions.CodeTooLarge:     head + "  - check: a.b\n" + strings.Repeat("#", 1<<20),
		definitions.CodeTooManySteps: head + strings.Repeat("  - check: a.b\n", 501),
		definitions.CodeTooDeep:      head + "  - check: a.b\n    with: {x: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}\n",
		definitions.CodeUnreadable:   head + "  - check: \xff\n",
	} {
		_, problems := definitions.Parse("test.yaml", []byte(text))
		if len(problems) != 1 || problems[0].Code != code {
			t.Errorf("want exactly one %s, got:\n%s", code, problems.Error())
		}
	}
}

// Problems name the place with the right character, also behind folded, quoted and
// wide text.
func TestPlace(t *testing.T) {
	for name, c := range map[string]struct {
		value string
		want  definitions.Position
	}{
		"plain":    {"a.b == 'ä' && §", at(4, 26)},
		"single":   {"'a.b == ''x'' && §'", at(4, 29)},
		"double":   {`"a.b == \"x\" && \u0041 == §"`, at(4, 39)},
		"folded":   {"a.b &&\n      c.d &&\n      §", at(6, 7)},
		"block":    {"|\n      a.b &&\n        c.d &&\n      §", at(7, 7)},
		"fold":     {">-\n\n      a.b &&\n      §", at(7, 7)},
		"indented": {"|2\n      a.b &&\n      §", at(6, 7)},
	} {
		text := "runbook: place\nalerts: manual\nsteps:\n  - guard: " + c.value + "\n"
		_, problems := definitions.Parse("test.yaml", []byte(text))
		if len(problems) == 0 || problems[0].Position != c.want {
			t.Errorf("%s: want the problem at %v, got:\n%s", name, c.want, problems.Error())
		}
	}
}
