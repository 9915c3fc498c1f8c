package sentinel

import (
	"fmt"
	"strings"
	"time"

	"redress/activities"
	"redress/activities/redis"
	"redress/activities/redis/info"
	"redress/definitions"
)

// infoGrain is how coarse INFO's times are: whole seconds, of which a length of time
// may appear one too long.
const infoGrain = time.Second

func (p picture) replicas() []Replica {
	list := []Replica{}
	for _, addr := range p.replicaAddresses() {
		list = append(list, p.replica(addr))
	}
	return list
}

func (p picture) replica(addr string) Replica {
	n := p.node(addr)
	r := Replica{
		Address:        addr,
		Reachable:      n.answered,
		LinkUp:         n.info.Word("master_link_status", "up", "down"),
		LinkDownFor:    redis.LinkDownFor(n.info),
		LagBytes:       p.lagBytes(n),
		LagSeconds:     p.lagSeconds(addr),
		Offset:         redis.OffsetOf(n.info),
		Priority:       n.info.Count("slave_priority"),
		ReplIDMatches:  p.replIDMatches(n),
		SyncInProgress: n.info.Flag("master_sync_in_progress"),
		SDown:          p.replicaSDown(addr),
		Error:          n.err,
	}
	if activities.Is(n.role, info.Master) {
		// INFO of a master has no link; a replica without one is what it should be.
		r.LinkUp = activities.Known(false)
		r.LinkDownFor = activities.Unknown[definitions.Duration]("it says that it is a master itself")
	}
	reachable := activities.Known(r.Reachable)
	r.Online = all(reachable, r.LinkUp, not(r.SDown))
	r.Electable = all(
		reachable,
		is(n.role, info.Following),
		not(r.SDown),
		mapped(r.Priority, func(p int64) bool { return p > 0 }),
		not(n.loading),
		not(n.busy),
		not(r.SyncInProgress),
		p.fresh(r.LinkDownFor),
	)
	return r
}

// fresh tells whether a replica was in touch with its master until the master died.
func (p picture) fresh(linkDownFor activities.Maybe[definitions.Duration]) activities.Maybe[bool] {
	downAfter := longest(p, func(v sentinelView) activities.Maybe[definitions.Duration] { return v.downAfter })
	allowed, known := downAfter.Get()
	if !known {
		return activities.Unknown[bool](downAfter.Why())
	}
	limit := p.masterDownFor() + time.Duration(allowed) + infoGrain
	return mapped(linkDownFor, func(d definitions.Duration) bool { return time.Duration(d) <= limit })
}

// replicaSDown tells what most Sentinels that know the replica take it for.
func (p picture) replicaSDown(addr string) activities.Maybe[bool] {
	know, down := p.views(addr)
	if know == 0 {
		return activities.Unknown[bool]("no Sentinel that answers knows it as a replica")
	}
	return activities.Known(down*2 > know)
}

// lagBytes is against the highest offset that anyone is known to have reached. That
// must include the master: what it took in alone is exactly what would be lost.
func (p picture) lagBytes(n nodeView) activities.Maybe[int64] {
	matches := p.replIDMatches(n)
	same, known := matches.Get()
	switch {
	case !known:
		return activities.Unknown[int64](matches.Why())
	case !same:
		return activities.Unknown[int64]("it follows another replication stream than the master")
	}
	master, _ := p.master.Get()
	reached := redis.OffsetOf(p.node(master).info)
	most, known := reached.Get()
	if !known {
		return reached
	}
	for _, other := range p.nodes {
		if offset, known := redis.OffsetOf(other.info).Get(); known && activities.Is(p.replIDMatches(other), true) {
			most = max(most, offset)
		}
	}
	return mapped(redis.OffsetOf(n.info), func(own int64) int64 { return most - own })
}

func (p picture) lagSeconds(addr string) activities.Maybe[int64] {
	master, known := p.master.Get()
	if !known {
		return activities.Unknown[int64](p.master.Why())
	}
	n := p.node(master)
	for _, r := range n.info.Replicas() {
		if r.Address == addr {
			return mapped(r.Lag, func(d definitions.Duration) int64 { return int64(time.Duration(d) / time.Second) })
		}
	}
	if n.err != "" {
		return activities.Unknown[int64]("the master does not tell: " + n.err)
	}
	return activities.Unknown[int64]("the master does not list it among its replicas")
}

func (p picture) replIDMatches(n nodeView) activities.Maybe[bool] {
	addr, known := p.master.Get()
	if !known {
		return activities.Unknown[bool](p.master.Why())
	}
	master := p.node(addr).info.Text("master_replid")
	id, known := master.Get()
	if !known {
		return activities.Unknown[bool]("the master does not tell: " + master.Why())
	}
	return is(n.info.Text("master_replid"), id)
}

// joined lists reasons, or says what else it must be.
func joined(reasons []string, otherwise string) string {
	if len(reasons) == 0 {
		return otherwise
	}
	return strings.Join(reasons, "; ")
}

// plural is "1 Sentinel" or "2 Sentinels".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
