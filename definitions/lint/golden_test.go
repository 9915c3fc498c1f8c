package lint_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redress/definitions"
	"redress/definitions/library"
	"redress/definitions/lint"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func options() lint.Options {
	return lint.Options{
		Actions:   fakeActions(),
		Receivers: []string{"oncall", "cache-team"},
		Templates: map[string]string{"team.tmpl": `{{ define "team.footer" }}-- the cache team{{ end }}`},
	}
}

// problemsOf returns everything that is wrong with one file.
func problemsOf(t *testing.T, name string, data []byte) definitions.Problems {
	t.Helper()
	set, problems := definitions.LoadFiles([]definitions.File{{Name: name, Data: data}})
	return append(problems, lint.Check(set, options())...).Sort()
}

// Every file under testdata/bad is reported exactly as its golden file says.
func TestGolden(t *testing.T) {
	const dir = "../testdata/bad"
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad runbooks in %s: %v", dir, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			problems := problemsOf(t, name, data)
			if len(problems) == 0 {
				t.Error("a bad runbook without a problem")
			}
			var got bytes.Buffer
			if err := lint.Render(&got, problems); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("read the golden file (write it with -update): %v", err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("messages differ (-want +got):\n%s", diff)
			}
		})
	}
}

// A good runbook has no problem, and neither has what is shipped.
func TestGood(t *testing.T) {
	files, err := filepath.Glob("../testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no good runbooks: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if problems := problemsOf(t, file, data); len(problems) > 0 {
			t.Errorf("%s:\n%s", file, problems.Error())
		}
	}
}

func TestLibrary(t *testing.T) {
	set, problems := library.Load()
	problems = append(problems, lint.Check(set, options())...)
	if len(problems) > 0 {
		t.Errorf("the shipped runbooks have problems:\n%s", problems.Error())
	}
	if r := set.Find("redis-master-down"); r == nil || !r.Library {
		t.Errorf("redis-master-down is not in the library, or not marked as shipped: %+v", r)
	}
}
