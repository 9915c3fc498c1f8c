package sentinel

import (
	"context"
	"time"

	"redress/activities"
	"redress/activities/redis"
	"redress/activities/redis/info"
	"redress/definitions"
)

// Topology is a replication group as its Sentinels and its servers describe it, put
// together. What nobody could tell is unknown, with the reason.
type Topology struct {
	Master          Master                                 `json:"master" doc:"the server that the Sentinels of the highest configuration epoch take for the master"`
	Replicas        []Replica                              `json:"replicas" doc:"every other server that somebody knows of, by address"`
	Sentinels       Sentinels                              `json:"sentinels" doc:"the Sentinels, and what they say"`
	Epoch           activities.Maybe[int64]                `json:"epoch,omitzero" doc:"the highest configuration epoch: every failover raises it"`
	DownAfter       activities.Maybe[definitions.Duration] `json:"down_after,omitzero" doc:"silence after which a Sentinel takes a server for down; the longest of the Sentinels' settings"`
	FailoverTimeout activities.Maybe[definitions.Duration] `json:"failover_timeout,omitzero" doc:"a failed failover is not tried again for twice as long; the longest of the Sentinels' settings"`
	DataBytes       activities.Maybe[int64]                `json:"data_bytes,omitzero" doc:"size of the data in memory: the master's, or the largest of the replicas' when it does not tell"`
	Contradictions  []string                               `json:"contradictions" doc:"what does not fit together, in plain words"`
}

// Master is the server that is taken for the master.
type Master struct {
	Address   activities.Maybe[string]               `json:"address,omitzero" doc:"host:port"`
	Reachable activities.Maybe[bool]                 `json:"reachable,omitzero" doc:"it answered us, be it with an error like LOADING or BUSY"`
	Role      activities.Maybe[info.Role]            `json:"role,omitzero" doc:"what it says it is"`
	Writable  activities.Maybe[bool]                 `json:"writable,omitzero" doc:"it is master, answers PING, and neither loading, a busy script, missing replicas (min-replicas-to-write) nor failing persistence makes it refuse writes; a paused server and a full memory are not seen"`
	RunID     activities.Maybe[string]               `json:"run_id,omitzero" doc:"changes with every start of the process"`
	Uptime    activities.Maybe[definitions.Duration] `json:"uptime,omitzero" doc:"time since its start"`
	Loading   activities.Maybe[bool]                 `json:"loading,omitzero" doc:"it loads its data and serves none"`
	Busy      activities.Maybe[bool]                 `json:"busy,omitzero" doc:"a script runs for too long, and everything else is answered with BUSY"`
	Error     string                                 `json:"error" doc:"why something could not be learnt; empty when all was"`
}

// Replica is any other server of the group.
type Replica struct {
	Address        string                                 `json:"address" doc:"host:port"`
	Reachable      bool                                   `json:"reachable" doc:"it answered us, be it with an error"`
	Online         activities.Maybe[bool]                 `json:"online,omitzero" doc:"reachable, its link is up, and most Sentinels do not take it for down"`
	Electable      activities.Maybe[bool]                 `json:"electable,omitzero" doc:"fit to take over: a replica that answers, known to the Sentinels and not down for most, priority above 0, loaded, no full sync, link not down for longer than the master plus down_after"`
	LinkUp         activities.Maybe[bool]                 `json:"link_up,omitzero" doc:"its link to its master is up"`
	LinkDownFor    activities.Maybe[definitions.Duration] `json:"link_down_for,omitzero" doc:"how long the link has been down; 0 when it is up"`
	LagBytes       activities.Maybe[int64]                `json:"lag_bytes,omitzero" doc:"how far it is behind the highest offset that anyone is known to have reached; unknown while the master does not tell its own"`
	LagSeconds     activities.Maybe[int64]                `json:"lag_seconds,omitzero" doc:"time since its last acknowledgement, as the master counts"`
	Offset         activities.Maybe[int64]                `json:"offset,omitzero" doc:"how far it is in the replication stream"`
	Priority       activities.Maybe[int64]                `json:"priority,omitzero" doc:"replica-priority: the lowest is promoted first, 0 never"`
	ReplIDMatches  activities.Maybe[bool]                 `json:"replid_matches,omitzero" doc:"it follows the same replication stream as the master"`
	SyncInProgress activities.Maybe[bool]                 `json:"sync_in_progress,omitzero" doc:"a full copy is on its way to it"`
	SDown          activities.Maybe[bool]                 `json:"s_down,omitzero" doc:"most of the Sentinels that know it take it for down"`
	Error          string                                 `json:"error" doc:"why something could not be learnt; empty when all was"`
}

// Sentinels are the Sentinels of the group, and what those that answer say.
type Sentinels struct {
	Known              int                         `json:"known" doc:"how many there are: the configured ones, and those that they know, dead ones too"`
	Reachable          int                         `json:"reachable" doc:"how many answered about this master"`
	Quorum             activities.Maybe[int64]     `json:"quorum,omitzero" doc:"how many must agree that the master is down; the highest of the settings"`
	QuorumOK           activities.Maybe[bool]      `json:"quorum_ok,omitzero" doc:"a majority of all says that quorum and majority can be reached (SENTINEL CKQUORUM)"`
	AnyTilt            activities.Maybe[bool]      `json:"any_tilt,omitzero" doc:"one of those that answer is in TILT mode and acts on nothing"`
	Agree              activities.Maybe[bool]      `json:"agree,omitzero" doc:"all that answer name the same master"`
	MasterSDown        int                         `json:"master_s_down" doc:"how many take the master for down by their own view"`
	MasterODown        int                         `json:"master_o_down" doc:"how many know that a quorum takes it for down"`
	FailoverInProgress activities.Maybe[bool]      `json:"failover_in_progress,omitzero" doc:"one of those that answer is doing a failover"`
	LastFailoverAt     activities.Maybe[time.Time] `json:"last_failover_at,omitzero" doc:"when the last completed failover was over, at the latest; absent when there was none"`
	Addresses          []string                    `json:"addresses" doc:"host:port of all"`
	Errors             []string                    `json:"errors" doc:"what is wrong with those that did not answer about this master"`
}

// TopologyInput is the input of sentinel.topology.
type TopologyInput struct{}

// TopologyOf is the action sentinel.topology.
func TopologyOf(inv redis.Inventory) activities.Action {
	return activities.Read(activities.Spec{
		Name:    "sentinel.topology",
		Summary: "Who is master, how fit the replicas are, and what each Sentinel believes: asked of all of them directly.",
		Doc: "It takes at most three seconds, whatever hangs. Servers and Sentinels that do not answer are part of the result, not errors. " +
			"Where the Sentinels disagree about the master, the highest configuration epoch counts, as among themselves. " +
			"`last_failover_at` is told from how long the Sentinels have known the present master: a Sentinel that was restarted since knows it for less, " +
			"so that the time may be too late, never too early.",
	}, func(ctx context.Context, call activities.Call, _ TopologyInput) (Topology, error) {
		t, err := lookup(inv, call.Target.Name)
		if err != nil {
			return Topology{}, err
		}
		seen, err := observe(ctx, t)
		if err != nil {
			return Topology{}, err
		}
		return merge(seen), nil
	})
}
