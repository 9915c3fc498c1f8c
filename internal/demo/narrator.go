//go:build !lean

package demo

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// part is who a line is about.
type part string

const (
	partDemo         part = "demo"
	partRedis        part = "redis"
	partSentinel     part = "sentinel"
	partPrometheus   part = "prometheus"
	partAlertmanager part = "alertmanager"
	partRedress      part = "redress"
	partPager        part = "pager"
)

// patience is how long a line waits for earlier ones: the sources are polled, so that
// news do not come in the order in which they happened.
const patience = 2*pollInterval + 100*time.Millisecond

// line is one thing that happened.
type line struct {
	at   time.Time
	who  part
	text string
}

// narrator prints what happens in the order in which it happened. Its methods may be
// called from several goroutines.
type narrator struct {
	out   io.Writer
	color bool

	mu      sync.Mutex
	fault   time.Time // zero before it
	pending []line
	closed  bool

	stop    chan struct{}
	stopped chan struct{}
	closing sync.Once
}

func newNarrator(out io.Writer) *narrator {
	n := &narrator{out: out, color: colorful(out), stop: make(chan struct{}), stopped: make(chan struct{})}
	go n.run()
	return n
}

// colorful reports whether colours are wanted: on a terminal, unless NO_COLOR
// (no-color.org) says otherwise.
func colorful(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (n *narrator) run() {
	defer close(n.stopped)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-n.stop:
			return
		case now := <-tick.C:
			n.mu.Lock()
			n.flush(now.Add(-patience))
			n.mu.Unlock()
		}
	}
}

// close prints what is left. Lines noted later are printed at once.
func (n *narrator) close() {
	n.closing.Do(func() { close(n.stop) })
	<-n.stopped
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flush(time.Time{})
	n.closed = true
}

// faultAt makes that moment the zero of all times. What was noted before has none.
func (n *narrator) faultAt(at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flush(time.Time{})
	n.fault = at
}

// note tells what happened at a time.
func (n *narrator) note(at time.Time, who part, format string, args ...any) {
	l := line{at: at, who: who, text: fmt.Sprintf(format, args...)}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pending = append(n.pending, l)
	if n.closed {
		n.flush(time.Time{})
	}
}

// now tells what happens.
func (n *narrator) now(who part, format string, args ...any) {
	n.note(time.Now(), who, format, args...)
}

// paragraph prints text as it is, after everything that has happened.
func (n *narrator) paragraph(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flush(time.Time{})
	fmt.Fprintln(n.out, text)
}

// flush prints what happened until then; everything for the zero time. The
// caller holds mu.
func (n *narrator) flush(until time.Time) {
	slices.SortStableFunc(n.pending, func(a, b line) int { return a.at.Compare(b.at) })
	due := len(n.pending)
	if !until.IsZero() {
		due, _ = slices.BinarySearchFunc(n.pending, until, func(l line, t time.Time) int { return cmp.Or(l.at.Compare(t), -1) })
	}
	for _, l := range n.pending[:due] {
		n.print(l)
	}
	n.pending = slices.Delete(n.pending, 0, due)
}

// print writes one line. Where it cannot be written nobody can be told so either.
func (n *narrator) print(l line) {
	when := strings.Repeat(" ", len("+ 12.3s"))
	if !n.fault.IsZero() {
		when = since(n.fault, l.at)
	}
	text := strings.ReplaceAll(strings.TrimSpace(l.text), "\n", "\n"+strings.Repeat(" ", 23))
	if !n.color {
		fmt.Fprintf(n.out, "%s  %-12s  %s\n", when, l.who, text)
		return
	}
	const faint, reset = "\x1b[2m", "\x1b[0m"
	fmt.Fprintf(n.out, "%s%s%s  %s%-12s%s  %s\n", faint, when, reset, colorOf(l.who), l.who, reset, text)
}

func colorOf(who part) string {
	switch who {
	case partRedress:
		return "\x1b[32m" // green
	case partRedis, partSentinel:
		return "\x1b[31m" // red
	case partPager:
		return "\x1b[35m" // magenta
	case partPrometheus, partAlertmanager:
		return "\x1b[33m" // yellow
	default:
		return "\x1b[1m"
	}
}

// since prints a time as seconds since the fault.
func since(fault, at time.Time) string {
	sign, d := "+", at.Sub(fault)
	if d < 0 {
		sign, d = "-", -d
	}
	return fmt.Sprintf("%s%5.1fs", sign, d.Seconds())
}

// list joins names as people do.
func list(names []string) string {
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
}
