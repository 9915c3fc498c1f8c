//go:build !lean

package main

import "github.com/spf13/cobra"

// embeddedVerbs are those that need the Temporal server in the binary.
func embeddedVerbs() []*cobra.Command {
	return []*cobra.Command{standaloneVerb(), demoVerb()}
}
