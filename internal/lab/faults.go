package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is a way to break a lab.
type Fault string

const (
	// MasterDown kills the master. The Sentinels promote a replica by themselves.
	MasterDown Fault = "master-down"
	// SentinelStuck kills the master while the replicas are frozen, so that the
	// Sentinels' attempt at a failover comes to nothing, and lets the replicas go
	// on. Every Sentinel now waits 2 x failover-timeout, with good replicas at
	// hand: only a failover that somebody asks for helps earlier.
	SentinelStuck Fault = "sentinel-stuck"
)

const (
	// electionTimeout is how long a Sentinel waits for votes, from Redis's
	// SENTINEL_ELECTION_TIMEOUT; failover-timeout when that is shorter.
	electionTimeout = 10 * time.Second
	// freshInfo is the age beyond which Sentinel takes what a replica told it for
	// stale, while the master is down: five ping periods of one second.
	freshInfo = 5 * time.Second
	// slack is what a busy machine may take on top of what Sentinel's clocks say.
	slack = 20 * time.Second
	// shortestStuck is the failover-timeout from which on SentinelStuck lasts long
	// enough to be looked at.
	shortestStuck = 10 * time.Second
)

// Faults are all the ways to break a lab.
func Faults() []Fault { return []Fault{MasterDown, SentinelStuck} }

// ParseFault reads the name of a fault. The error lists the known ones.
func ParseFault(s string) (Fault, error) {
	var known []string
	for _, f := range Faults() {
		if s == string(f) {
			return f, nil
		}
		known = append(known, string(f))
	}
	return "", fmt.Errorf("unknown fault %q: choose one of %s", s, strings.Join(known, ", "))
}

// Inject breaks the lab and tells say, in plain words, each thing as it is done
// or seen. It returns when the fault is there and will not go away by the
// injection's own doing. say may be nil.
func (l *Lab) Inject(ctx context.Context, f Fault, say func(format string, args ...any)) error {
	if say == nil {
		say = func(string, ...any) {}
	}
	var err error
	switch f {
	case MasterDown:
		err = l.injectMasterDown(ctx, say)
	case SentinelStuck:
		err = l.injectSentinelStuck(ctx, say)
	default:
		_, err = ParseFault(string(f))
	}
	if err != nil {
		return fmt.Errorf("lab: inject %s: %w", f, err)
	}
	return nil
}

func (l *Lab) injectMasterDown(ctx context.Context, say func(string, ...any)) error {
	master, err := l.Master(ctx)
	if err != nil {
		return err
	}
	return killMaster(master, say)
}

func killMaster(master *Node, say func(string, ...any)) error {
	pid := master.PID()
	if err := master.Kill(); err != nil {
		return err
	}
	say("killed the master %s at %s (kill -9 of process %d)", master.name, master.Addr(), pid)
	return nil
}

