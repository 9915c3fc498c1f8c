package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// file is a file that the configuration names and that is opened at the moment of use.
type file struct {
	node *yaml.Node
	key  string // its path in the configuration
	path string // absolute
}

// pattern is a pattern of files that the configuration names.
type pattern struct {
	item
	glob string // absolute
}

// secret returns the file that a key names.
func (o *object) secret(key string) Secret {
	it, ok := o.text(key)
	if !ok {
		return Secret{}
	}
	return Secret{File: o.d.noteFile(it), Key: it.path}
}

// noteFile returns the absolute path that a text names, and remembers to look for it.
func (d *decoder) noteFile(it item) string {
	path := d.abs(it.text)
	d.files = append(d.files, file{node: it.node, key: it.path, path: path})
	return path
}

// patterns returns the patterns that a key lists.
func (d *decoder) patterns(o *object, key string) []pattern {
	var patterns []pattern
	for _, it := range o.texts(key) {
		if _, err := filepath.Match(it.text, ""); err != nil {
			d.fail(it.node, definitions.CodeBadValue, fmt.Sprintf("%s: %q is no pattern of files", it.path, it.text), "close each [ with ]")
			continue
		}
		if strings.Contains(it.text, "**") {
			d.fail(it.node, definitions.CodeBadValue, it.path+" has **, which does not look into folders at any depth here", "name each folder: runbooks/*.yaml, runbooks/*/*.yaml")
			continue
		}
		patterns = append(patterns, pattern{item: it, glob: d.abs(it.text)})
	}
	return patterns
}

func (d *decoder) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(d.dir, path)
}

// expand finds the files of the patterns.
func (d *decoder) expand(c *Config) {
	isTest := func(path string) bool {
		return strings.HasSuffix(path, "_test.yaml") || strings.HasSuffix(path, "_test.yml")
	}
	c.Runbooks = slices.DeleteFunc(d.glob(d.runbooks), isTest)
	c.Templates = d.glob(d.templates)
}

// glob returns the files of patterns, sorted, each once. A pattern without a file is a
// warning, a name without one an error.
func (d *decoder) glob(patterns []pattern) []string {
	var found []string
	for _, p := range patterns {
		files, err := filepath.Glob(p.glob)
		switch {
		case err != nil: // the folder of the configuration has a [ in its name
			d.fail(p.node, definitions.CodeBadValue, fmt.Sprintf("%s: %s is no pattern of files", p.path, p.glob), "")
		case len(files) == 0 && strings.ContainsAny(p.text, `*?[`):
			d.warn(p.node, CodeMissingFile, fmt.Sprintf("%s matches no file", p.path), "it is looked for at "+p.glob)
		case len(files) == 0:
			d.fail(p.node, CodeMissingFile, fmt.Sprintf("%s does not exist", p.path), "it is looked for at "+p.glob)
		}
		found = append(found, files...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// checkFiles warns of files that are not there. It is no error: `serve` has no use for
// the passwords of Redis, and a secret may be delivered later than the configuration.
func (d *decoder) checkFiles() {
	for _, f := range d.files {
		switch info, err := os.Stat(f.path); {
		case errors.Is(err, fs.ErrNotExist):
			d.warn(f.node, CodeMissingFile, fmt.Sprintf("%s: there is no file %s", f.key, f.path), "it is read at the moment of use; create it before")
		case err != nil:
			d.warn(f.node, CodeMissingFile, fmt.Sprintf("%s: %v", f.key, err), "")
		case info.IsDir():
			d.fail(f.node, CodeMissingFile, fmt.Sprintf("%s: %s is a folder, not a file", f.key, f.path), "")
		}
	}
}
