package sentinel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"redress/activities"
	"redress/activities/redis"
	"redress/activities/redis/info"
)

// contradictions lists what does not fit together, in plain words and a fixed order.
// Some of it is normal for a second or two while a failover spreads.
func (p picture) contradictions() []string {
	list := []string{}
	for _, found := range [][]string{
		p.severalMasters(), p.beliefs(), p.settings(), p.masterAgainstSentinels(), p.strangers(),
	} {
		list = append(list, found...)
	}
	return list
}

// masters are the servers that say that they are the master, by address.
func (p picture) masters() []string {
	var list []string
	for addr, n := range p.nodes {
		if activities.Is(n.role, info.Master) {
			list = append(list, addr)
		}
	}
	slices.Sort(list)
	return list
}

// otherMasters are those that the Sentinels do not name.
func (p picture) otherMasters() []string {
	return slices.DeleteFunc(p.masters(), func(addr string) bool { return activities.Is(p.master, addr) })
}

func (p picture) severalMasters() []string {
	masters := p.masters()
	switch len(masters) {
	case 0, 1:
		return nil
	case 2:
		return []string{fmt.Sprintf("%s and %s both say master", masters[0], masters[1])}
	default:
		return []string{strings.Join(masters, ", ") + " all say master"}
	}
}

// beliefs compares what the Sentinels say about master and epoch.
func (p picture) beliefs() []string {
	var list []string
	if by := p.by(func(v sentinelView) string { return v.master }); len(by) > 1 {
		list = append(list, "the Sentinels disagree about the master: "+votes(by))
	}
	if by := p.by(func(v sentinelView) string { return show(v.epoch) }); len(by) > 1 {
		list = append(list, "the Sentinels are in different configuration epochs: "+votes(by))
	}
	return list
}

// settings compares what should be configured alike.
func (p picture) settings() []string {
	var list []string
	for _, s := range []struct {
		name string
		of   func(sentinelView) string
	}{
		{"quorum", func(v sentinelView) string { return show(v.quorum) }},
		{"down-after-milliseconds", func(v sentinelView) string { return show(v.downAfter) }},
		{"failover-timeout", func(v sentinelView) string { return show(v.failoverTimeout) }},
		{"number of other Sentinels known", func(v sentinelView) string { return strconv.Itoa(len(v.others)) }},
	} {
		if by := p.by(s.of); len(by) > 1 {
			list = append(list, fmt.Sprintf("the Sentinels differ in %s: %s", s.name, votes(by)))
		}
	}
	return list
}

func (p picture) by(of func(sentinelView) string) map[string][]string {
	by := map[string][]string{}
	for _, v := range p.speaking {
		by[of(v)] = append(by[of(v)], v.addr)
	}
	return by
}

// masterAgainstSentinels compares what we see of the master with what they do.
func (p picture) masterAgainstSentinels() []string {
	addr, known := p.master.Get()
	if !known {
		return nil
	}
	var list []string
	n := p.node(addr)
	if activities.Is(n.role, info.Following) {
		list = append(list, fmt.Sprintf("the Sentinels take %s for the master, but it says replica", addr))
	}
	watch, down := len(p.onMaster()), 0
	for _, v := range p.onMaster() {
		if v.has("s_down") {
			down++
		}
	}
	switch {
	case n.pong && down > 0:
		list = append(list, fmt.Sprintf("%s answers us, but %d of %s takes it for down", addr, down, plural(watch, "Sentinel")))
	case !n.answered && watch > 0 && down == 0:
		list = append(list, fmt.Sprintf("%s does not answer us, but %s that watch it take it for up: we may be cut off, or it died this second", addr, plural(watch, "Sentinel")))
	case !n.answered && down > 0 && down < watch:
		list = append(list, fmt.Sprintf("%d of %s takes %s for down", down, plural(watch, "Sentinel"), addr))
	}
	return list
}

// strangers looks for replicas that are not where they belong.
func (p picture) strangers() []string {
	master, known := p.master.Get()
	if !known {
		return nil
	}
	var list []string
	for _, addr := range p.replicaAddresses() {
		n := p.node(addr)
		follows, isReplica := redis.MasterOf(n.info).Get()
		// A replica may know its master by another name; the stream tells.
		if isReplica && follows != master && !activities.Is(p.replIDMatches(n), true) {
			list = append(list, fmt.Sprintf("%s replicates from %s, not from the master %s", addr, follows, master))
		}
		know, down := p.views(addr)
		believedIn := slices.ContainsFunc(p.speaking, func(v sentinelView) bool { return v.master == addr || v.watched == addr })
		switch {
		case len(p.speaking) > 0 && know == 0 && !believedIn:
			list = append(list, fmt.Sprintf("%s belongs to the group, but no Sentinel knows it as a replica", addr))
		case down > 0 && down < know:
			list = append(list, fmt.Sprintf("%d of %s takes the replica %s for down", down, plural(know, "Sentinel"), addr))
		}
	}
	return list
}

// views counts the Sentinels that know the replica, and those that take it for down.
func (p picture) views(addr string) (know, down int) {
	for _, v := range p.speaking {
		for _, e := range v.replicas {
			if e.addr != addr {
				continue
			}
			know++
			if e.has("s_down") {
				down++
			}
		}
	}
	return know, down
}

func show[T any](m activities.Maybe[T]) string {
	v, known := m.Get()
	if !known {
		return "unknown"
	}
	return fmt.Sprint(v)
}
