package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"redress/definitions"
	"redress/definitions/lint"
)

// render writes problems for people.
func render(out io.Writer, problems definitions.Problems) error {
	return lint.Render(out, nearby(problems))
}

// nearby names files below the working folder as people would type them.
func nearby(problems definitions.Problems) definitions.Problems {
	wd, err := os.Getwd()
	if err != nil { // it was removed; whole paths serve as well
		return problems
	}
	problems = slices.Clone(problems)
	for i := range problems {
		if file := problems[i].File; filepath.IsAbs(file) {
			if rel, err := filepath.Rel(wd, file); err == nil && filepath.IsLocal(rel) {
				problems[i].File = rel
			}
		}
	}
	return problems
}

// count says how many problems there are: "2 errors, 1 warning".
func count(problems definitions.Problems) string {
	errs := 0
	for _, p := range problems {
		if p.Severity == definitions.Error {
			errs++
		}
	}
	return plural(errs, "error") + ", " + plural(len(problems)-errs, "warning")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
