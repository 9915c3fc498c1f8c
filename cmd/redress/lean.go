//go:build lean

package main

import "github.com/spf13/cobra"

// embeddedVerbs tell what to do instead, since this build has no Temporal server.
func embeddedVerbs() []*cobra.Command {
	var verbs []*cobra.Command
	for _, name := range []string{"standalone", "demo"} {
		verbs = append(verbs, &cobra.Command{
			Use: name, Hidden: true, DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error {
				return usageError{
					"this build (tag lean) has no " + name + ": the Temporal server was left out",
					"use the full build, or redress serve and redress worker with a Temporal server of your own",
				}
			},
		})
	}
	return verbs
}
