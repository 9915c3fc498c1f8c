package expr

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testEnv(t testing.TB) *Env {
	t.Helper()
	env, err := NewEnv(variables())
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func TestCheckErrors(t *testing.T) {
	env := testEnv(t)
	var out strings.Builder
	for _, source := range fromFile(t, "check-errors.txt") {
		_, err := env.Check(source)
		var errs Errors
		if !errors.As(err, &errs) {
			t.Errorf("%s: got %v, want Errors", source, err)
			continue
		}
		fmt.Fprintln(&out, strings.ReplaceAll(source, "\n", `\n`))
		for _, e := range errs {
			fmt.Fprintf(&out, "\t%d:%d %s: %s\n", e.Line, e.Column, e.Code, e.Message)
			if e.Suggestion != "" {
				fmt.Fprintf(&out, "\t\t%s\n", e.Suggestion)
			}
		}
	}
	golden(t, "check-errors.golden", out.String())
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		source string
		typ    Type
		names  []string
	}{
		{`true`, Type{Kind: Bool}, nil},
		{`before.master.online && !stuck.tilt`, Type{Kind: Bool}, []string{"before", "stuck"}},
		{`before.master`, nodeType(), []string{"before"}},
		{`before.master.role`, nodeType().Fields[1].Type, []string{"before"}},
		{`before.replicas[0].role`, nodeType().Fields[1].Type, []string{"before"}},
		{`count > 1 ? before.master.role : stuck.master.role`, nodeType().Fields[1].Type, []string{"before", "count", "stuck"}},
		{`before.replicas`, ListOf(nodeType()), []string{"before"}},
		{`[before.master, stuck.master]`, ListOf(nodeType()), []string{"before", "stuck"}},
		{`before.replicas.filter(r, r.online)`, ListOf(nodeType()), []string{"before"}},
		{`before.replicas.map(count, count.lag_bytes)`, ListOf(Type{Kind: Int}), []string{"before"}},
		{`before.replicas.all(r, r.role == "replica" && r.role != before.master.role)`, Type{Kind: Bool}, []string{"before"}},
		{`before.down_after + duration("15s")`, Type{Kind: Duration}, []string{"before"}},
		{`before.epoch == 1.0 && before.epoch < 2.5 && 1.5 in [before.used]`, Type{Kind: Bool}, []string{"before"}},
		{`before.?used.orValue(1.0)`, Type{Kind: Double}, []string{"before"}},
		{`before.?used`, Type{Kind: Double}, []string{"before"}},
		{`ratio(before.epoch, count)`, Type{Kind: Double}, []string{"before", "count"}},
		{`labels.env in ["lab", "dev"]`, Type{Kind: Bool}, []string{"labels"}},
		{`labels.all(k, labels[k] != "")`, Type{Kind: Bool}, []string{"labels"}},
		{`body.data.anything.at[0].all == count`, Type{Kind: Bool}, []string{"body", "count"}},
		{`body.x`, Type{Kind: Dynamic}, []string{"body"}},
		{`math.abs(count)`, Type{Kind: Int}, []string{"count"}},
		{`type(count) == int`, Type{Kind: Bool}, []string{"count"}},
		{`now.getHours("Europe/Berlin") >= 9 && now - before.seen > duration("1d")`, Type{Kind: Bool}, []string{"before", "now"}},
		{`{"a": count}`, MapOf(Type{Kind: Int}), []string{"count"}},
		{`has(before.master.role)`, Type{Kind: Bool}, []string{"before"}},
		{`"oom" in before.codes`, Type{Kind: Bool}, []string{"before"}},
	} {
		t.Run(tc.source, func(t *testing.T) {
			got, err := testEnv(t).Check(tc.source)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Checked{Type: tc.typ, Names: tc.names}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			names, err := Names(tc.source)
			if diff := cmp.Diff(tc.names, names); err != nil || diff != "" {
				t.Errorf("Names: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestCheckFillsNamesInDespiteErrors(t *testing.T) {
	got, err := testEnv(t).Check(`before.mastr == stukc.epoch`)
	if diff := cmp.Diff([]string{"before", "stukc"}, got.Names); err == nil || diff != "" {
		t.Errorf("error %v, names (-want +got):\n%s", err, diff)
	}
}

func TestCheckIsSafeForConcurrentUse(t *testing.T) {
	env := testEnv(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if _, err := env.Check(`before.replicas.exists(r, r.role == "master" && has(r.address))`); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNewEnvErrors(t *testing.T) {
	for _, tc := range []struct {
		decls []Decl
		want  string
	}{
		{[]Decl{{"a-b", Type{Kind: Int}}}, `declare the variable "a-b": the name is no identifier: use letters, digits and underscores`},
		{[]Decl{{"", Type{Kind: Int}}}, `declare the variable "": the name is no identifier: use letters, digits and underscores`},
		{[]Decl{{"in", Type{Kind: Int}}}, `declare the variable "in": the name is reserved in CEL: choose another`},
		{[]Decl{{"math", Type{Kind: Int}}}, `declare the variable "math": the name is reserved in CEL: choose another`},
		{[]Decl{{"string", Type{Kind: Int}}}, `declare the variable "string": the name is reserved in CEL: choose another`},
		{[]Decl{{"a", Type{Kind: Int}}, {"a", Type{Kind: Int}}}, `declare the variable "a": the name is taken: choose another`},
		{[]Decl{{"a", Type{Kind: Object, Fields: []Field{{Name: "f", Type: Type{Kind: "float"}}}}}}, `declare the variable "a": field "f": the type has the unknown kind "float"`},
	} {
		_, err := NewEnv(tc.decls)
		if err == nil || err.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
}

func TestNamesError(t *testing.T) {
	_, err := Names(`1 +`)
	var errs Errors
	if !errors.As(err, &errs) || errs[0].Code != CodeSyntax {
		t.Errorf("got %v, want a syntax error", err)
	}
}
