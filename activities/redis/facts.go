package redis

import (
	"net"
	"time"

	"redress/activities"
	"redress/activities/redis/info"
	"redress/definitions"
)

// Memory is a server's memory, sizes in bytes.
type Memory struct {
	Used               activities.Maybe[int64]   `json:"used,omitzero" doc:"allocated by the server"`
	Peak               activities.Maybe[int64]   `json:"peak,omitzero" doc:"the most it ever had allocated"`
	RSS                activities.Maybe[int64]   `json:"rss,omitzero" doc:"resident, as the operating system counts"`
	Dataset            activities.Maybe[int64]   `json:"dataset,omitzero" doc:"of the data without overhead"`
	Max                activities.Maybe[int64]   `json:"max,omitzero" doc:"maxmemory; 0 = no limit"`
	UsedRatio          activities.Maybe[float64] `json:"used_ratio,omitzero" doc:"used / max; unknown without a limit"`
	Policy             activities.Maybe[string]  `json:"policy,omitzero" doc:"maxmemory-policy"`
	SystemTotal        activities.Maybe[int64]   `json:"system_total,omitzero" doc:"of the host, which others share"`
	FragmentationRatio activities.Maybe[float64] `json:"fragmentation_ratio,omitzero" doc:"rss / used; means nothing on an almost empty server"`
	AllocatorFragRatio activities.Maybe[float64] `json:"allocator_frag_ratio,omitzero" doc:"fragmentation inside the allocator"`
	AllocatorRSSRatio  activities.Maybe[float64] `json:"allocator_rss_ratio,omitzero" doc:"what the allocator could give back to the system"`
	ClientsNormal      activities.Maybe[int64]   `json:"clients_normal,omitzero" doc:"of the buffers of ordinary clients"`
	NotCountedForEvict activities.Maybe[int64]   `json:"not_counted_for_evict,omitzero" doc:"replica and AOF buffers, which do not cause eviction"`
}

// Clients are a server's connections.
type Clients struct {
	Connected activities.Maybe[int64] `json:"connected,omitzero" doc:"without replicas"`
	Max       activities.Maybe[int64] `json:"max,omitzero" doc:"maxclients"`
	Blocked   activities.Maybe[int64] `json:"blocked,omitzero" doc:"waiting in a blocking command like BLPOP"`
	Rejected  activities.Maybe[int64] `json:"rejected,omitzero" doc:"refused since the start because maxclients was reached"`
	Evicted   activities.Maybe[int64] `json:"evicted,omitzero" doc:"closed since the start because of maxmemory-clients"`
}

// Replication is a server's place in its replication group.
type Replication struct {
	Offset            activities.Maybe[int64]                `json:"offset,omitzero" doc:"how far it is in the replication stream"`
	ReplID            activities.Maybe[string]               `json:"replid,omitzero" doc:"ID of the replication stream"`
	ConnectedReplicas activities.Maybe[int64]                `json:"connected_replicas,omitzero" doc:"replicas connected to it"`
	Replicas          []ConnectedReplica                     `json:"replicas" doc:"the replicas connected to it"`
	MasterAddress     activities.Maybe[string]               `json:"master_address,omitzero" doc:"of a replica: host:port that it replicates from"`
	LinkUp            activities.Maybe[bool]                 `json:"link_up,omitzero" doc:"of a replica: the link to its master is up"`
	LinkDownFor       activities.Maybe[definitions.Duration] `json:"link_down_for,omitzero" doc:"of a replica: how long the link has been down; 0 when it is up"`
	LastIO            activities.Maybe[definitions.Duration] `json:"last_io,omitzero" doc:"of a replica: time since its master last sent something"`
	SyncInProgress    activities.Maybe[bool]                 `json:"sync_in_progress,omitzero" doc:"of a replica: a full copy is on its way"`
	Priority          activities.Maybe[int64]                `json:"priority,omitzero" doc:"of a replica: replica-priority; 0 = never to be promoted"`
	BacklogSize       activities.Maybe[int64]                `json:"backlog_size,omitzero" doc:"repl-backlog-size in bytes"`
	SyncFull          activities.Maybe[int64]                `json:"sync_full,omitzero" doc:"full copies given to replicas since the start"`
	SyncPartialOK     activities.Maybe[int64]                `json:"sync_partial_ok,omitzero" doc:"partial syncs given since the start"`
	SyncPartialErr    activities.Maybe[int64]                `json:"sync_partial_err,omitzero" doc:"partial syncs refused since the start"`
}

