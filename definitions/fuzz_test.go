package definitions_test

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"redress/definitions"
)

// FuzzParse feeds Parse with anything: it must not panic, every problem must stand
// inside of the file, and what has no error must be a runbook.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, problems := definitions.Parse("fuzz.yaml", data)
		src := definitions.NewSource("fuzz.yaml", data)
		for _, p := range problems {
			if p.Line < 1 || p.Line > src.Lines() || p.Column < 1 || p.Column > utf8.RuneCountInString(src.Line(p.Line))+1 {
				t.Errorf("outside of the file: %s", p)
			}
			if p.Code == "" || p.Message == "" {
				t.Errorf("without code or message: %+v", p)
			}
		}
		if !problems.Failed() && (r == nil || r.Name == "" || len(r.Steps) == 0) {
			t.Errorf("no error, and yet no runbook: %+v", r)
		}
	})
}
