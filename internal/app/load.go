// Package app puts the processes of Redress together from their parts: serve, worker
// and standalone. Commands parse flags and call it; end-to-end tests call it directly.
//
// It may import everything but cmd.
package app

import (
	"errors"
	"fmt"
	"os"

	"redress/activities"
	"redress/activities/all"
	"redress/definitions"
	"redress/definitions/library"
	"redress/definitions/lint"
	"redress/internal/config"
)

// Loaded is everything that people wrote, read and checked.
type Loaded struct {
	Config   *config.Config
	Runbooks *definitions.Set // the team's own and the shipped ones
	Registry *activities.Registry
}

// Load reads redress.yaml and every runbook that it names, and checks them against the
// actions of this build. Loaded is nil when a problem is an error; warnings alone let
// it stand.
func Load(path string) (*Loaded, definitions.Problems) {
	cfg, problems := config.Load(path)
	if cfg == nil {
		return nil, problems
	}
	l, more := load(cfg)
	problems = append(problems, more...).Sort()
	if problems.Failed() {
		return nil, problems
	}
	return l, problems
}

// load does the part of [Load] that comes after redress.yaml.
func load(cfg *config.Config) (*Loaded, definitions.Problems) {
	registry, err := all.Registry(inventory{cfg})
	if err != nil {
		return nil, broken(cfg.Path, err)
	}
	own, problems := definitions.Load(cfg.Runbooks)
	shipped, more := library.Load()
	problems = append(problems, more...)
	problems = append(problems, cfg.CheckLibrary(names(shipped))...)
	set, more := definitions.Combine(own, shipped)
	problems = append(problems, more...)
	templates, err := readTemplates(cfg.Templates)
	if err != nil {
		return nil, append(problems, broken(cfg.Path, err)...)
	}
	receivers := make([]string, len(cfg.Receivers))
	for i, r := range cfg.Receivers {
		receivers[i] = r.Name
	}
	problems = append(problems, lint.Check(set, lint.Options{Actions: registry, Receivers: receivers, Templates: templates})...)
	return &Loaded{Config: cfg, Runbooks: set, Registry: registry}, problems
}

func names(set *definitions.Set) []string {
	list := make([]string, len(set.Runbooks))
	for i, r := range set.Runbooks {
		list[i] = r.Name
	}
	return list
}

func broken(file string, err error) definitions.Problems {
	return definitions.Problems{{
		Position: definitions.Position{File: file, Line: 1, Column: 1}, Severity: definitions.Error,
		Code: definitions.CodeUnreadable, Message: err.Error(),
	}}
}

// readTemplates reads the team's template files.
func readTemplates(paths []string) (map[string]string, error) {
	texts := make(map[string]string, len(paths))
	var errs []error
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			errs = append(errs, fmt.Errorf("read a template file: %w", err))
			continue
		}
		texts[p] = string(data)
	}
	return texts, errors.Join(errs...)
}
