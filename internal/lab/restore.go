package lab

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// demoteTimeout is how long the Sentinels may take to turn an old master that
// came back into a replica: they watch it for 8 s (four hello periods) after an
// INFO, which they ask for every 10 s: 10 to 20 s in all.
const demoteTimeout = 20*time.Second + slack

// Restore does what a supervisor like systemd would do: it starts killed nodes
// again. Sentinels at once; Redis servers only when one serves as the master and
// every Sentinel agrees on that, for a master that comes back empty would empty
// its replicas. In a lab without Sentinels somebody else must have promoted a
// replica by then, unless every server was killed.
// Restore then waits until what came back is a replica in sync, which the
// Sentinels see to: 10 to 20 s for an old master. It waits as long as ctx lets it,
// and says each thing in plain words; say may be nil. Frozen nodes stay frozen,
// and a frozen Sentinel agrees to nothing.
func (l *Lab) Restore(ctx context.Context, say func(format string, args ...any)) error {
	if say == nil {
		say = func(string, ...any) {}
	}
	if err := l.startAgain(ctx, slices.DeleteFunc(l.Sentinels(), (*Node).Running), say); err != nil {
		return err
	}
	down := slices.DeleteFunc(l.Nodes(), (*Node).Running)
	if len(down) == 0 {
		return nil
	}
	if len(down) == len(l.nodes) {
		return l.restoreAll(ctx, down, say)
	}

	var master *Node
	err := poll(ctx, func(ctx context.Context) (err error) {
		if master, err = l.agreedMaster(ctx); err != nil {
			return err
		}
		return l.checkNobodyElseFollowed(ctx, master)
	})
	if err != nil {
		return fmt.Errorf("lab: restore: wait for a master that serves and that every Sentinel agrees on: %w", err)
	}
	say("%s at %s serves as the master, and every Sentinel agrees", master.name, master.Addr())
	if err := l.startAgain(ctx, down, say); err != nil {
		return err
	}
	return l.waitBack(ctx, down, say)
}

// restoreAll starts the servers when none is left: there is nothing to lose.
func (l *Lab) restoreAll(ctx context.Context, down []*Node, say func(string, ...any)) error {
	if err := l.startAgain(ctx, down, say); err != nil {
		return err
	}
	err := poll(ctx, func(ctx context.Context) error {
		_, err := l.agreedMaster(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("lab: restore: wait for a master: %w", err)
	}
	return nil
}

func (l *Lab) startAgain(ctx context.Context, nodes []*Node, say func(string, ...any)) error {
	if err := each(nodes, func(n *Node) error { return n.Start(ctx) }); err != nil {
		return fmt.Errorf("lab: restore: %w", err)
	}
	for _, n := range nodes {
		say("started %s at %s again (process %d)", n.name, n.Addr(), n.PID())
	}
	return nil
}

// waitBack returns once every node of back is a replica in sync, also for the Sentinels.
func (l *Lab) waitBack(ctx context.Context, back []*Node, say func(string, ...any)) error {
	err := within(ctx, demoteTimeout, func(ctx context.Context) error {
		master, err := l.Master(ctx)
		if err != nil {
			return err
		}
		for _, n := range back {
			if err := n.checkReplicaOf(ctx, master); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("lab: restore: wait until %s replicates: %w", names(back), err)
	}
	err = l.everySentinel(ctx, demoteTimeout, func(v view) error { return replicasFlagged(v, back, false) })
	if err != nil {
		return fmt.Errorf("lab: restore: %w", err)
	}
	for _, n := range back {
		say("%s at %s is back, as a replica in sync", n.name, n.Addr())
	}
	return nil
}

// agreedMaster is the one master that answers, when every Sentinel names it.
func (l *Lab) agreedMaster(ctx context.Context) (*Node, error) {
	master, err := l.Master(ctx)
	if err != nil {
		return nil, err
	}
	err = each(l.sentinels, func(s *Node) error {
		client := redis.NewSentinelClient(s.clientOptions())
		defer client.Close()
		addr, err := client.GetMasterAddrByName(ctx, l.opts.MasterName).Result()
		if err != nil {
			return fmt.Errorf("ask %s for the master's address: %w", s.name, err)
		}
		if len(addr) != 2 || addr[1] != strconv.Itoa(master.portNumber()) {
			return fmt.Errorf("%s takes %s for the master, not %s", s.name, strings.Join(addr, ":"), master.Addr())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return master, nil
}

// checkNobodyElseFollowed tells which replica still waits for another master than
// this one: it would take over the emptiness of an old master that comes back. A
// replica that does not answer is not asked again.
func (l *Lab) checkNobodyElseFollowed(ctx context.Context, master *Node) error {
	return each(l.nodes, func(n *Node) error {
		if n == master || !n.Running() {
			return nil
		}
		fields, err := n.replication(ctx)
		if err != nil || fields["role"] != "slave" {
			return nil //nolint:nilerr // one that does not answer is not asked again
		}
		if fields["master_port"] != strconv.Itoa(master.portNumber()) {
			return fmt.Errorf("%s does not follow %s yet", n.name, master.name)
		}
		return nil
	})
}

// replicasFlagged tells which of the nodes the Sentinel does not flag as wanted:
// down, or good enough to be promoted.
func replicasFlagged(v view, nodes []*Node, down bool) error {
	byPort := map[string]map[string]string{}
	for _, r := range v.replicas {
		byPort[r["port"]] = r
	}
	for _, n := range nodes {
		r, known := byPort[strconv.Itoa(n.portNumber())]
		if !known {
			return fmt.Errorf("%s does not know %s as a replica", v.sentinel.name, n.name)
		}
		flags := r["flags"]
		if down && !strings.Contains(flags, "s_down") {
			return fmt.Errorf("%s does not take %s for down yet (%s)", v.sentinel.name, n.name, flags)
		}
		if down {
			continue
		}
		age, err := strconv.Atoi(r["info-refresh"])
		switch {
		case err != nil:
			return stop(fmt.Errorf("read info-refresh of %s from %s: %w", n.name, v.sentinel.name, err))
		case flags != "slave":
			return fmt.Errorf("%s flags %s %s", v.sentinel.name, n.name, flags)
		case time.Duration(age)*time.Millisecond >= freshInfo && strings.Contains(v.master["flags"], "s_down"):
			return fmt.Errorf("%s has heard nothing of %s for %d ms", v.sentinel.name, n.name, age)
		}
	}
	return nil
}

func names(nodes []*Node) string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.name)
	}
	return strings.Join(all, ", ")
}
