package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	amconfig "github.com/prometheus/alertmanager/config"

	"redress/definitions"
	"redress/internal/app"
	"redress/internal/contract"
)

// block is an example in the documentation: what stands between ```yaml KIND and ```.
type block struct {
	file       string
	line       int
	kind, text string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", filepath.Base(b.file), b.line) }

// pages are all pages of the documentation.
func pages(t *testing.T) []string {
	t.Helper()
	top := filepath.Join("..", "..")
	pages, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	return append(pages, filepath.Join(top, "README.md"), filepath.Join(top, "CONTRIBUTING.md"))
}

func blocks(t *testing.T, file string) []block {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []block
	open := false
	for i, line := range strings.Split(string(data), "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !open:
			open = true
			list = append(list, block{file: file, line: i + 1, kind: strings.TrimSpace(info)})
		case fence:
			open = false
		case open:
			list[len(list)-1].text += line + "\n"
		}
	}
	if open {
		t.Errorf("%s: a block has no end", file)
	}
	return list
}

// Every example is what it says it is, and is accepted.
func TestExamples(t *testing.T) {
	checked := map[string]int{}
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			check := map[string]func(*testing.T, block){
				"yaml redress.yaml":     loadConfiguration,
				"yaml runbook":          lintRunbook,
				"yaml alertmanager.yml": loadAlertmanager,
				"json run":              decodeRun,
				"json":                  decodeJSON,
			}[b.kind]
			switch {
			case check != nil:
				checked[b.kind]++
				t.Run(b.String(), func(t *testing.T) { check(t, b) })
			case strings.HasPrefix(b.kind, "yaml"), strings.HasPrefix(b.kind, "json"):
				t.Errorf("%s: a block says %q, which nothing checks", b, b.kind)
			}
		}
	}
	for _, kind := range []string{"yaml redress.yaml", "yaml runbook", "yaml alertmanager.yml", "json run"} {
		if checked[kind] == 0 {
			t.Errorf("there is no example of %q", kind)
		}
	}
}

// loadConfiguration loads an example as the servers do, with the files that it names.
func loadConfiguration(t *testing.T, b block) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range regexp.MustCompile(`\w+_file: ([^\s,}]+)`).FindAllStringSubmatch(b.text, -1) {
		write(m[1], "generic://127.0.0.1:9/\n")
	}
	write("runbooks/own.yaml", "runbook: own\nalerts: [alertname=\"Own\"]\nsteps: [{check: redis.info}]\n")
	write("templates/own.tmpl", `{{ define "own" }}{{ end }}`)
	write("redress.yaml", b.text)
	loaded, problems := app.Load(filepath.Join(dir, "redress.yaml"))
	if loaded == nil || len(problems) > 0 {
		t.Errorf("%s:\n%s", b, problems.Error())
	}
}

func lintRunbook(t *testing.T, b block) {
	file := filepath.Join(t.TempDir(), "example.yaml")
	if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
		t.Fatal(err)
	}
	problems, err := lintFiles([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) > 0 {
		t.Errorf("%s:\n%s", b, problems.Error())
	}
}

func loadAlertmanager(t *testing.T, b block) {
	if _, err := amconfig.Load(b.text); err != nil {
		t.Errorf("%s: %v", b, err)
	}
}

// decodeRun wants every field of the example to be one of a run, and every field that a
// run always has to be in the example.
func decodeRun(t *testing.T, b block) {
	var run contract.Run
	dec := json.NewDecoder(strings.NewReader(b.text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&run); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	var shown, real map[string]any
	encoded, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	for text, into := range map[string]*map[string]any{b.text: &shown, string(encoded): &real} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	for field := range real {
		if _, ok := shown[field]; !ok {
			t.Errorf("%s does not show the field %s", b, field)
		}
	}
	if run.Outcome != definitions.Healed {
		t.Errorf("%s: the outcome is %q", b, run.Outcome)
	}
}

func decodeJSON(t *testing.T, b block) {
	if !json.Valid([]byte(b.text)) {
		t.Errorf("%s is not JSON", b)
	}
}

// Links between the pages lead somewhere.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:\s]*)(#[^)\s]*)?\)`)
	found := 0
	for _, page := range pages(t) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(data, -1) {
			found++
			to := page
			if len(m[1]) > 0 {
				to = filepath.Join(filepath.Dir(page), string(m[1]))
			}
			target, err := os.ReadFile(to)
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			if anchor := string(m[2]); anchor != "" && !bytes.Contains(anchors(target), []byte(anchor+"\n")) {
				t.Errorf("%s: %s has no heading %s", page, to, anchor)
			}
		}
	}
	if found == 0 {
		t.Error("no links were found")
	}
}

// anchors lists the headings of a page as links name them, one per line.
func anchors(page []byte) []byte {
	var list bytes.Buffer
	for line := range strings.Lines(string(page)) {
		if title := strings.TrimLeft(line, "#"); title != line {
			name := strings.ToLower(strings.TrimSpace(title))
			name = regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(name, "")
			fmt.Fprintf(&list, "#%s\n", strings.ReplaceAll(name, " ", "-"))
		}
	}
	return list.Bytes()
}
