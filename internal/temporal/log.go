package temporal

import (
	"log/slog"

	sdklog "go.temporal.io/sdk/log"
)

// attemptFailed is what the SDK's worker logs, as an error, of every attempt of an
// activity that fails and of every one that was cancelled.
const attemptFailed = "Activity error."

// quiet is the SDK's logger, with failed attempts at debug: they are tried again, and
// one that matters is logged by the activity and shown in its run.
type quiet struct{ sdklog.Logger }

var (
	_ sdklog.WithLogger      = quiet{}
	_ sdklog.WithSkipCallers = quiet{}
)

// newLogger returns the logger for the SDK.
func newLogger(log *slog.Logger) sdklog.Logger {
	return quiet{sdklog.NewStructuredLogger(log)}
}

func (q quiet) Error(msg string, keyvals ...any) {
	if msg == attemptFailed {
		q.Debug(msg, keyvals...)
		return
	}
	q.Logger.Error(msg, keyvals...)
}

// With keeps the wrapper around the logger of one workflow or activity.
func (q quiet) With(keyvals ...any) sdklog.Logger { return quiet{sdklog.With(q.Logger, keyvals...)} }

// WithCallerSkip keeps it too.
func (q quiet) WithCallerSkip(depth int) sdklog.Logger { return quiet{sdklog.Skip(q.Logger, depth)} }
