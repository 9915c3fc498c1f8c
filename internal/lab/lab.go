// Package lab runs real Redis servers and Sentinels on loopback, in a temporary
// folder, and breaks them on purpose: for tests and for the demo. It only breaks
// and restarts processes, as the world does; it never heals Redis by a command.
// Whatever happens to the process that owns a lab, no process of the lab
// survives it.
//
// It imports nothing of the project.
package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// SeedKeys is how many keys, lab:key:1 and so on, the first master holds from the
// start, so that data which survives can be told from an empty server.
const SeedKeys = 100

// startTimeout bounds Start. A lab is ready after 3 to 4 seconds; a busy machine
// may need several times that.
const startTimeout = time.Minute

// Lab is a running estate of Redis: one master, its replicas and their Sentinels.
type Lab struct {
	opts      Options
	server    server
	dir       string
	nodes     []*Node
	sentinels []*Node
	watchdog  *watchdog

	close    sync.Once
	closeErr error
}

// Start starts a lab and returns when it is whole: the replicas are in sync, every
// Sentinel knows the master, all replicas and all other Sentinels, and says that
// a quorum is there. It takes about four seconds, at most a minute. ctx bounds
// the start only; the lab lives until Close, or until our process ends.
func Start(ctx context.Context, o Options) (*Lab, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()
	program, err := findServer(ctx, o.RedisServer)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.Dir, "redress-lab-")
	if err != nil {
		return nil, fmt.Errorf("lab: make the lab's folder: %w", err)
	}
	dog, err := startWatchdog(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	l := &Lab{opts: o, server: program, dir: dir, watchdog: dog}
	for i := range 1 + o.Replicas {
		l.nodes = append(l.nodes, l.newNode("redis", i, false))
	}
	for i := range o.Sentinels {
		l.sentinels = append(l.sentinels, l.newNode("sentinel", i, true))
	}
	if err := l.bringUp(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Lab) newNode(kind string, index int, sentinel bool) *Node {
	name := fmt.Sprintf("%s-%d", kind, index+1)
	return &Node{name: name, dir: filepath.Join(l.dir, name), sentinel: sentinel}
}

// bringUp starts the nodes. The Sentinels come last: one that looks at a master
// before its replicas are there learns of them only ten seconds later.
func (l *Lab) bringUp(ctx context.Context) error {
	began := time.Now()
	master := l.nodes[0]
	err := l.launch(ctx, master, func(port int) string { return redisConfig(l.server, port, 0) })
	if err != nil {
		return err
	}
	if err := l.seed(ctx, master); err != nil {
		return err
	}
	err = each(l.nodes[1:], func(n *Node) error {
		return l.launch(ctx, n, func(port int) string { return redisConfig(l.server, port, master.portNumber()) })
	})
	if err != nil {
		return err
	}
	if err := l.waitInSync(ctx, master); err != nil {
		return err
	}
	err = each(l.sentinels, func(n *Node) error {
		return l.launch(ctx, n, func(port int) string { return sentinelConfig(l.opts, port, master.portNumber()) })
	})
	if err != nil {
		return err
	}
	if err := l.waitSentinelsReady(ctx, master); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	l.opts.Log.Info("lab ready", "folder", l.dir, "took", time.Since(began))
	return nil
}

func (l *Lab) seed(ctx context.Context, master *Node) error {
	client := master.Client()
	defer client.Close()
	pairs := make([]any, 0, 2*SeedKeys)
	for i := range SeedKeys {
		pairs = append(pairs, fmt.Sprintf("lab:key:%d", i+1), fmt.Sprintf("value-%d", i+1))
	}
	if err := client.MSet(ctx, pairs...).Err(); err != nil {
		return fmt.Errorf("lab: write the first keys to %s: %w", master.name, err)
	}
	return nil
}

// Close kills every process of the lab, waits for their ends and removes the
// folder. Further calls return the first one's answer.
func (l *Lab) Close() error {
	l.close.Do(func() {
		err := each(append(l.Nodes(), l.Sentinels()...), (*Node).close)
		if removeErr := os.RemoveAll(l.dir); removeErr != nil {
			err = errors.Join(err, fmt.Errorf("lab: remove the lab's folder: %w", removeErr))
		}
		l.closeErr = errors.Join(err, l.watchdog.dismiss(err == nil))
	})
	return l.closeErr
}

// Nodes are the Redis servers; the first one is the first master.
func (l *Lab) Nodes() []*Node { return append([]*Node(nil), l.nodes...) }

// Sentinels are the Sentinels, none in a lab without.
func (l *Lab) Sentinels() []*Node { return append([]*Node(nil), l.sentinels...) }

// SentinelAddrs are the host:port of the Sentinels.
func (l *Lab) SentinelAddrs() []string {
	addrs := make([]string, 0, len(l.sentinels))
	for _, s := range l.sentinels {
		addrs = append(addrs, s.Addr())
	}
	return addrs
}

// Dir is the lab's folder. It goes away with the lab, also when our process is
// killed, and with it whatever else was put there.
func (l *Lab) Dir() string { return l.dir }

// MasterName is the name the Sentinels know the master by.
func (l *Lab) MasterName() string { return l.opts.MasterName }

// Master is the node that answers and whose ROLE says master. It is an error when
// there is none, or more than one.
func (l *Lab) Master(ctx context.Context) (*Node, error) {
	isMaster := make([]bool, len(l.nodes))
	answers := make([]error, len(l.nodes))
	var wg sync.WaitGroup
	for i, n := range l.nodes {
		wg.Go(func() { isMaster[i], answers[i] = n.saysMaster(ctx) })
	}
	wg.Wait()

	var masters []*Node
	var names []string
	for i, n := range l.nodes {
		if isMaster[i] {
			masters = append(masters, n)
			names = append(names, n.name)
		}
	}
	switch len(masters) {
	case 1:
		return masters[0], nil
	case 0:
		return nil, errors.Join(append([]error{errors.New("lab: find the master: no server says that it is one")}, answers...)...)
	default:
		return nil, fmt.Errorf("lab: find the master: several say that they are it: %s", strings.Join(names, ", "))
	}
}

// saysMaster asks the node for its ROLE.
func (n *Node) saysMaster(ctx context.Context) (bool, error) {
	if !n.Running() {
		return false, fmt.Errorf("%s is not running", n.name)
	}
	client := n.Client()
	defer client.Close()
	role, err := client.Do(ctx, "role").Slice()
	if err != nil {
		return false, fmt.Errorf("ask %s for its role: %w", n.name, err)
	}
	return len(role) > 0 && role[0] == "master", nil
}

// each runs do for all nodes at once and joins the errors.
func each(nodes []*Node, do func(*Node) error) error {
	errs := make([]error, len(nodes))
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() { errs[i] = do(n) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
