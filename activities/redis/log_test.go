package redis

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
)

// TestMain gives the client's logger away once, as a process does.
func TestMain(m *testing.M) {
	LogTo(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

func TestClientLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := clientLog{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	l.Printf(context.Background(), "failed to dial %s", "10.0.0.1:6379")
	if got := out.String(); !strings.Contains(got, "level=DEBUG") || !strings.Contains(got, `remark="failed to dial 10.0.0.1:6379"`) {
		t.Errorf("logged %q", got)
	}
}
