//go:build !lean

package main

import (
	"github.com/spf13/cobra"

	"redress/internal/demo"
	"redress/internal/lab"
)

func demoVerb() *cobra.Command {
	var fault, output string
	var exit bool
	var log logFlags
	cmd := &cobra.Command{
		Use:     "demo",
		GroupID: groupServers,
		Short:   "Break a Redis on this machine and watch it heal",
		Long: `Starts, on free ports of loopback, a Redis master with two replicas and three Sentinels,
an Alertmanager and everything of Redress; breaks the master, and tells what happens until
it is whole again. It needs redis-server and redis-sentinel, no file and no network, and
leaves nothing behind.

  master-down     the master is killed; Sentinel heals that, Redress watches and verifies
  sentinel-stuck  the Sentinels' own failover comes to nothing; Redress has to act

Without --exit it stays up for looking around until Ctrl-C. With it the exit code is 0
when the run healed, 1 otherwise.`,
		Example: "  redress demo\n  redress demo --fault=sentinel-stuck --exit\n  redress demo --exit -o json | tail -n 1 | jq .outcome",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			logger, err := log.logger(cmd)
			if err != nil {
				return err
			}
			healed, err := demo.Run(cmd.Context(), demo.Options{
				Fault: lab.Fault(fault), Exit: exit, JSON: output == "json",
				Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr(), Log: logger,
			})
			switch {
			case err != nil:
				return err
			case exit && !healed:
				return errQuiet
			}
			return nil
		},
	}
	var faults []string
	for _, f := range lab.Faults() {
		faults = append(faults, string(f))
	}
	fault = string(lab.MasterDown)
	cmd.Flags().Var(choice{&fault, faults}, "fault", "how the lab is broken")
	cmd.Flags().BoolVar(&exit, "exit", false, "exit when the run has ended")
	outputFlag(cmd.Flags(), &output, "text", "json")
	log.register(cmd.Flags(), "error")
	return cmd
}
