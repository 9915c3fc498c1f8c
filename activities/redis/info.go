package redis

import (
	"context"

	"redress/activities"
	"redress/activities/redis/info"
	"redress/definitions"
)

// InfoInput is the input of redis.info.
type InfoInput struct {
	Node string `json:"node,omitempty" doc:"host:port of the server to ask, one of the target's; default: its master, by the Sentinels, or the standalone server"`
}

// NodeInfo is what one server reports of itself.
type NodeInfo struct {
	Address     string                                 `json:"address" doc:"host:port that was asked"`
	Reachable   bool                                   `json:"reachable" doc:"it answered, be it with an error"`
	Error       string                                 `json:"error" doc:"why something could not be learnt; empty when all was"`
	Role        activities.Maybe[info.Role]            `json:"role,omitzero" doc:"what it says it is"`
	Version     activities.Maybe[string]               `json:"version,omitzero" doc:"version of the server"`
	RunID       activities.Maybe[string]               `json:"run_id,omitzero" doc:"changes with every start of the process"`
	Uptime      activities.Maybe[definitions.Duration] `json:"uptime,omitzero" doc:"time since its start"`
	Busy        activities.Maybe[bool]                 `json:"busy,omitzero" doc:"a script or function runs for too long, and everything else is answered with BUSY"`
	Loading     activities.Maybe[bool]                 `json:"loading,omitzero" doc:"it loads its data and serves none"`
	LoadingEta  activities.Maybe[definitions.Duration] `json:"loading_eta,omitzero" doc:"how much longer it expects to load"`
	Keys        activities.Maybe[int64]                `json:"keys,omitzero" doc:"keys of all databases together"`
	Memory      Memory                                 `json:"memory" doc:"memory, sizes in bytes"`
	Clients     Clients                                `json:"clients" doc:"connections"`
	Replication Replication                            `json:"replication" doc:"its place in the replication group"`
	Persistence Persistence                            `json:"persistence" doc:"snapshots and append-only file"`
	Stats       Stats                                  `json:"stats" doc:"counters since its start"`
	CPU         CPU                                    `json:"cpu" doc:"processor time since its start"`
}

// Info is the action redis.info.
func Info(inv Inventory) activities.Action {
	return activities.Read(activities.Spec{
		Name:    "redis.info",
		Summary: "What one server reports of itself: memory, clients, replication, persistence, counters.",
		Doc: "A server that cannot be reached is a result (`reachable` is false), not an error. " +
			"What it does not report is unknown, with the reason.",
	}, func(ctx context.Context, call activities.Call, in InfoInput) (NodeInfo, error) {
		return readInfo(ctx, inv, call.Target.Name, in)
	})
}

func readInfo(ctx context.Context, inv Inventory, target string, in InfoInput) (NodeInfo, error) {
	t, err := Lookup(inv, target)
	if err != nil {
		return NodeInfo{}, err
	}
	dialer, err := NewDialer(t.Read, t.TLS)
	if err != nil {
		return NodeInfo{}, err
	}
	addr, err := t.node(ctx, in.Node)
	if err != nil {
		return NodeInfo{}, err
	}
	return AskNode(ctx, dialer, addr), nil
}

// AskNode asks the server at addr for its INFO.
func AskNode(ctx context.Context, dialer Dialer, addr string) NodeInfo {
	replies, err := dialer.Batch(ctx, addr, []any{"info"})
	var text string
	if err == nil {
		text, err = replies[0].Text()
	}
	n := NodeInfo{Address: addr, Reachable: err == nil || IsReply(err)}
	i := info.Parse(text)
	if err != nil {
		n.Error = Explain(err).Error()
		i = info.Missing(n.Error)
	}
	n.fill(i)
	if IsBusy(err) {
		n.Busy = activities.Known(true)
	}
	return n
}

func (n *NodeInfo) fill(i info.Info) {
	n.Role = RoleOf(i)
	n.Version = i.Text("redis_version")
	n.RunID = i.Text("run_id")
	n.Uptime = i.Seconds("uptime_in_seconds")
	n.Loading = i.Flag("loading")
	n.LoadingEta = i.Seconds("loading_eta_seconds")
	n.Keys = i.Keys()
	n.Memory = memoryOf(i)
	n.Clients = clientsOf(i)
	n.Replication = replicationOf(i)
	n.Persistence = persistenceOf(i)
	n.Stats = statsOf(i)
	n.CPU = CPU{System: i.Float("used_cpu_sys"), User: i.Float("used_cpu_user")}
	n.Busy = activities.Unknown[bool](n.Error)
	if n.Error == "" {
		n.Busy = activities.Known(false) // it would not have answered INFO
	}
}

// RoleOf returns the role that INFO tells.
func RoleOf(i info.Info) activities.Maybe[info.Role] {
	master := i.Word("role", "master", "slave")
	switch is, known := master.Get(); {
	case !known:
		return activities.Unknown[info.Role](master.Why())
	case is:
		return activities.Known(info.Master)
	default:
		return activities.Known(info.Following)
	}
}
