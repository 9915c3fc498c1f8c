package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"redress/activities"
)

// members are the servers of a target: all that the Sentinels know, or the one.
type members struct {
	master string // which one the Sentinels believe in; the standalone server
	all    []string
}

// belief is what one Sentinel says about the servers.
type belief struct {
	sentinel string
	epoch    int64
	members
}

// members asks every Sentinel for the servers it knows. The master is the one of the
// highest configuration epoch, as among the Sentinels themselves. Contradictions
// within one epoch are an error: then sentinel.topology tells more.
func (t Target) members(ctx context.Context) (members, error) {
	if t.Sentinel == nil {
		return members{master: t.Address, all: []string{t.Address}}, nil
	}
	dialer, err := NewDialer(t.Sentinel.Login, t.TLS)
	if err != nil {
		return members{}, err
	}
	beliefs := make([]belief, len(t.Sentinel.Addresses))
	errs := make([]error, len(beliefs))
	var wg sync.WaitGroup
	for i, addr := range t.Sentinel.Addresses {
		wg.Go(func() { beliefs[i], errs[i] = t.Sentinel.ask(ctx, dialer, addr) })
	}
	wg.Wait()

	var best belief
	for i, b := range beliefs {
		switch {
		case errs[i] != nil:
			continue
		case best.sentinel == "" || b.epoch > best.epoch:
			b.all = append(b.all, best.all...)
			best = b
		case b.epoch == best.epoch && b.master != best.master:
			return members{}, fmt.Errorf("find the master of %s: Sentinel %s says %s, Sentinel %s says %s: call sentinel.topology for the whole picture",
				t.Name, best.sentinel, best.master, b.sentinel, b.master)
		default:
			best.all = append(best.all, b.all...)
		}
	}
	if best.sentinel == "" {
		return members{}, fmt.Errorf("find the master of %s: no Sentinel tells: %w", t.Name, errors.Join(errs...))
	}
	slices.Sort(best.all)
	best.all = slices.Compact(best.all)
	return best.members, nil
}

func (s Sentinel) ask(ctx context.Context, dialer Dialer, addr string) (belief, error) {
	b, err := s.belief(ctx, dialer, addr)
	if err != nil {
		return belief{}, fmt.Errorf("ask Sentinel %s for %s: %w", addr, s.Master, Explain(err))
	}
	return b, nil
}

func (s Sentinel) belief(ctx context.Context, dialer Dialer, addr string) (belief, error) {
	replies, err := dialer.Batch(ctx, addr,
		[]any{"sentinel", "get-master-addr-by-name", s.Master},
		[]any{"sentinel", "master", s.Master},
		[]any{"sentinel", "replicas", s.Master})
	if err != nil {
		return belief{}, err
	}
	pair, err := replies[0].StringSlice()
	if err != nil {
		return belief{}, err
	}
	if len(pair) != 2 {
		return belief{}, fmt.Errorf("it names %d words as the master's address", len(pair))
	}
	reply, err := replies[1].Result()
	if err != nil {
		return belief{}, err
	}
	own, err := Fields(reply)
	if err != nil {
		return belief{}, err
	}
	epoch, err := strconv.ParseInt(own["config-epoch"], 10, 64)
	if err != nil {
		return belief{}, fmt.Errorf("its configuration epoch: %w", err)
	}
	if reply, err = replies[2].Result(); err != nil {
		return belief{}, err
	}
	replicas, err := FieldsList(reply)
	if err != nil {
		return belief{}, err
	}
	b := belief{sentinel: addr, epoch: epoch}
	b.master = net.JoinHostPort(pair[0], pair[1])
	b.all = []string{b.master, net.JoinHostPort(own["ip"], own["port"])}
	for _, r := range replicas {
		b.all = append(b.all, net.JoinHostPort(r["ip"], r["port"]))
	}
	return b, nil
}

// node returns the address to ask: the given one, if it is one of the target's
// servers, or the master. A stranger is refused, since it would be sent the target's
// password.
func (t Target) node(ctx context.Context, given string) (string, error) {
	m, err := t.members(ctx)
	switch {
	case err != nil:
		return "", err
	case given == "":
		return m.master, nil
	case !slices.Contains(m.all, given):
		return "", activities.Permanent(fmt.Errorf("node %s does not belong to target %s: its servers are %s", given, t.Name, strings.Join(m.all, ", ")))
	}
	return given, nil
}
