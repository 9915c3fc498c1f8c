package config

import (
	"os"
	"path/filepath"
	"testing"

	"redress/definitions"
)

// FuzzDecode: no input panics; without an error there is a configuration that can be
// asked; every problem has a place inside the file, a code and one line of text.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, c := decode("redress.yaml", data) // without the file system: patterns may be anything
		c, problems := d.result(c)
		if (c == nil) != problems.Failed() {
			t.Fatalf("configuration %v with problems %v", c, problems)
		}
		for _, p := range problems {
			if p.File != "redress.yaml" || p.Line < 1 || p.Column < 1 || p.Code == "" || p.Message == "" {
				t.Errorf("incomplete problem %#v", p)
			}
			if lines := definitions.NewSource("", data).Lines(); p.Line > lines {
				t.Errorf("problem %v lies behind the file's %d lines", p, lines)
			}
		}
		if c != nil {
			c.MatchTarget(map[string]string{"redis_cluster": "cache"})
			_ = c.CheckLibrary(nil) // it must not panic
		}
	})
}
