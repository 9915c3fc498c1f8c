package main

import (
	"errors"

	"github.com/spf13/cobra"

	"redress/internal/app"
)

func serveVerb() *cobra.Command {
	var flags serverFlags
	var temporal temporalFlags
	cmd := &cobra.Command{
		Use:     "serve",
		GroupID: groupServers,
		Short:   "Take notifications and answer the API",
		Long: `Serves the webhook, the API, health and metrics. It keeps nothing: run several behind a
load balancer. It starts while Temporal is away, and answers notifications with 503 until
it is back, so that Alertmanager sends them again.`,
		Example: "  redress serve --temporal.address=temporal.internal:7233\n" +
			"  TEMPORAL_ADDRESS=temporal.internal:7233 redress serve --web.listen-address=0.0.0.0:8080 --web.config.file=web.yml",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			s, err := flags.begin(cmd)
			if err != nil {
				return err
			}
			client, err := temporal.dial(s)
			if err != nil {
				return err
			}
			defer client.Close()
			serve, err := app.StartServe(app.ServeOptions{
				Config: s.loaded.Config, Temporal: client, Web: s.web, Metrics: s.metrics, Log: s.log,
			})
			if err != nil {
				return err
			}
			defer func() {
				ctx, cancel := stopping(cmd.Context())
				defer cancel()
				err = errors.Join(err, serve.Close(ctx))
			}()
			return s.until(cmd.Context(), serve.Done())
		},
	}
	flags.register(cmd.Flags(), "127.0.0.1:8080")
	temporal.register(cmd.Flags())
	return cmd
}
