//go:build !lean

// Package demo is what `redress demo` does: it starts a Redis estate on loopback with an
// Alertmanager and everything of Redress, breaks the estate, and tells in plain words
// what happens until it is whole again. Nothing is invented: what it tells was read from
// the API, from Alertmanager, from the Sentinels and from the pager.
//
// It may import everything but cmd.
package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"redress/activities/redis"
	"redress/internal/lab"
)

// closeTimeout bounds how long it takes to stop everything.
const closeTimeout = 40 * time.Second

// Options says what is shown, and where. Everything listens on free ports of loopback.
type Options struct {
	// Fault is how the estate is broken. Default lab.MasterDown.
	Fault lab.Fault
	// Exit ends the demo when the run has ended; otherwise everything stays up until
	// the context ends.
	Exit bool
	// JSON writes the run, as the API shows it, as the last line on Out, and tells what
	// happens on Err instead.
	JSON bool
	// Out and Err get what is told. Required.
	Out, Err io.Writer
	// Dir is the parent of the temporary folder, which holds all files of the demo.
	// Default os.TempDir().
	Dir string
	// Log gets the log of all parts. Nil: discarded.
	Log *slog.Logger
	// TemporalLog gets the log of the Temporal server. Nil: discarded.
	TemporalLog io.Writer
}

func (o Options) validate() (Options, error) {
	o.Fault = cmp.Or(o.Fault, lab.MasterDown)
	if _, err := lab.ParseFault(string(o.Fault)); err != nil {
		return o, err
	}
	if o.Out == nil || o.Err == nil {
		return o, errors.New("demo: Out and Err are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// Run shows the demo. Healed means that the run ended so, that nobody was paged, and
// that a master serves with all its data. The error says what kept the demo from being
// shown to its end. Whatever happens, no process and no file of the demo is left, also
// when this process is killed.
func Run(ctx context.Context, o Options) (healed bool, err error) {
	r, err := perform(ctx, o)
	return r.healed(), err
}

// perform does everything and returns what was seen.
func perform(ctx context.Context, o Options) (r result, err error) {
	if o, err = o.validate(); err != nil {
		return r, err
	}
	redis.LogTo(o.Log)
	out := o.Out
	if o.JSON {
		out = o.Err
	}
	say := newNarrator(out)
	defer say.close()

	st, err := raise(ctx, o, say)
	if err != nil {
		return r, err
	}
	defer func() {
		say.close() // what is still to be told comes first
		// Not ctx: after Ctrl-C everything is stopped all the same.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if closeErr := st.close(closing); closeErr != nil {
			err = errors.Join(err, fmt.Errorf("stop the demo: %w", closeErr))
		}
	}()
	r, err = play(ctx, o, st, say)
	if o.JSON && r.run.ID != "" {
		if jsonErr := json.NewEncoder(o.Out).Encode(r.run); jsonErr != nil {
			err = errors.Join(err, fmt.Errorf("print the run: %w", jsonErr))
		}
	}
	if err != nil || o.Exit {
		return r, err
	}
	st.links(say, r.run.ID)
	select {
	case <-ctx.Done():
		return r, nil
	case err := <-st.redress.Done():
		return r, ended(err)
	}
}

// ended says that a part of Redress ended by itself.
func ended(err error) error {
	if err == nil {
		return errors.New("redress stopped serving by itself")
	}
	return fmt.Errorf("redress ended by itself: %w", err)
}
