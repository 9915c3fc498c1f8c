package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestKeysAreAccepted holds the key table against the good files: every key that the
// table calls supported is in one of them, so that the table promises nothing else.
func TestKeysAreAccepted(t *testing.T) {
	used := make(map[string]bool)
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		mustLoad(t, file)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		collect(doc.Content[0], "", used)
	}
	for _, k := range Keys() {
		if used[k.Path] == k.Later {
			t.Errorf("key %s: later %t, used in testdata/good %t", k.Path, k.Later, used[k.Path])
		}
		if k.Doc == "" || k.Type == "" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("key %s is not documented", k.Path)
		}
	}
}

func collect(n *yaml.Node, path string, used map[string]bool) {
	used[path] = true
	if n.Kind == yaml.SequenceNode {
		for _, e := range n.Content {
			collect(e, path+"[]", used)
		}
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		collect(n.Content[i+1], strings.TrimPrefix(path+"."+n.Content[i].Value, "."), used)
	}
}
