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

// workerEnv makes the test binary a worker process, so that it can be killed: its
// value is the redress.yaml, and TEMPORAL_ADDRESS names the server as for any worker.
const workerEnv = "REDRESS_E2E_WORKER"

func TestMain(m *testing.M) {
	if path := os.Getenv(workerEnv); path != "" {
		if err := work(path); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func work(path string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	loaded, problems := app.Load(path)
	if loaded == nil {
		return problems
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
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
