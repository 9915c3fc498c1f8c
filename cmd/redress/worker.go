package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"redress/internal/app"
)

func workerVerb() *cobra.Command {
	var flags serverFlags
	var temporal temporalFlags
	cmd := &cobra.Command{
		Use:     "worker",
		GroupID: groupServers,
		Short:   "Run workflows and activities",
		Long: `Runs the workflows and everything that touches Redis, Sentinel, Alertmanager and
receivers. It keeps nothing: kill it, and another one goes on with its runs. Health and
metrics are served on --web.listen-address.`,
		Example: "  redress worker --temporal.address=temporal.internal:7233\n" +
			"  curl -f http://127.0.0.1:8081/-/ready",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := flags.begin(cmd)
			if err != nil {
				return err
			}
			client, err := temporal.dial(s)
			if err != nil {
				return err
			}
			defer client.Close()
			w, err := app.NewWorker(app.WorkerOptions{
				Loaded: s.loaded, Temporal: client, ExternalURL: s.externalURL, Log: s.log,
			})
			if err != nil {
				return err
			}
			return work(cmd.Context(), s, w)
		},
	}
	flags.register(cmd.Flags(), "127.0.0.1:8081")
	temporal.register(cmd.Flags())
	return cmd
}

// work runs the worker and its health until a signal, or until one of them ends.
func work(ctx context.Context, s *server, w *app.Worker) (err error) {
	health, err := startHealth(s, w.Ready)
	if err != nil {
		return err
	}
	wctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	worked := make(chan error, 1)
	go func() { worked <- w.Run(wctx) }()
	defer func() {
		stop()
		err = errors.Join(err, <-worked)
		closing, cancel := stopping(ctx)
		defer cancel()
		err = errors.Join(err, health.close(closing))
	}()
	return s.until(ctx, health.done)
}
