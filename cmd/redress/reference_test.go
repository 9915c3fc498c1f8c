package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redress/activities/all"
	"redress/definitions"
	"redress/definitions/expr"
	"redress/definitions/lint"
	"redress/internal/config"
)

// TestReference holds docs/reference.md to the tables from which the decoder, the linter
// and the actions work. -update writes it anew.
func TestReference(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "reference.md")
	got := reference(t)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/reference.md is out of date (go test ./cmd/redress -run TestReference -update):\n%s", diff)
	}
}

func reference(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Reference\n\nGenerated from the code; do not edit.\n")
	referKeys(&b)
	referActions(t, &b)
	referCodes(&b)
	return b.String()
}

func referKeys(b *strings.Builder) {
	b.WriteString("\n## redress.yaml\n\nKeys that say *later* are refused with \"not supported yet\".\n\n| key | | default | |\n|---|---|---|---|\n")
	for _, k := range config.Keys() {
		doc := k.Doc
		if k.Later {
			doc = "*Later.* " + doc
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.Path, k.Type, literal(k.Default), cell(doc))
	}
}

func referActions(t *testing.T, b *strings.Builder) {
	registry, err := all.Registry(noTargets{})
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n## Actions\n\nAfter a type, ? says that an input may be left out, and that a result may be unknown.\n")
	for _, name := range registry.ActionNames() {
		a, _ := registry.Action(name)
		fmt.Fprintf(b, "\n### %s\n\n%s: %s\n", a.Name, a.Effect, a.Summary)
		if a.Doc != "" {
			fmt.Fprintf(b, "\n%s\n", wrap(a.Doc, "", 100))
		}
		if len(a.Guards) > 0 {
			b.WriteString("\nIt refuses unless\n\n")
			for _, g := range a.Guards {
				fmt.Fprintf(b, "- %s\n", g)
			}
		}
		referFields(b, "input", a.Input)
		referFields(b, "result", a.Output)
	}
}

func referFields(b *strings.Builder, title string, t expr.Type) {
	if len(t.Fields) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | | |\n|---|---|---|\n", title)
	for _, f := range flatten("", t) {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.path, f.kind, cell(f.doc))
	}
}

func referCodes(b *strings.Builder) {
	b.WriteString("\n## Problem codes\n\n| code | |\n|---|---|\n")
	docs := append(lint.Codes(), config.Codes()...)
	slices.SortStableFunc(docs, func(x, y definitions.CodeDoc) int { return strings.Compare(x.Code, y.Code) })
	for _, d := range slices.Compact(docs) {
		fmt.Fprintf(b, "| `%s` | %s |\n", d.Code, cell(d.Text))
	}
}

func literal(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// cell keeps a text inside its cell of a table.
func cell(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "|", `\|`)), " ")
}
