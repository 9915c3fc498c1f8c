package activities

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// class is what an error says about trying again.
type class int

const (
	transient class = iota // may pass: the default
	permanent              // will be the same next time
	refusal                // the action's own guard said no
	notDone                // the system answered that it did not do it
)

type classed struct {
	class class
	err   error
}

func (c *classed) Error() string { return c.err.Error() }
func (c *classed) Unwrap() error { return c.err }

// Permanent marks an error that a repetition would meet again: wrong input, a
// target that the inventory does not know, a password that is refused.
func Permanent(err error) error { return &classed{class: permanent, err: err} }

// Refuse is how a change action's own guard says no: nothing was sent, and the
// reason, a whole sentence for people, stands.
func Refuse(format string, args ...any) error {
	return &classed{class: refusal, err: fmt.Errorf(format, args...)}
}

// NotDone marks an error after [Sending] of which the system itself said that it
// did nothing, like an error reply to the command.
func NotDone(err error) error { return &classed{class: notDone, err: err} }

// classOf returns the class of an error; what nobody classified is transient.
func classOf(err error) class {
	var c *classed
	if errors.As(err, &c) {
		return c.class
	}
	return transient
}

// IsPermanent reports whether trying again is of no use.
func IsPermanent(err error) bool { return classOf(err) != transient }

// IsRefusal reports whether an action's own guard said no.
func IsRefusal(err error) bool { return classOf(err) == refusal }

// sent notes when an act began to write to its system.
type sent struct {
	mu sync.Mutex
	at time.Time
}

type sentKey struct{}

func withSent(ctx context.Context) (context.Context, *sent) {
	s := &sent{}
	return context.WithValue(ctx, sentKey{}, s), s
}

// Sending notes that the action is about to write. From here on an error leaves the
// outcome unknown. It fails when the act's time is over, so that nothing is sent late.
func Sending(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("before sending: %w", err)
	}
	if s, ok := ctx.Value(sentKey{}).(*sent); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.at.IsZero() {
			s.at = time.Now()
		}
	}
	return nil
}

func (s *sent) when() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}
