package sentinel

import (
	"fmt"
	"strconv"

	"redress/activities"
	"redress/activities/redis/info"
)

// The parameters that make a healthy master refuse writes.
const (
	minReplicas = "min-replicas-to-write"
	stopWrites  = "stop-writes-on-bgsave-error"
	savePoints  = "save"
)

// writable tells whether the server takes writes, as far as it can be read: only a
// write would prove it.
func (v nodeView) writable() activities.Maybe[bool] {
	if !v.answered {
		return activities.Unknown[bool](v.err)
	}
	if !v.pong {
		if activities.Is(v.busy, true) || activities.Is(v.loading, true) {
			return activities.Known(false)
		}
		return activities.Unknown[bool](v.err)
	}
	return all(
		is(v.role, info.Master),
		not(v.loading),
		v.info.Word("aof_last_write_status", "ok", "err"),
		v.snapshotsAllow(),
		v.replicasSuffice(),
	)
}

// snapshotsAllow tells whether a failed snapshot lets writes pass (-MISCONF otherwise).
func (v nodeView) snapshotsAllow() activities.Maybe[bool] {
	ok := v.info.Word("rdb_last_bgsave_status", "ok", "err")
	if !activities.Is(ok, false) {
		return ok
	}
	stop, knowsStop := v.config[stopWrites]
	save, knowsSave := v.config[savePoints]
	if !knowsStop || !knowsSave {
		return activities.Unknown[bool](fmt.Sprintf("the last snapshot failed, and the server does not tell %s and %s", stopWrites, savePoints))
	}
	return activities.Known(stop != "yes" || save == "")
}

// replicasSuffice tells whether there are as many good replicas as the server wants
// before it takes a write (-NOREPLICAS otherwise). INFO counts them only where it
// wants any.
func (v nodeView) replicasSuffice() activities.Maybe[bool] {
	const good = "min_slaves_good_slaves"
	if v.info.Has("redis_version") && !v.info.Has(good) {
		return activities.Known(true)
	}
	have, known := v.info.Count(good).Get()
	if !known {
		return activities.Unknown[bool](v.info.Count(good).Why())
	}
	if have == 0 {
		return activities.Known(false) // it wants at least one
	}
	want, err := strconv.ParseInt(v.config[minReplicas], 10, 64)
	if err != nil {
		return activities.Unknown[bool]("the server does not tell " + minReplicas)
	}
	return activities.Known(have >= want)
}