// ConnectedReplica is what a master says about one of its replicas.
type ConnectedReplica struct {
	Address string                                 `json:"address" doc:"host:port, as the replica announces itself"`
	State   string                                 `json:"state" doc:"wait_bgsave, send_bulk or online"`
	Offset  activities.Maybe[int64]                `json:"offset,omitzero" doc:"how far it is in the replication stream"`
	Lag     activities.Maybe[definitions.Duration] `json:"lag,omitzero" doc:"time since its last acknowledgement"`
}

// Persistence is what a server keeps on disk.
type Persistence struct {
	RDBLastSaveAt       activities.Maybe[time.Time] `json:"rdb_last_save_at,omitzero" doc:"time of the last good snapshot, or of the start"`
	RDBLastOK           activities.Maybe[bool]      `json:"rdb_last_ok,omitzero" doc:"the last snapshot succeeded"`
	RDBInProgress       activities.Maybe[bool]      `json:"rdb_in_progress,omitzero" doc:"a snapshot is being written"`
	RDBLastCopyOnWrite  activities.Maybe[int64]     `json:"rdb_last_cow,omitzero" doc:"extra memory that the last snapshot took, in bytes"`
	ChangesSinceSave    activities.Maybe[int64]     `json:"changes_since_save,omitzero" doc:"changes that no snapshot has yet"`
	AOFEnabled          activities.Maybe[bool]      `json:"aof_enabled,omitzero" doc:"an append-only file is kept"`
	AOFLastWriteOK      activities.Maybe[bool]      `json:"aof_last_write_ok,omitzero" doc:"the last write to it succeeded"`
	AOFLastRewriteOK    activities.Maybe[bool]      `json:"aof_last_rewrite_ok,omitzero" doc:"its last rewrite succeeded"`
	AOFRewriteInProcess activities.Maybe[bool]      `json:"aof_rewrite_in_progress,omitzero" doc:"it is being rewritten"`
}

// Stats are a server's counters since its start.
type Stats struct {
	OpsPerSecond        activities.Maybe[int64]            `json:"ops_per_second,omitzero" doc:"commands per second, at present"`
	CommandsProcessed   activities.Maybe[int64]            `json:"commands_processed,omitzero" doc:"commands in all"`
	ConnectionsReceived activities.Maybe[int64]            `json:"connections_received,omitzero" doc:"connections in all"`
	EvictedKeys         activities.Maybe[int64]            `json:"evicted_keys,omitzero" doc:"keys removed because of maxmemory"`
	ExpiredKeys         activities.Maybe[int64]            `json:"expired_keys,omitzero" doc:"keys removed because their time was over"`
	KeyspaceHits        activities.Maybe[int64]            `json:"keyspace_hits,omitzero" doc:"reads that found their key"`
	KeyspaceMisses      activities.Maybe[int64]            `json:"keyspace_misses,omitzero" doc:"reads that did not"`
	LatestForkMicros    activities.Maybe[int64]            `json:"latest_fork_us,omitzero" doc:"how long the last fork stopped the server, in microseconds"`
	ErrorReplies        activities.Maybe[int64]            `json:"error_replies,omitzero" doc:"error replies in all"`
	Errors              activities.Maybe[map[string]int64] `json:"errors,omitzero" doc:"error replies by their first word: OOM, NOREPLICAS, …"`
}

// CPU is a server's processor time.
type CPU struct {
	System activities.Maybe[float64] `json:"system,omitzero" doc:"seconds in the kernel"`
	User   activities.Maybe[float64] `json:"user,omitzero" doc:"seconds in the server"`
}

func memoryOf(i info.Info) Memory {
	m := Memory{
		Used:               i.Count("used_memory"),
		Peak:               i.Count("used_memory_peak"),
		RSS:                i.Count("used_memory_rss"),
		Dataset:            i.Count("used_memory_dataset"),
		Max:                i.Count("maxmemory"),
		Policy:             i.Text("maxmemory_policy"),
		SystemTotal:        i.Count("total_system_memory"),
		FragmentationRatio: i.Float("mem_fragmentation_ratio"),
		AllocatorFragRatio: i.Float("allocator_frag_ratio"),
		AllocatorRSSRatio:  i.Float("allocator_rss_ratio"),
		ClientsNormal:      i.Count("mem_clients_normal"),
		NotCountedForEvict: i.Count("mem_not_counted_for_evict"),
	}
	used, usedKnown := m.Used.Get()
	limit, limitKnown := m.Max.Get()
	switch {
	case !usedKnown:
		m.UsedRatio = activities.Unknown[float64](m.Used.Why())
	case !limitKnown:
		m.UsedRatio = activities.Unknown[float64](m.Max.Why())
	case limit == 0:
		m.UsedRatio = activities.Unknown[float64]("maxmemory is 0: there is no limit")
	default:
		m.UsedRatio = activities.Known(float64(used) / float64(limit))
	}
	return m
}

