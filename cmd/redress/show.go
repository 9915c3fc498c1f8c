package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redress/definitions"
	"redress/internal/contract"
)

func showVerb() *cobra.Command {
	var api apiFlags
	cmd := &cobra.Command{
		Use:     "show RUN",
		GroupID: groupOperate,
		Short:   "Show one run: what was seen, what was done, how it ended",
		Long: `Shows a run on one screen. All times are UTC. What the steps saw is in -o json. The exit
code is 0 when the run could be shown, however it ended.`,
		Example: "  redress show cache-prod.redis-master-down.20261121T030412Z\n" +
			"  redress show -o json cache-prod.redis-master-down.20261121T030412Z | jq '.steps[].result'",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return usageError{fmt.Sprintf("show takes one run, and got %d", len(args)), "redress runs lists them"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := api.get(cmd.Context(), []string{"runs", args[0]}, nil)
			if err != nil {
				return err
			}
			if api.output == "json" {
				return a.indented(cmd.OutOrStdout())
			}
			var run contract.Run
			if err := a.into(&run); err != nil {
				return err
			}
			return printRun(cmd.OutOrStdout(), run, a.now)
		},
	}
	api.register(cmd.Flags())
	return cmd
}

// printRun writes a run for a person who was woken by it: how it stands first.
func printRun(out io.Writer, r contract.Run, now time.Time) error {
	p := &page{now: now}
	p.head(r)
	p.alerts(r)
	p.steps(r.Steps)
	p.acts(r)
	p.silences(r)
	p.messages(r.Told)
	_, err := p.WriteTo(out)
	return err
}

func (p *page) head(r contract.Run) {
	verdict := strings.ToUpper(state(r))
	if length := span(r.StartedAt, r.FinishedAt, p.now); length != "" {
		word := "after"
		if r.Status != contract.RunFinished {
			word = "for"
		}
		verdict += " " + word + " " + length
	}
	fmt.Fprintf(p, "%s  %s\n", verdict, printable(r.ID))
	if r.Reason != "" {
		fmt.Fprintf(p, "%s\n", printable(r.Reason))
	}
	if r.Stale {
		p.WriteString("No worker answered: this is what was recorded last.\n")
	}
	p.WriteByte('\n')
	p.table("", func(w io.Writer) {
		row := func(name, text string) {
			if text = printable(text); text != "" {
				fmt.Fprintf(w, "%s\t%s\n", name, text)
			}
		}
		row("target", r.Target)
		row("runbook", strings.TrimSuffix(r.Runbook+": "+r.Title, ": "))
		row("mode", because(string(r.Mode), r.ModeWhy))
		row("why", r.Why)
		if r.StartedAt != nil {
			row("started", r.StartedAt.UTC().Format(time.DateTime))
			row("first act", p.since(r.StartedAt, r.FirstActAt))
			row("verified", p.since(r.StartedAt, r.HealedAt))
			row("ended", p.since(r.StartedAt, r.FinishedAt))
		}
		row("link", r.URL)
	})
}

func because(what, why string) string {
	if why == "" {
		return what
	}
	return what + " (" + why + ")"
}

// since prints a time and how long after the start it was.
func (p *page) since(start, at *time.Time) string {
	if at == nil {
		return ""
	}
	return clock(at) + " (+" + took(at.Sub(*start)) + ")"
}

func (p *page) alerts(r contract.Run) {
	p.section("ALERTS", len(r.Alerts), func(w io.Writer) {
		for _, a := range r.Alerts {
			word := "firing"
			if a.Resolved {
				word = "resolved"
			}
			fmt.Fprintf(w, "%s\tsince %s\t%s\n", word, moment(a.StartsAt, r.StartedAt), alertName(a.Labels))
		}
	})
}

func (p *page) steps(steps []contract.RunStep) {
	p.section("STEPS", len(steps), func(w io.Writer) {
		for _, s := range steps {
			what := strings.TrimSpace(string(s.Kind) + " " + s.Action)
			indent := strings.Repeat("  ", strings.Count(s.Path, ".else"))
			fmt.Fprintf(w, "%s\t%s\t%s\t%s%s\t%s\n", clock(s.StartedAt), cmp.Or(span(s.StartedAt, s.FinishedAt, p.now), "-"),
				s.Status, indent, printable(cmp.Or(s.Name, lastSegment(s.Path))), what)
			if s.Error != "" {
				fmt.Fprintf(w, "\t\t\t%s  %s\n", indent, printable(s.Error))
			}
		}
	})
}

// lastSegment is what a step without a name is called.
func lastSegment(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func (p *page) acts(r contract.Run) {
	if len(r.Acts) == 0 {
		if r.Mode != definitions.Observe && r.Status == contract.RunFinished {
			p.WriteString("\nACTS\n  none: nothing was changed\n")
		}
		return
	}
	p.section("ACTS", len(r.Acts), func(w io.Writer) {
		for _, a := range r.Acts {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", clock(&a.At), a.Action, applied(a.Applied), printable(compact(a.Input)))
			if a.Reason != "" {
				fmt.Fprintf(w, "\t\t\t%s\n", printable(a.Reason))
			}
		}
	})
}

// applied says in words whether an act changed something.
func applied(a contract.Applied) string {
	switch a {
	case contract.AppliedYes:
		return "done"
	case contract.AppliedNo:
		return "not done"
	case contract.AppliedWould:
		return "would have been done"
	case contract.AppliedUnknown:
		return "cannot be told"
	}
	return string(a)
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil { // shown as it is
		return string(raw)
	}
	return b.String()
}

func (p *page) silences(r contract.Run) {
	p.section("SILENCES", len(r.Silences), func(w io.Writer) {
		for _, s := range r.Silences {
			until := ""
			if r.SilencedUntil != nil && r.Status != contract.RunFinished {
				until = "held until " + clock(r.SilencedUntil) + " at most"
			}
			fmt.Fprintf(w, "%s\tcluster %d\t%s\n", printable(s.ID), s.Cluster, until)
		}
	})
}

func (p *page) messages(told []contract.RunTold) {
	p.section("MESSAGES", len(told), func(w io.Writer) {
		for _, t := range told {
			fmt.Fprintf(w, "%s\t%s\t%s\n", clock(&t.At), printable(t.Receiver), printable(cmp.Or(t.Title, t.Message)))
			if t.Error != "" {
				fmt.Fprintf(w, "\t\tNOT DELIVERED: %s\n", printable(t.Error))
			}
		}
	})
}
