package sentinel

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"redress/activities/redis"
)

const (
	// observeTimeout bounds a snapshot: a second to connect and two to answer, as
	// for every single connection, whatever hangs.
	observeTimeout = redis.DialTimeout + redis.ReplyTimeout
	// maxProcesses bounds how many Sentinels and servers are asked: Sentinels never
	// forget, and what they remember is not to cost us every file descriptor.
	maxProcesses = 200
)

// errSlow is the cause that ends a snapshot's stragglers.
var errSlow = errors.New("no answer within " + observeTimeout.String())

// observer asks everybody at once. Each answer may tell of further processes, which
// are asked at once too.
type observer struct {
	ctx       context.Context // of one snapshot, which observe waits for
	target    redis.Target
	sentinels redis.Dialer
	nodes     redis.Dialer
	// onlySentinels leaves the servers out.
	onlySentinels bool

	wg    sync.WaitGroup
	mu    sync.Mutex
	asked map[string]bool
	seen  snapshot
}

// observe takes a snapshot of the target. It fails only where a secret cannot be read.
func observe(ctx context.Context, t redis.Target) (snapshot, error) {
	toSentinels, err := redis.NewDialer(t.Sentinel.Login, t.TLS)
	if err != nil {
		return snapshot{}, err
	}
	toNodes, err := redis.NewDialer(t.Read, t.TLS)
	if err != nil {
		return snapshot{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, observeTimeout, errSlow)
	defer cancel()
	o := &observer{
		ctx: ctx, target: t, sentinels: toSentinels, nodes: toNodes,
		asked: map[string]bool{}, seen: snapshot{nodes: map[string]nodeView{}},
	}
	for _, addr := range t.Sentinel.Addresses {
		o.askSentinel(entry{addr: addr})
	}
	o.wg.Wait()
	return o.seen, nil
}

// begin reports whether the process at addr is to be asked: nobody did so yet.
func (o *observer) begin(kind, addr string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := kind + " " + addr
	if o.asked[key] || len(o.asked) >= maxProcesses {
		return false
	}
	o.asked[key] = true
	return true
}

func (o *observer) askSentinel(e entry) {
	if !o.begin("sentinel", e.addr) {
		return
	}
	o.wg.Go(func() {
		v := askSentinel(o.ctx, o.sentinels, e.addr, o.target.Sentinel.Master)
		if v.id == "" {
			v.id = e.id
		}
		if v.err != "" {
			v.aliases = addressesOf(o.ctx, e.addr)
		}
		for _, other := range v.others {
			o.askSentinel(other)
		}
		if !o.onlySentinels {
			for _, addr := range append([]string{v.master, v.watched}, addresses(v.replicas)...) {
				o.askNode(addr)
			}
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.seen.sentinels = append(o.seen.sentinels, v)
	})
}

func (o *observer) askNode(addr string) {
	if addr == "" || !o.begin("node", addr) {
		return
	}
	o.wg.Go(func() {
		v := askNode(o.ctx, o.nodes, addr)
		for _, r := range v.info.Replicas() {
			o.askNode(r.Address)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.seen.nodes[addr] = v
	})
}

// addressesOf returns the host:port that a name stands for. A name that cannot be
// resolved has none: then it may be counted beside its own IP address, and a
// majority is harder to reach, never easier.
func addressesOf(ctx context.Context, addr string) []string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || net.ParseIP(host) != nil {
		return nil
	}
	ips, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return nil
	}
	all := make([]string, 0, len(ips))
	for _, ip := range ips {
		all = append(all, net.JoinHostPort(ip, port))
	}
	return all
}

func addresses(list []entry) []string {
	all := make([]string, 0, len(list))
	for _, e := range list {
		all = append(all, e.addr)
	}
	return all
}

// since is a point in time, some time before another one.
func since(at time.Time, ago time.Duration) time.Time { return at.Add(-ago).UTC() }
