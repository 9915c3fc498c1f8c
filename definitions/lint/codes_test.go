package lint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"redress/definitions/lint"
)

// declaredCodes reads the constants Code… of a package from its source.
func declaredCodes(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	codes := map[string]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Code") {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				code, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				codes[code] = spec.Names[0].Name
			}
			return true
		})
	}
	return codes
}

// Every code is documented, once, and shown by a golden file or another test.
func TestCodesAreDocumented(t *testing.T) {
	docs := map[string]bool{}
	for _, d := range lint.Codes() {
		if docs[d.Code] {
			t.Errorf("%s is documented twice", d.Code)
		}
		if len(d.Text) < 20 {
			t.Errorf("%s: %q documents nothing", d.Code, d.Text)
		}
		docs[d.Code] = true
	}
	shown := shownCodes(t)
	for _, dir := range []string{"..", ".", "../expr"} {
		for code, name := range declaredCodes(t, dir) {
			if !docs[code] {
				t.Errorf("%s (%s in %s) is not documented", code, name, dir)
			}
			if !slices.ContainsFunc(shown, func(text string) bool {
				return strings.Contains(text, " "+code+": ") || strings.Contains(text, "."+name)
			}) {
				t.Errorf("%s (%s in %s) is shown by no golden file and no test", code, name, dir)
			}
			delete(docs, code)
		}
	}
	for code := range docs {
		t.Errorf("%s is documented and not declared", code)
	}
}

// shownCodes returns the texts of the golden files and of the tests.
func shownCodes(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, pattern := range []string{"../testdata/bad/*.golden", "../*_test.go", "*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(data))
		}
	}
	return texts
}
