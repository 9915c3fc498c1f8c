package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// temporalThat answers whether it is ready.
type temporalThat func(context.Context) error

func (f temporalThat) Ready(ctx context.Context) error { return f(ctx) }
func (temporalThat) Address() string                   { return "127.0.0.1:9" }

func TestTemporalThatIsAwayAtTheStart(t *testing.T) {
	stopped, stop := context.WithCancel(context.Background())
	stop()
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want []string // in the log; nil = nothing is logged
	}{
		{"away", context.Background(), errors.New("connection refused"), []string{"level=WARN", "temporal=127.0.0.1:9", "--temporal.address", "connection refused"}},
		{"there", context.Background(), nil, nil},
		{"stopped meanwhile", stopped, context.Canceled, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			lookAtTemporal(tt.ctx, temporalThat(func(context.Context) error { return tt.err }), slog.New(slog.NewTextHandler(&out, nil)))
			got := out.String()
			if tt.want == nil && got != "" {
				t.Errorf("logged %s", got)
			}
			for _, w := range tt.want {
				if !strings.Contains(got, w) {
					t.Errorf("logged %q, want %q in it", got, w)
				}
			}
		})
	}
}
