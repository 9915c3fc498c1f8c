package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redress/definitions"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestProblems holds the exact messages for broken and doubtful files.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files to test: %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			c, problems := Load(file)
			bad := strings.HasPrefix(file, "testdata/bad/")
			if problems.Failed() != bad || (c == nil) != bad {
				t.Errorf("failed: %t, configuration: %t", problems.Failed(), c != nil)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			got := render(t, problems)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a message shows a secret")
			}
			codesAreDocumented(t, problems)
		})
	}
}

// render prints problems as a person sees them, with paths that do not depend on
// where the test runs.
func render(t *testing.T, problems definitions.Problems) string {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
		if p.Source != "" {
			b.WriteString("    " + p.Source + "\n    " + strings.Repeat(" ", p.Column-1) + "^\n")
		}
	}
	return strings.ReplaceAll(b.String(), dir, "DIR")
}

func codesAreDocumented(t *testing.T, problems definitions.Problems) {
	t.Helper()
	documented := make(map[string]bool)
	for _, c := range append(definitions.Codes(), Codes()...) {
		documented[c.Code] = c.Text != ""
	}
	for _, p := range problems {
		if !documented[p.Code] {
			t.Errorf("code %s is not documented", p.Code)
		}
	}
}
