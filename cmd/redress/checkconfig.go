package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"redress/internal/app"
)

func checkConfigVerb() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     "check-config",
		GroupID: groupAuthor,
		Short:   "Check redress.yaml and everything that it names",
		Long: `Reads the configuration, and every runbook and template that it names, exactly as the
servers do, and prints all problems. It connects to nothing and reads no secret. The exit
code is 1 when the servers would not start with it; warnings alone leave it 0.`,
		Example: "  redress check-config\n  redress check-config --config.file=/etc/redress/redress.yaml",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			loaded, problems := app.Load(file)
			if err := render(out, problems); err != nil {
				return err
			}
			if loaded == nil {
				fmt.Fprintf(out, "%s: %s\n", file, count(problems))
				return errQuiet
			}
			own := 0
			for _, r := range loaded.Runbooks.Runbooks {
				if !r.Library {
					own++
				}
			}
			fmt.Fprintf(out, "%s is good: %s; %s, %s of your own, %d shipped, %s\n", file, count(problems),
				plural(len(loaded.Config.Targets), "target"), plural(own, "runbook"),
				len(loaded.Runbooks.Runbooks)-own, plural(len(loaded.Config.Receivers), "receiver"))
			return nil
		},
	}
	configFlag(cmd.Flags(), &file)
	return cmd
}
