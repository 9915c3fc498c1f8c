package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"redress/activities/all"
	"redress/activities/redis"
	"redress/definitions"
	"redress/definitions/library"
	"redress/definitions/lint"
	"redress/internal/config"
)

func lintVerb() *cobra.Command {
	var file, output string
	cmd := &cobra.Command{
		Use:     "lint [PATH…]",
		GroupID: groupAuthor,
		Short:   "Check runbooks without any server",
		Long: `Checks runbooks against the language and the actions of this build, and prints every
problem of all files with its place and its cure. In a folder it takes every *.yaml but
*_test.yaml and redress.yaml. Without a PATH it takes the runbooks that redress.yaml names.

With --config.file the receivers that runbooks tell are checked, too. The exit code is 1
when there are errors; warnings alone leave it 0.`,
		Example: "  redress lint runbooks/\n  redress lint --config.file=redress.yaml runbooks/cache.yaml\n  redress lint -o json runbooks/ | jq '.[].code'",
		RunE: func(cmd *cobra.Command, args []string) error {
			l := linter{config: file, named: cmd.Flags().Changed("config.file"), output: output}
			return l.run(cmd.OutOrStdout(), args)
		},
	}
	configFlag(cmd.Flags(), &file)
	outputFlag(cmd.Flags(), &output, "text", "json")
	return cmd
}

// linter is one call of the verb.
type linter struct {
	config string
	named  bool // the configuration was asked for
	output string
}

func (l linter) run(out io.Writer, args []string) error {
	files, err := runbookFiles(args)
	if err != nil {
		return err
	}
	var cfg *config.Config
	var problems definitions.Problems
	if l.named || len(args) == 0 {
		if cfg, problems = config.Load(l.config); cfg == nil {
			return l.print(out, l.config, problems)
		}
	}
	if len(args) == 0 {
		files = cfg.Runbooks
	}
	more, err := lintFiles(files, cfg)
	if err != nil {
		return err
	}
	return l.print(out, plural(len(files), "runbook"), append(problems, more...).Sort())
}

// lintFiles checks the files together with the shipped runbooks, whose names are taken.
func lintFiles(files []string, cfg *config.Config) (definitions.Problems, error) {
	registry, err := all.Registry(noTargets{})
	if err != nil {
		return nil, err
	}
	options := lint.Options{Actions: registry}
	if cfg != nil {
		options.Receivers = make([]string, len(cfg.Receivers))
		for i, r := range cfg.Receivers {
			options.Receivers[i] = r.Name
		}
		options.Templates = make(map[string]string, len(cfg.Templates))
		for _, path := range cfg.Templates {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("read a template file: %w", err)
			}
			options.Templates[path] = string(text)
		}
	}
	own, problems := definitions.Load(files)
	shipped, more := library.Load()
	problems = append(problems, more...)
	set, more := definitions.Combine(own, shipped)
	problems = append(problems, more...)
	return append(problems, lint.Check(set, options)...), nil
}

// print writes the problems of what was checked; it is an error when one of them is.
func (l linter) print(out io.Writer, what string, problems definitions.Problems) error {
	if l.output == "json" {
		if problems == nil {
			problems = definitions.Problems{}
		}
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(nearby(problems)); err != nil {
			return fmt.Errorf("write the problems: %w", err)
		}
	} else {
		if err := render(out, problems); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %s\n", what, count(problems))
	}
	if problems.Failed() {
		return errQuiet
	}
	return nil
}

// runbookFiles lists the runbooks in files and folders, each once.
func runbookFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, usageError{"there is no " + path, "name runbooks, or folders that hold some"}
		case err != nil:
			return nil, fmt.Errorf("look for runbooks: %w", err)
		case !info.IsDir():
			files = append(files, path)
			continue
		}
		found, err := walk(path)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, usageError{"there is no runbook (*.yaml) in " + path, "name runbooks, or folders that hold some"}
		}
		files = append(files, found...)
	}
	for i, f := range files {
		files[i] = filepath.Clean(f)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// walk lists the runbooks in a folder. Hidden folders are passed over: those of git,
// and the ones that Kubernetes mounts behind a ConfigMap's links.
func walk(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && strings.HasPrefix(name, "."):
			return fs.SkipDir
		case d.IsDir(), filepath.Ext(name) != ".yaml", strings.HasSuffix(name, "_test.yaml"), name == "redress.yaml":
			return nil
		}
		files = append(files, path)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for runbooks: %w", err)
	}
	return files, nil
}

// noTargets is the inventory of verbs that call no action.
type noTargets struct{}

var _ redis.Inventory = noTargets{}

// Target implements [redis.Inventory].
func (noTargets) Target(name string) (redis.Target, error) {
	return redis.Target{}, fmt.Errorf("%w: %s", redis.ErrUnknownTarget, name)
}