func (l *Lab) injectSentinelStuck(ctx context.Context, say func(string, ...any)) (err error) {
	switch {
	case len(l.sentinels) == 0:
		return errors.New("the lab has no Sentinels: start it with Sentinels")
	case l.opts.FailoverTimeout < shortestStuck:
		return fmt.Errorf("failover-timeout is %s: Sentinel would soon try again; start the lab with FailoverTimeout of at least %s", l.opts.FailoverTimeout, shortestStuck)
	}
	master, err := l.Master(ctx)
	if err != nil {
		return err
	}
	replicas := slices.DeleteFunc(l.Nodes(), func(n *Node) bool { return n == master || !n.Running() })
	if len(replicas) == 0 {
		return errors.New("no replica is running: start the lab with Replicas")
	}
	// A fault on top of another one would not be this one.
	err = l.everySentinel(ctx, slack, func(v view) error { return l.checkView(v, master) })
	if err != nil {
		return fmt.Errorf("the lab is not whole: %w", err)
	}
	logs, err := l.markLogs()
	if err != nil {
		return err
	}

	defer func() {
		if err != nil {
			// Leave no replica frozen behind. What cannot be thawed is dead.
			_ = each(replicas, (*Node).Thaw)
		}
	}()
	if err := each(replicas, (*Node).Freeze); err != nil {
		return err
	}
	say("froze the replicas (SIGSTOP): %s", names(replicas))
	if err := l.everySentinel(ctx, l.opts.DownAfter+slack, func(v view) error { return replicasFlagged(v, replicas, true) }); err != nil {
		return err
	}
	say("every Sentinel takes the replicas for down")
	if err := killMaster(master, say); err != nil {
		return err
	}
	abort, err := l.waitAbort(ctx, logs)
	if err != nil {
		return err
	}
	say("Sentinel tried a failover and gave up: %s", abort)

	if err := each(replicas, (*Node).Thaw); err != nil {
		return err
	}
	say("let the replicas go on (SIGCONT): %s", names(replicas))
	if err := l.everySentinel(ctx, l.opts.DownAfter+slack, func(v view) error { return replicasFlagged(v, replicas, false) }); err != nil {
		return err
	}
	if _, err := l.waitAbort(ctx, logs); err != nil {
		return err
	}
	say("every Sentinel sees the replicas again, but tries no other failover until %s after its last attempt", 2*l.opts.FailoverTimeout)
	return nil
}

// waitAbort returns once no Sentinel has a failover in progress and each has
// logged that it holds back. A Sentinel that lost the election to another one
// gives up only after the election timeout; until then its attempt could still
// succeed. The result tells what became of the attempt.
func (l *Lab) waitAbort(ctx context.Context, since map[*Node]int) (string, error) {
	limit := l.opts.DownAfter + min(electionTimeout, l.opts.FailoverTimeout) + slack
	err := l.everySentinel(ctx, limit, func(v view) error {
		text, err := v.sentinel.log(since[v.sentinel])
		if err != nil {
			return stop(err)
		}
		return holdsBack(v, text)
	})
	if err != nil {
		return "", err
	}
	reason := "no candidate was elected by the others"
	for s, offset := range since {
		text, err := s.log(offset)
		if err != nil {
			return "", err
		}
		if strings.Contains(text, "+switch-master") {
			return "", fmt.Errorf("%s made a failover all the same", s.name)
		}
		if strings.Contains(text, "-failover-abort-no-good-slave") {
			reason = "no good replica (-failover-abort-no-good-slave)"
		}
	}
	return reason, nil
}

// holdsBack tells why the Sentinel may yet fail over by itself, nil when it will
// not. It logs a delay for every attempt and for every vote it gives, and only
// once it takes the master for objectively down: so the last delay must stand
// behind the last attempt or vote.
func holdsBack(v view, log string) error {
	flags := v.master["flags"]
	switch attempt, delay := lastOf(log, "+try-failover", "+vote-for-leader"), lastOf(log, "Next failover delay"); {
	case strings.Contains(flags, "failover_in_progress"):
		return fmt.Errorf("%s still tries a failover", v.sentinel.name)
	case !strings.Contains(flags, "o_down"):
		return fmt.Errorf("%s does not know yet that the master is down for a quorum (%s)", v.sentinel.name, flags)
	case delay < 0 || delay < attempt:
		return fmt.Errorf("%s does not hold back yet", v.sentinel.name)
	}
	return nil
}

// lastOf is where the last of the words begins in text, -1 when none is there.
func lastOf(text string, words ...string) int {
	last := -1
	for _, word := range words {
		last = max(last, strings.LastIndex(text, word))
	}
	return last
}

// markLogs remembers how much each Sentinel has logged so far.
func (l *Lab) markLogs() (map[*Node]int, error) {
	marks := map[*Node]int{}
	for _, s := range l.sentinels {
		text, err := s.log(0)
		if err != nil {
			return nil, err
		}
		marks[s] = len(text)
	}
	return marks, nil
}
