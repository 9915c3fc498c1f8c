package sentinel

import (
	"cmp"
	"slices"
	"time"

	"redress/activities"
	"redress/activities/redis/info"
	"redress/definitions"
)

// snapshot is what everybody said at about the same time.
type snapshot struct {
	sentinels []sentinelView
	nodes     map[string]nodeView // by address
}

// sentinelView is what one Sentinel said.
type sentinelView struct {
	addr    string
	aliases []string // further host:port that are this Sentinel's
	id      string   // the name it keeps for life; "" = not known
	at      time.Time
	err     string // why it says nothing about this master; "" = it does

	master string // the address it gives to clients
	// watched is the server that it still takes for the master by itself. During
	// a failover, clients are already given another one.
	watched         string
	epoch           activities.Maybe[int64] // configuration epoch
	flags           []string                // of the master
	quorum          activities.Maybe[int64]
	downAfter       activities.Maybe[definitions.Duration]
	failoverTimeout activities.Maybe[definitions.Duration]
	silence         activities.Maybe[definitions.Duration] // of the master: time since its last good answer to PING
	knownFor        activities.Maybe[definitions.Duration] // time since this Sentinel has known this master as such
	quorumOK        activities.Maybe[bool]
	tilt            activities.Maybe[bool]
	replicas        []entry
	others          []entry // the other Sentinels it knows
}

// entry is what a Sentinel says about another process.
type entry struct {
	addr  string
	id    string // of a Sentinel
	flags []string
}

func (v sentinelView) has(flag string) bool { return slices.Contains(v.flags, flag) }
func (e entry) has(flag string) bool        { return slices.Contains(e.flags, flag) }

// nodeView is what one server said.
type nodeView struct {
	addr     string
	answered bool   // it is there, whatever it said
	err      string // why it did not tell all
	pong     bool   // it answered PING as a healthy server does
	busy     activities.Maybe[bool]
	loading  activities.Maybe[bool]
	role     activities.Maybe[info.Role]
	info     info.Info
	config   map[string]string // the parameters that decide about writes, as far as it told them
}

// distinct returns the Sentinels, each once, by address. The same one may be
// configured by name and known to others by IP address: its ID tells, and where it
// does not answer, the addresses of its name.
func (s snapshot) distinct() []sentinelView {
	views := slices.Clone(s.sentinels)
	slices.SortStableFunc(views, func(a, b sentinelView) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.addr, b.addr))
	})
	var list []sentinelView
	for _, v := range views {
		same := func(o sentinelView) bool {
			return v.addr == o.addr || (v.id != "" && v.id == o.id) ||
				slices.Contains(o.aliases, v.addr) || slices.Contains(v.aliases, o.addr)
		}
		if !slices.ContainsFunc(list, same) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b sentinelView) int { return cmp.Compare(a.addr, b.addr) })
	return list
}

// rank prefers the view that says something.
func rank(v sentinelView) int {
	if v.err == "" {
		return 0
	}
	return 1
}
