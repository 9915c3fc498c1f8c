package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"redress/activities"
	"redress/activities/all"
	"redress/definitions/expr"
)

func actionsVerb() *cobra.Command {
	return &cobra.Command{
		Use:     "actions [NAME]",
		GroupID: groupAuthor,
		Short:   "Show what runbooks can call",
		Example: "  redress actions\n  redress actions sentinel.failover",
		RunE: func(cmd *cobra.Command, args []string) error {
			registry, err := all.Registry(noTargets{})
			if err != nil {
				return err
			}
			switch len(args) {
			case 0:
				return printActions(cmd.OutOrStdout(), registry)
			case 1:
				a, ok := registry.Action(args[0])
				if !ok {
					return usageError{fmt.Sprintf("there is no action %q", args[0]), suggest(args[0], registry.ActionNames(), "redress actions")}
				}
				return printAction(cmd.OutOrStdout(), a)
			}
			return usageError{"actions takes one name", "redress actions lists all"}
		},
	}
}

func printActions(out io.Writer, registry *activities.Registry) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACTION\tEFFECT\tWHAT IT DOES")
	for _, name := range registry.ActionNames() {
		a, _ := registry.Action(name)
		fmt.Fprintf(w, "%s\t%s\t%s\n", a.Name, a.Effect, a.Summary)
	}
	return w.Flush()
}

func printAction(out io.Writer, a activities.Action) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n", a.Name, a.Effect, a.Summary)
	if a.Doc != "" {
		fmt.Fprintf(&b, "\n%s\n", wrap(a.Doc, "", docWidth))
	}
	if len(a.Guards) > 0 {
		b.WriteString("\nIt refuses unless\n")
		for _, g := range a.Guards {
			fmt.Fprintf(&b, "  - %s\n", wrap(g, "    ", docWidth-4))
		}
	}
	fields(&b, "Input (with:); ? may be left out", a.Input)
	fields(&b, "Result; ? may be unknown", a.Output)
	_, err := io.WriteString(out, b.String())
	return err
}

// docWidth is the longest line of prose.
const docWidth = 88

// wrap breaks a text into lines; all but the first begin with indent.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case length+1+n > width:
			b.WriteString("\n" + indent)
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += n
	}
	return b.String()
}

// fields writes the fields of a type.
func fields(b *strings.Builder, title string, t expr.Type) {
	fmt.Fprintf(b, "\n%s\n", title)
	if len(t.Fields) == 0 {
		b.WriteString("  none\n")
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, f := range flatten("", t) {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.path, f.kind, f.doc)
	}
	_ = w.Flush() // a builder takes everything
}

// field is a field of a type, nested ones by their path.
type field struct{ path, kind, doc string }

func flatten(prefix string, t expr.Type) []field {
	var list []field
	for _, f := range t.Fields {
		kind, inner, suffix := string(f.Type.Kind), f.Type, ""
		for inner.Elem != nil {
			kind = string(inner.Kind) + " of " + string(inner.Elem.Kind)
			inner, suffix = *inner.Elem, suffix+"[]"
		}
		if f.Optional {
			kind += "?"
		}
		doc := f.Doc
		if len(inner.Enum) > 0 {
			doc += ": " + strings.Join(inner.Enum, ", ")
		}
		list = append(list, field{prefix + f.Name, kind, doc})
		list = append(list, flatten(prefix+f.Name+suffix+".", inner)...)
	}
	return list
}
