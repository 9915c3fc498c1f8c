package redis

import (
	"context"
	"fmt"
	"log/slog"

	goredis "github.com/redis/go-redis/v9"
)

// LogTo makes the Redis client write its own remarks to log, at level debug, instead
// of to standard error: that a dead server refuses connections is a result here, and
// stands in it. The client has one logger per process; call this once, at the start.
func LogTo(log *slog.Logger) { goredis.SetLogger(clientLog{log}) }

type clientLog struct{ log *slog.Logger }

// Printf implements the client's logger.
func (l clientLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis client", "component", "redis", "remark", fmt.Sprintf(format, args...))
}
