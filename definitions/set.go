package definitions

import (
	"cmp"
	"fmt"
	"os"
	"slices"
)

// Set is all runbooks that are loaded together, in the order in which they are asked
// whether they start: the team's own before the shipped library, then by priority,
// then by name.
type Set struct {
	Runbooks []*Runbook

	sources map[string]*Source // by file
}

// Source returns the text of a file of the set, nil when it is not one of them.
func (s *Set) Source(file string) *Source { return s.sources[file] }

// Find returns the runbook of that name, nil when there is none.
func (s *Set) Find(name string) *Runbook {
	for _, r := range s.Runbooks {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// File is a runbook file in memory.
type File struct {
	Name    string
	Data    []byte
	Library bool // shipped with Redress
}

// Load reads runbooks from files on disk. It returns all runbooks as far as they were
// understood, and all problems of all files, sorted; when [Problems.Failed], the set
// must not be run.
func Load(paths []string) (*Set, Problems) {
	var problems Problems
	var files []File
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, Problem{
				Position: Position{File: path, Line: 1, Column: 1}, Severity: Error, Code: CodeUnreadable,
				Message: fmt.Sprintf("cannot read the runbook: %s", err), Suggestion: "check that it exists and that Redress may read it",
			})
			continue
		}
		files = append(files, File{Name: path, Data: data})
	}
	set, more := LoadFiles(files)
	return set, append(problems, more...).Sort()
}

// LoadFiles is [Load] for files that are in memory.
func LoadFiles(files []File) (*Set, Problems) {
	set := &Set{sources: map[string]*Source{}}
	var problems Problems
	for _, f := range files {
		src := NewSource(f.Name, f.Data)
		set.sources[f.Name] = src
		r, more := parseSource(src, f.Data)
		problems = append(problems, more...)
		if r == nil {
			continue
		}
		r.Library = f.Library
		set.Runbooks = append(set.Runbooks, r)
	}
	return set, append(problems, set.arrange()...).Sort()
}

// Combine joins sets, such as the team's own runbooks and the shipped library. The
// problems are names that stand in more than one of them.
func Combine(sets ...*Set) (*Set, Problems) {
	all := &Set{sources: map[string]*Source{}}
	for _, s := range sets {
		all.Runbooks = append(all.Runbooks, s.Runbooks...)
		for file, src := range s.sources {
			all.sources[file] = src
		}
	}
	return all, all.arrange().Sort()
}

// arrange puts the runbooks in order, and reports names that are used twice.
func (s *Set) arrange() Problems {
	slices.SortStableFunc(s.Runbooks, func(a, b *Runbook) int {
		return cmp.Or(compareBool(a.Library, b.Library), cmp.Compare(a.Priority, b.Priority),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Position.File, b.Position.File))
	})
	var problems Problems
	first := map[string]*Runbook{}
	for _, r := range s.Runbooks {
		earlier, ok := first[r.Name]
		if !ok {
			first[r.Name] = r
			continue
		}
		if r.Name == "" {
			continue
		}
		src := s.Source(r.Position.File)
		at := s.nameAt(r)
		problems = append(problems, Problem{
			Position: at, Severity: Error, Code: CodeDuplicateRunbook,
			Message:    fmt.Sprintf("the runbook %q is defined twice", r.Name),
			Suggestion: fmt.Sprintf("the other one stands at %s", s.nameAt(earlier)),
			Source:     src.Line(at.Line),
		})
	}
	return problems
}

func (s *Set) nameAt(r *Runbook) Position {
	if at, ok := s.Source(r.Position.File).Value("", "runbook"); ok {
		return at
	}
	return r.Position
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
