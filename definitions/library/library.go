// Package library holds the runbooks that are shipped with Redress. They only observe
// until redress.yaml enables them by name.
//
// It imports package definitions alone.
package library

import (
	"embed"
	"fmt"
	"io/fs"
	"path"

	"redress/definitions"
)

//go:embed *.yaml
var files embed.FS

// Load parses the shipped runbooks and marks them as the library's. Their files are
// named as in library/redis-master-down.yaml. A problem here is a defect of this build.
func Load() (*definitions.Set, definitions.Problems) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, broken(err)
	}
	var list []definitions.File
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, broken(err)
		}
		list = append(list, definitions.File{Name: path.Join("library", name), Data: data, Library: true})
	}
	return definitions.LoadFiles(list)
}

func broken(err error) definitions.Problems {
	return definitions.Problems{{
		Position: definitions.Position{File: "library", Line: 1, Column: 1}, Severity: definitions.Error,
		Code: definitions.CodeUnreadable, Message: fmt.Sprintf("cannot read the shipped runbooks: %s", err),
	}}
}
