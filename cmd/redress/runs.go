package main

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"redress/definitions"
	"redress/internal/contract"
)

// reasonWidth is how much of a reason the table shows; show has all of it.
const reasonWidth = 60

func runsVerb() *cobra.Command {
	var api apiFlags
	var filter contract.RunFilter
	cmd := &cobra.Command{
		Use:     "runs",
		GroupID: groupOperate,
		Short:   "List runs: those that are running first, then the newest",
		Example: "  redress runs\n  redress runs --target=cache-prod --outcome=refused\n  redress runs -o json | jq -r '.runs[].id'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := api.get(cmd.Context(), []string{"runs"}, query(filter))
			if err != nil {
				return err
			}
			if api.output == "json" {
				return a.indented(cmd.OutOrStdout())
			}
			var list contract.RunList
			if err := a.into(&list); err != nil {
				return err
			}
			return printRuns(cmd.OutOrStdout(), list, a.now)
		},
	}
	fs := cmd.Flags()
	api.register(fs)
	fs.StringVar(&filter.Target, "target", "", "only runs on this `target`")
	fs.StringVar(&filter.Runbook, "runbook", "", "only runs of this `runbook`")
	fs.Var(choice{&filter.Outcome, words(definitions.Outcomes())}, "outcome", "only runs that ended so")
	fs.Var(choice{&filter.Status, words([]contract.RunStatus{
		contract.RunRunning, contract.RunWaiting, contract.RunClearing, contract.RunFinished,
	})}, "status", "only runs that stand so")
	fs.IntVar(&filter.Limit, "limit", 20, "at most this many, up to 500")
	fs.StringVar(&filter.PageToken, "page-token", "", "go on after an earlier list, by its `token`")
	return cmd
}

func words[W ~string](ws []W) []string {
	list := make([]string, len(ws))
	for i, w := range ws {
		list[i] = string(w)
	}
	return list
}

// query writes a filter as the parameters of the API.
func query(f contract.RunFilter) url.Values {
	q := url.Values{"limit": {strconv.Itoa(f.Limit)}}
	for name, value := range map[string]string{
		"target": f.Target, "runbook": f.Runbook, "outcome": f.Outcome, "status": f.Status, "page_token": f.PageToken,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func printRuns(out io.Writer, list contract.RunList, now time.Time) error {
	if len(list.Runs) == 0 {
		_, err := fmt.Fprintln(out, "There are no such runs.")
		return err
	}
	p := &page{now: now}
	p.table("", func(w io.Writer) {
		fmt.Fprintln(w, "RUN\tMODE\tSTATE\tTOOK\tACTS\tREASON")
		for _, r := range list.Runs {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", printable(r.ID), r.Mode, state(r),
				span(r.StartedAt, r.FinishedAt, now), len(r.Acts), cut(printable(r.Reason), reasonWidth))
		}
	})
	if list.NextPageToken != "" {
		fmt.Fprintf(p, "\nThere are more: --page-token=%s\n", list.NextPageToken)
	}
	_, err := p.WriteTo(out)
	return err
}
