package sentinel

import (
	"slices"
	"time"

	"redress/activities"
)

func (p picture) sentinels() Sentinels {
	s := Sentinels{
		Known:     len(p.all),
		Reachable: len(p.speaking),
		Quorum:    highest(p, func(v sentinelView) activities.Maybe[int64] { return v.quorum }),
		QuorumOK:  p.quorumOK(),
		AnyTilt:   p.anyOf(func(v sentinelView) activities.Maybe[bool] { return v.tilt }),
		Agree:     p.agree(),
		FailoverInProgress: p.anyOf(func(v sentinelView) activities.Maybe[bool] {
			return activities.Known(v.has("failover_in_progress"))
		}),
		LastFailoverAt: p.lastFailover(),
		Addresses:      []string{},
		Errors:         p.errors(),
	}
	for _, v := range p.onMaster() {
		if v.has("s_down") {
			s.MasterSDown++
		}
		if v.has("o_down") {
			s.MasterODown++
		}
	}
	for _, v := range p.all {
		s.Addresses = append(s.Addresses, v.addr)
	}
	return s
}

// quorumOK tells whether a majority of all Sentinels says that the quorum is there. A
// Sentinel that we cannot ask counts as one that does not say so once another one
// takes it for down too; until then it could be that only we cannot reach it.
func (p picture) quorumOK() activities.Maybe[bool] {
	if len(p.speaking) == 0 {
		return activities.Unknown[bool](p.silent())
	}
	yes, open := 0, 0
	for _, v := range p.all {
		ok, known := v.quorumOK.Get()
		switch {
		case known && ok:
			yes++
		case v.err != "" && p.downForOthers(v):
		case !known:
			open++
		}
	}
	switch {
	case yes*2 > len(p.all):
		return activities.Known(true)
	case (yes+open)*2 <= len(p.all):
		return activities.Known(false)
	default:
		return activities.Unknown[bool]("too few Sentinels told us: " + joined(p.errors(), "they do not answer SENTINEL CKQUORUM"))
	}
}

// downForOthers reports whether a Sentinel that we cannot ask is down for another one.
func (p picture) downForOthers(v sentinelView) bool {
	for _, speaking := range p.speaking {
		for _, e := range speaking.others {
			same := e.addr == v.addr || (e.id != "" && e.id == v.id) || slices.Contains(v.aliases, e.addr)
			if same && e.has("s_down") {
				return true
			}
		}
	}
	return false
}

// anyOf tells whether it is so for one of the Sentinels that answer. Those that do not
// answer are left out: one dead Sentinel must not make everything unknown.
func (p picture) anyOf(of func(sentinelView) activities.Maybe[bool]) activities.Maybe[bool] {
	if len(p.speaking) == 0 {
		return activities.Unknown[bool](p.silent())
	}
	result := activities.Known(false)
	for _, v := range p.speaking {
		m := of(v)
		is, known := m.Get()
		if known && is {
			return m
		}
		if !known {
			result = m
		}
	}
	return result
}

func (p picture) agree() activities.Maybe[bool] {
	if len(p.speaking) == 0 {
		return activities.Unknown[bool](p.silent())
	}
	first := p.speaking[0].master
	return activities.Known(!slices.ContainsFunc(p.speaking, func(v sentinelView) bool { return v.master != first }))
}

// lastFailover tells when the last completed failover was over, at the latest.
//
// Redis keeps no such time. But a Sentinel restarts `role-reported-time` of its master
// whenever it begins to follow another one, so that it knows the present master for
// no longer than since the last failover. It is shorter after the Sentinel's own
// restart, and too long where a Sentinel was cut off while the master moved away and
// back. So the middle of what they report counts: a minority of either kind does
// not move it, and a majority of restarted ones makes it too late, which only
// makes us wait. Configuration epoch 0 says that there was none.
func (p picture) lastFailover() activities.Maybe[time.Time] {
	epoch, known := p.epoch.Get()
	switch {
	case !known:
		return activities.Unknown[time.Time](p.epoch.Why())
	case epoch == 0:
		return activities.Unknown[time.Time](noFailoverYet)
	case p.master.IsZero():
		return activities.Unknown[time.Time](p.master.Why())
	}
	var times []time.Time
	why := "the Sentinels are moving to another master just now"
	for _, v := range p.onMaster() {
		if v.watched != v.master || !activities.Is(v.epoch, epoch) {
			continue
		}
		if d, known := v.knownFor.Get(); known {
			times = append(times, since(v.at, time.Duration(d)))
		} else {
			why = v.knownFor.Why()
		}
	}
	if len(times) == 0 {
		return activities.Unknown[time.Time](why)
	}
	slices.SortFunc(times, time.Time.Compare)
	return activities.Known(times[len(times)/2].Round(time.Second))
}

// noFailoverYet is why there is no last failover.
const noFailoverYet = "there was none: the configuration epoch is 0"
