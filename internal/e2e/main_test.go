package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"redress/internal/app"
	"redress/internal/temporal"
)

// These make the test binary a process of Redress, so that it can be killed. The value
// is the redress.yaml.
const (
	// workerEnv: a worker of the server that TEMPORAL_ADDRESS names.
	workerEnv = "REDRESS_E2E_WORKER"
	// standaloneEnv: everything in one process, at the addresses in the variables below.
	standaloneEnv = "REDRESS_E2E_STANDALONE"

	storageEnv  = "REDRESS_E2E_STORAGE"
	webEnv      = "REDRESS_E2E_WEB"
	temporalEnv = "REDRESS_E2E_TEMPORAL"
)

func TestMain(m *testing.M) {
	for env, role := range map[string]func(context.Context, *app.Loaded, *slog.Logger) error{
		workerEnv: work, standaloneEnv: standAlone,
	} {
		if path := os.Getenv(env); path != "" {
			if err := play(path, role); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func play(path string, role func(context.Context, *app.Loaded, *slog.Logger) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	loaded, problems := app.Load(path)
	if loaded == nil {
		return problems
	}
	return role(ctx, loaded, slog.New(slog.NewTextHandler(os.Stderr, nil)))
}

func standAlone(ctx context.Context, loaded *app.Loaded, log *slog.Logger) error {
	s, err := app.StartStandalone(ctx, app.StandaloneOptions{
		Loaded: loaded, Web: app.Web{ListenAddress: os.Getenv(webEnv)}, StoragePath: os.Getenv(storageEnv),
		Address: os.Getenv(temporalEnv), UIAddress: "-", Log: log,
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return s.Close(context.WithoutCancel(ctx))
}

func work(ctx context.Context, loaded *app.Loaded, log *slog.Logger) error {
	client, err := temporal.Dial(temporal.Options{TaskQueue: loaded.Config.Temporal.TaskQueue, Log: log})
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := app.NewWorker(app.WorkerOptions{Loaded: loaded, Temporal: client, Log: log})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}
