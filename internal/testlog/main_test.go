package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []string
		code   int
		want   []string // in the output
		absent string
	}{
		{
			name: "all pass",
			events: []string{
				`{"Action":"start","Package":"a"}`,
				`{"Action":"output","Package":"a","Test":"TestX","Output":"noise\n"}`,
				`{"Action":"pass","Package":"a","Test":"TestX"}`,
				`{"Action":"pass","Package":"a","Elapsed":1.25}`,
				`{"Action":"skip","Package":"no/tests"}`,
			},
			want:   []string{"ok    a ", "1.2s", "All 1 tests of 1 packages passed"},
			absent: "noise",
		},
		{
			name: "a failure shows its output",
			events: []string{
				`{"Action":"output","Package":"a","Test":"TestX","Output":"    x_test.go:3: broken\n"}`,
				`{"Action":"fail","Package":"a","Test":"TestX"}`,
				`{"Action":"fail","Package":"a","Elapsed":1}`,
			},
			code: 1,
			want: []string{"x_test.go:3: broken", "FAIL  a", "2 failed:\n  a TestX\n  a\n"},
		},
		{
			name: "a skipped test fails",
			events: []string{
				`{"Action":"skip","Package":"a","Test":"TestX"}`,
				`{"Action":"pass","Package":"a","Elapsed":1}`,
			},
			code: 1,
			want: []string{"1 skipped, and none may be:\n  a TestX"},
		},
		{
			name: "a panic outside of any test that ended",
			events: []string{
				`{"Action":"output","Package":"a","Test":"TestX","Output":"panic: boom\n"}`,
				`{"Action":"output","Package":"a","Output":"exit status 2\n"}`,
				`{"Action":"fail","Package":"a","Elapsed":1}`,
			},
			code: 1,
			want: []string{"panic: boom", "exit status 2"},
		},
		{
			name: "a build that fails",
			events: []string{
				`{"ImportPath":"a","Action":"build-output","Output":"a.go:1:1: syntax error\n"}`,
				`{"ImportPath":"a","Action":"build-fail"}`,
				`{"Action":"fail","Package":"a","Elapsed":0,"FailedBuild":"a"}`,
			},
			code: 1,
			want: []string{"syntax error", "a (build)"},
		},
		{
			name: "go test is killed",
			events: []string{
				`{"Action":"start","Package":"a"}`,
				`{"Action":"pass","Package":"a","Test":"TestX"}`,
			},
			code: 1,
			want: []string{"these did not end:\n  a"},
		},
		{name: "go complains", events: []string{"go: no such flag"}, code: 1, want: []string{"go: no such flag", "nothing was tested"}},
		{name: "nothing", code: 1, want: []string{"nothing was tested"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			if code := run(strings.NewReader(strings.Join(c.events, "\n")), &out); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output lacks %q:\n%s", want, out.String())
				}
			}
			if c.absent != "" && strings.Contains(out.String(), c.absent) {
				t.Errorf("the output has %q:\n%s", c.absent, out.String())
			}
		})
	}
}
