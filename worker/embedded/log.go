//go:build !lean

package embedded

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newServerLog makes the logger that the server asks for, writing to w.
func newServerLog(w *gate, ours *slog.Logger) (log.Logger, *fatal) {
	level := zapcore.InfoLevel
	if w.w == nil {
		// Not the server's own no-op logger: its Fatal goes on, and the server
		// then trips over what it could not get.
		level = zapcore.FatalLevel
	}
	f := &fatal{log: ours}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(log.DefaultZapEncoderConfig), zapcore.AddSync(w), level)
	return log.NewZapLogger(zap.New(core, zap.WithFatalHook(f))), f
}

// gate lets the server's log through until Close: some goroutines of the server
// outlive its Stop and still log, when the writer may be closed already.
type gate struct {
	mu sync.Mutex
	w  io.Writer // nil: shut
}

func (g *gate) Write(line []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.w == nil {
		return len(line), nil
	}
	return g.w.Write(line)
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.w = nil
}

// fatal decides what a Fatal log call of the server does. While the server
// starts, the call panics, which makes it an error of Start (a panic and not
// runtime.Goexit, because the call may stand inside a sync.Once). Later it ends
// the process, as it would anywhere: the server is broken then, and everything
// in Redress goes on from the database when it is started again.
type fatal struct {
	log     *slog.Logger
	running atomic.Bool
}

var _ zapcore.CheckWriteHook = (*fatal)(nil)

// givenUp is what the server said when it could not go on.
type givenUp string

func (g givenUp) Error() string { return string(g) }

// OnWrite is called after a Fatal entry was written.
func (f *fatal) OnWrite(entry *zapcore.CheckedEntry, fields []zapcore.Field) {
	values := zapcore.NewMapObjectEncoder()
	for _, field := range fields {
		field.AddTo(values)
	}
	text := entry.Message
	for _, key := range slices.Sorted(maps.Keys(values.Fields)) {
		text += fmt.Sprintf(" %s=%v", key, values.Fields[key])
	}
	if !f.running.Load() {
		panic(givenUp(text))
	}
	f.log.Error("the embedded Temporal server cannot go on", "err", text)
	os.Exit(1)
}