func clientsOf(i info.Info) Clients {
	return Clients{
		Connected: i.Count("connected_clients"),
		Max:       i.Count("maxclients"),
		Blocked:   i.Count("blocked_clients"),
		Rejected:  i.Count("rejected_connections"),
		Evicted:   i.Count("evicted_clients"),
	}
}

func replicationOf(i info.Info) Replication {
	r := Replication{
		ReplID:            i.Text("master_replid"),
		ConnectedReplicas: i.Count("connected_slaves"),
		LinkUp:            i.Word("master_link_status", "up", "down"),
		LinkDownFor:       LinkDownFor(i),
		LastIO:            i.Seconds("master_last_io_seconds_ago"),
		SyncInProgress:    i.Flag("master_sync_in_progress"),
		Priority:          i.Count("slave_priority"),
		BacklogSize:       i.Count("repl_backlog_size"),
		SyncFull:          i.Count("sync_full"),
		SyncPartialOK:     i.Count("sync_partial_ok"),
		SyncPartialErr:    i.Count("sync_partial_err"),
		Offset:            OffsetOf(i),
		MasterAddress:     MasterOf(i),
		Replicas:          []ConnectedReplica{},
	}
	for _, c := range i.Replicas() {
		r.Replicas = append(r.Replicas, ConnectedReplica(c))
	}
	return r
}

func persistenceOf(i info.Info) Persistence {
	return Persistence{
		RDBLastSaveAt:       i.Unix("rdb_last_save_time"),
		RDBLastOK:           i.Word("rdb_last_bgsave_status", "ok", "err"),
		RDBInProgress:       i.Flag("rdb_bgsave_in_progress"),
		RDBLastCopyOnWrite:  i.Count("rdb_last_cow_size"),
		ChangesSinceSave:    i.Count("rdb_changes_since_last_save"),
		AOFEnabled:          i.Flag("aof_enabled"),
		AOFLastWriteOK:      i.Word("aof_last_write_status", "ok", "err"),
		AOFLastRewriteOK:    i.Word("aof_last_bgrewrite_status", "ok", "err"),
		AOFRewriteInProcess: i.Flag("aof_rewrite_in_progress"),
	}
}

func statsOf(i info.Info) Stats {
	return Stats{
		OpsPerSecond:        i.Count("instantaneous_ops_per_sec"),
		CommandsProcessed:   i.Count("total_commands_processed"),
		ConnectionsReceived: i.Count("total_connections_received"),
		EvictedKeys:         i.Count("evicted_keys"),
		ExpiredKeys:         i.Count("expired_keys"),
		KeyspaceHits:        i.Count("keyspace_hits"),
		KeyspaceMisses:      i.Count("keyspace_misses"),
		LatestForkMicros:    i.Count("latest_fork_usec"),
		ErrorReplies:        i.Count("total_error_replies"),
		Errors:              i.Errors(),
	}
}

// OffsetOf returns how far a server is in the replication stream: of a replica, what
// it has processed.
func OffsetOf(i info.Info) activities.Maybe[int64] {
	if i.Has("slave_repl_offset") {
		return i.Count("slave_repl_offset")
	}
	return i.Count("master_repl_offset")
}

// MasterOf returns the host:port that a replica replicates from.
func MasterOf(i info.Info) activities.Maybe[string] {
	host, known := i.Text("master_host").Get()
	port, alsoKnown := i.Text("master_port").Get()
	if !known || !alsoKnown {
		return activities.Unknown[string](i.Text("master_host").Why())
	}
	return activities.Known(net.JoinHostPort(host, port))
}

// LinkDownFor returns how long a replica's link has been down. It is unknown where
// the link was never up since the replica's start.
func LinkDownFor(i info.Info) activities.Maybe[definitions.Duration] {
	up := i.Word("master_link_status", "up", "down")
	switch is, known := up.Get(); {
	case !known:
		return activities.Unknown[definitions.Duration](up.Why())
	case is:
		return activities.Known(definitions.Duration(0))
	case activities.Is(i.Int("master_link_down_since_seconds"), -1):
		return activities.Unknown[definitions.Duration]("its link was never up since it started")
	default:
		return i.Seconds("master_link_down_since_seconds")
	}
}
