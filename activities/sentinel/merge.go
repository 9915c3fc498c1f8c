package sentinel

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"redress/activities"
	"redress/activities/redis/info"
	"redress/definitions"
)

// picture is a snapshot in which the Sentinels are told apart, on the way to a Topology.
type picture struct {
	nodes    map[string]nodeView
	all      []sentinelView // each once, by address
	speaking []sentinelView // those that said something about the master
	epoch    activities.Maybe[int64]
	master   activities.Maybe[string]
}

// merge puts together what everybody said. It is pure: the same snapshot makes the
// same Topology.
func merge(s snapshot) Topology {
	p := develop(s)
	return Topology{
		Master:          p.masterBlock(),
		Replicas:        p.replicas(),
		Sentinels:       p.sentinels(),
		Epoch:           p.epoch,
		DownAfter:       longest(p, func(v sentinelView) activities.Maybe[definitions.Duration] { return v.downAfter }),
		FailoverTimeout: longest(p, func(v sentinelView) activities.Maybe[definitions.Duration] { return v.failoverTimeout }),
		DataBytes:       p.dataBytes(),
		Contradictions:  p.contradictions(),
	}
}

func develop(s snapshot) picture {
	p := picture{nodes: s.nodes, all: s.distinct()}
	for _, v := range p.all {
		if v.err == "" {
			p.speaking = append(p.speaking, v)
		}
	}
	p.epoch = highest(p, func(v sentinelView) activities.Maybe[int64] { return v.epoch })
	p.master = p.findMaster()
	return p
}

// findMaster returns the address that the Sentinels of the highest configuration
// epoch name: it is the one that the others will follow.
func (p picture) findMaster() activities.Maybe[string] {
	epoch, known := p.epoch.Get()
	if !known {
		return activities.Unknown[string](p.epoch.Why())
	}
	named := map[string][]string{}
	for _, v := range p.speaking {
		if activities.Is(v.epoch, epoch) {
			named[v.master] = append(named[v.master], v.addr)
		}
	}
	if len(named) > 1 {
		return activities.Unknown[string](fmt.Sprintf("within configuration epoch %d the Sentinels disagree about the master: %s", epoch, votes(named)))
	}
	for addr := range named {
		return activities.Known(addr)
	}
	return activities.Unknown[string](p.silent())
}

// silent says why no Sentinel says anything.
func (p picture) silent() string {
	if len(p.all) == 0 {
		return "no Sentinel was asked"
	}
	return "no Sentinel answers about this master: " + strings.Join(p.errors(), "; ")
}

func (p picture) errors() []string {
	list := []string{}
	for _, v := range p.all {
		if v.err != "" {
			list = append(list, v.addr+": "+v.err)
		}
	}
	return list
}

func (p picture) masterBlock() Master {
	addr, known := p.master.Get()
	if !known {
		why := p.master.Why()
		return Master{
			Address: p.master, Reachable: activities.Unknown[bool](why), Role: activities.Unknown[info.Role](why),
			Writable: activities.Unknown[bool](why), RunID: activities.Unknown[string](why),
			Uptime: activities.Unknown[definitions.Duration](why), Loading: activities.Unknown[bool](why),
			Busy: activities.Unknown[bool](why), Error: why,
		}
	}
	n := p.node(addr)
	return Master{
		Address: p.master, Reachable: activities.Known(n.answered), Role: n.role, Writable: n.writable(),
		RunID: n.info.Text("run_id"), Uptime: n.info.Seconds("uptime_in_seconds"),
		Loading: n.loading, Busy: n.busy, Error: n.err,
	}
}

// node returns what the server said; one that nobody asked did not answer.
func (p picture) node(addr string) nodeView {
	if n, ok := p.nodes[addr]; ok {
		return n
	}
	why := "it was not asked: the Sentinels remember too many servers"
	return nodeView{
		addr: addr, err: why, info: info.Missing(why),
		role: activities.Unknown[info.Role](why), busy: activities.Unknown[bool](why), loading: activities.Unknown[bool](why),
	}
}

func (p picture) dataBytes() activities.Maybe[int64] {
	const field = "used_memory_dataset"
	why := p.master.Why()
	if addr, known := p.master.Get(); known {
		of := p.node(addr).info.Count(field)
		if !of.IsZero() {
			return of
		}
		why = of.Why()
	}
	largest := activities.Unknown[int64](why)
	for _, n := range p.nodes {
		size, known := n.info.Count(field).Get()
		if most, some := largest.Get(); known && (!some || size > most) {
			largest = activities.Known(size)
		}
	}
	return largest
}

// replicaAddresses are all servers but the master, by address.
func (p picture) replicaAddresses() []string {
	set := map[string]bool{}
	for _, v := range p.speaking {
		set[v.master], set[v.watched] = true, true
		for _, r := range v.replicas {
			set[r.addr] = true
		}
	}
	for addr := range p.nodes {
		set[addr] = true
	}
	if master, known := p.master.Get(); known {
		delete(set, master)
	}
	return slices.Sorted(maps.Keys(set))
}

// onMaster are the Sentinels that watch the master that is taken for it here.
func (p picture) onMaster() []sentinelView {
	var list []sentinelView
	for _, v := range p.speaking {
		if activities.Is(p.master, v.watched) {
			list = append(list, v)
		}
	}
	return list
}

// masterDownFor is how long the master has been silent, by the Sentinels that take it
// for down; 0 when none does.
func (p picture) masterDownFor() time.Duration {
	var longest time.Duration
	for _, v := range p.onMaster() {
		if silence, known := v.silence.Get(); known && v.has("s_down") {
			longest = max(longest, time.Duration(silence))
		}
	}
	return longest
}

// highest returns the largest value that a Sentinel reports.
func highest(p picture, of func(sentinelView) activities.Maybe[int64]) activities.Maybe[int64] {
	result := activities.Unknown[int64](p.silent())
	for _, v := range p.speaking {
		m := of(v)
		n, known := m.Get()
		most, some := result.Get()
		switch {
		case known && (!some || n > most):
			result = m
		case !known && !some:
			result = m // its reason is better than "no Sentinel answers"
		}
	}
	return result
}

func longest(p picture, of func(sentinelView) activities.Maybe[definitions.Duration]) activities.Maybe[definitions.Duration] {
	n := highest(p, func(v sentinelView) activities.Maybe[int64] {
		return mapped(of(v), func(d definitions.Duration) int64 { return int64(d) })
	})
	return mapped(n, func(n int64) definitions.Duration { return definitions.Duration(n) })
}

// votes writes who says what: "a at x, y; b at z".
func votes(by map[string][]string) string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s at %s", what, strings.Join(by[what], ", ")))
	}
	return strings.Join(parts, "; ")
}
