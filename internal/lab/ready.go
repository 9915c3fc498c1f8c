package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// pollInterval is half of Sentinel's own clock tick (100 ms).
const pollInterval = 50 * time.Millisecond

// stopped is an error that no further try can mend.
type stopped struct{ error }

func (s stopped) Unwrap() error { return s.error }

// stop makes poll give up with err.
func stop(err error) error { return stopped{err} }

// poll calls try until it returns nil, an error made by stop, or ctx ends. Then
// the error says why it ended and what was missing when try last ran to its end.
func poll(ctx context.Context, try func(context.Context) error) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var missing error
	for {
		err := try(ctx)
		var final stopped
		if err == nil || errors.As(err, &final) {
			return err
		}
		if missing == nil || ctx.Err() == nil {
			missing = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), missing)
		case <-ticker.C:
		}
	}
}

// within is poll with a time limit of its own.
func within(ctx context.Context, limit time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("still not so after %s", limit))
	defer cancel()
	return poll(ctx, try)
}

// waitInSync returns once every other server is an online replica of master, as
// both ends see it.
func (l *Lab) waitInSync(ctx context.Context, master *Node) error {
	replicas := slices.DeleteFunc(l.Nodes(), func(n *Node) bool { return n == master })
	err := each(replicas, func(n *Node) error {
		return poll(ctx, func(ctx context.Context) error { return n.checkReplicaOf(ctx, master) })
	})
	if err != nil {
		return fmt.Errorf("lab: wait for the replicas of %s: %w", master.name, err)
	}
	return nil
}

// checkReplicaOf tells why the node is not an online replica of master, nil when it is.
func (n *Node) checkReplicaOf(ctx context.Context, master *Node) error {
	own, err := n.replication(ctx)
	if err != nil {
		return err
	}
	if own["role"] != "slave" || own["master_port"] != strconv.Itoa(master.portNumber()) {
		return fmt.Errorf("%s is no replica of %s yet (role %s)", n.name, master.name, own["role"])
	}
	if own["master_link_status"] != "up" {
		return fmt.Errorf("the link of %s to %s is %s", n.name, master.name, own["master_link_status"])
	}
	theirs, err := master.replication(ctx)
	if err != nil {
		return err
	}
	for key, value := range theirs {
		if strings.HasPrefix(key, "slave") && strings.Contains(value, fmt.Sprintf("port=%d,state=online", n.portNumber())) {
			return nil
		}
	}
	return fmt.Errorf("%s does not count %s as online yet", master.name, n.name)
}

// replication is the node's INFO replication.
func (n *Node) replication(ctx context.Context) (map[string]string, error) {
	client := n.Client()
	defer client.Close()
	text, err := client.Info(ctx, "replication").Result()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its replication: %w", n.name, err)
	}
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[key] = value
		}
	}
	return fields, nil
}

// waitSentinelsReady returns once every Sentinel knows everybody, finds all of
// them up, and a quorum there.
func (l *Lab) waitSentinelsReady(ctx context.Context, master *Node) error {
	return l.everySentinel(ctx, startTimeout, func(v view) error { return l.checkView(v, master) })
}

// everySentinel waits until every Sentinel answers and holds is nil for what each
// believes, all in the same look.
func (l *Lab) everySentinel(ctx context.Context, limit time.Duration, holds func(view) error) error {
	err := within(ctx, limit, func(ctx context.Context) error {
		return each(l.sentinels, func(s *Node) error {
			v, err := l.view(ctx, s)
			if err != nil {
				return err
			}
			return holds(v)
		})
	})
	if err != nil {
		return fmt.Errorf("wait for the Sentinels: %w", err)
	}
	return nil
}

// checkView tells why a Sentinel is not content, nil when it is.
func (l *Lab) checkView(v view, master *Node) error {
	s := v.sentinel
	switch {
	case v.master["port"] != strconv.Itoa(master.portNumber()):
		return fmt.Errorf("%s takes another server for the master", s.name)
	case v.master["flags"] != "master":
		return fmt.Errorf("%s flags the master %s", s.name, v.master["flags"])
	case len(v.replicas) != len(l.nodes)-1:
		return fmt.Errorf("%s knows %d of %d replicas", s.name, len(v.replicas), len(l.nodes)-1)
	case len(v.others) != len(l.sentinels)-1:
		return fmt.Errorf("%s knows %d of %d other Sentinels", s.name, len(v.others), len(l.sentinels)-1)
	}
	for _, r := range v.replicas {
		if r["flags"] != "slave" || r["master-link-status"] != "ok" {
			return fmt.Errorf("%s flags the replica %s %s, link %s", s.name, r["name"], r["flags"], r["master-link-status"])
		}
	}
	for _, o := range v.others {
		if o["flags"] != "sentinel" {
			return fmt.Errorf("%s flags the Sentinel at port %s %s", s.name, o["port"], o["flags"])
		}
	}
	return v.quorum
}

// view is what one Sentinel believes.
type view struct {
	sentinel *Node
	master   map[string]string
	replicas []map[string]string
	others   []map[string]string // the other Sentinels
	quorum   error               // what CKQUORUM complains about, nil when content
}

// view asks Sentinel s for everything it believes.
func (l *Lab) view(ctx context.Context, s *Node) (view, error) {
	client := redis.NewSentinelClient(s.clientOptions())
	defer client.Close()
	v := view{sentinel: s}
	var err error
	name := l.opts.MasterName
	if v.master, err = client.Master(ctx, name).Result(); err != nil {
		return v, fmt.Errorf("ask %s for the master: %w", s.name, err)
	}
	if v.replicas, err = client.Replicas(ctx, name).Result(); err != nil {
		return v, fmt.Errorf("ask %s for the replicas: %w", s.name, err)
	}
	if v.others, err = client.Sentinels(ctx, name).Result(); err != nil {
		return v, fmt.Errorf("ask %s for the other Sentinels: %w", s.name, err)
	}
	if err := client.CkQuorum(ctx, name).Err(); err != nil {
		v.quorum = fmt.Errorf("%s sees no quorum: %w", s.name, err)
	}
	return v, nil
}
