//go:build !lean

package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"redress/internal/app"
	"redress/worker/embedded"
)

func standaloneVerb() *cobra.Command {
	var flags serverFlags
	var storage, address, uiAddress string
	cmd := &cobra.Command{
		Use:     "standalone",
		GroupID: groupServers,
		Short:   "Run everything in one process, Temporal included",
		Long: `Runs serve, worker and an embedded Temporal server with its Web UI. Its state is one
SQLite file under --storage.path, which survives restarts. For trying out, and for a small
estate on one machine; beyond that run serve and worker with a Temporal cluster.

The Temporal server and its Web UI ask nobody for a password: leave them on loopback.`,
		Example: "  redress standalone\n" +
			"  redress standalone --config.file=/etc/redress/redress.yaml --storage.path=/var/lib/redress",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			s, err := flags.begin(cmd)
			if err != nil {
				return err
			}
			var temporalLog io.Writer
			if s.serverFlags.log.level == "debug" {
				temporalLog = cmd.ErrOrStderr()
			}
			ctx := cmd.Context()
			all, err := app.StartStandalone(ctx, app.StandaloneOptions{
				Loaded: s.loaded, Web: s.web, ExternalURL: s.externalURL,
				StoragePath: storage, Address: address, UIAddress: uiAddress,
				Metrics: s.metrics, Log: s.log, TemporalLog: temporalLog,
			})
			if err != nil {
				return err
			}
			defer func() {
				closing, cancel := stopping(ctx)
				defer cancel()
				err = errors.Join(err, all.Close(closing))
			}()
			s.log.Info("standalone is up", "webhook", all.URL()+"/api/v1/alertmanager",
				"temporal_ui", all.UIURL(), "temporal", all.TemporalAddress(), "storage", storage)
			return s.until(ctx, all.Done())
		},
	}
	flags.register(cmd.Flags(), "127.0.0.1:8080")
	cmd.Flags().StringVar(&storage, "storage.path", "./data", "`folder` of the embedded Temporal's database")
	cmd.Flags().StringVar(&address, "temporal.address", embedded.DefaultAddress, "`host:port` for the embedded Temporal to listen on")
	cmd.Flags().StringVar(&uiAddress, "temporal.ui-address", embedded.DefaultUIAddress, "`host:port` for the Temporal Web UI; - for none")
	return cmd
}
