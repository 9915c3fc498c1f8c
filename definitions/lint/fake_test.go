package lint_test

import (
	"slices"

	"redress/definitions"
	"redress/definitions/expr"
)

// actionList implements definitions.Actions over a list.
type actionList []definitions.ActionType

func (l actionList) ActionType(name string) (definitions.ActionType, bool) {
	i := slices.IndexFunc(l, func(a definitions.ActionType) bool { return a.Name == name })
	if i < 0 {
		return definitions.ActionType{}, false
	}
	return l[i], true
}

func (l actionList) ActionNames() []string {
	var names []string
	for _, a := range l {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	return names
}

func object(fields ...expr.Field) expr.Type { return expr.Type{Kind: expr.Object, Fields: fields} }

func field(name string, t expr.Type) expr.Field { return expr.Field{Name: name, Type: t} }

func known(name string, kind expr.Kind) expr.Field { return field(name, expr.Type{Kind: kind}) }

// unsure is a field that may be unknown, or an input that may be left out.
func unsure(name string, kind expr.Kind) expr.Field {
	f := known(name, kind)
	f.Optional = true
	return f
}

// fakeActions has the types of the actions as the design describes them.
func fakeActions() definitions.Actions {
	return actionList{
		{Name: "sentinel.topology", Effect: definitions.Read, Input: object(), Output: topologyType()},
		{
			Name: "sentinel.failover", Effect: definitions.Change,
			Input:  object(known("expect_master", expr.String), known("expect_epoch", expr.Int), unsure("planned", expr.Bool)),
			Output: object(known("master", expr.String), known("epoch", expr.Int)),
		},
		{
			Name: "redis.info", Effect: definitions.Read,
			Input: object(unsure("address", expr.String)),
			Output: object(
				field("memory", object(known("used", expr.Int), unsure("maxmemory", expr.Int))),
				field("role", expr.Type{Kind: expr.String, Enum: []string{"master", "replica", "sentinel"}}),
			),
		},
		{
			Name: "redis.config_set", Effect: definitions.Change,
			Input: object(
				field("parameter", expr.Type{Kind: expr.String, Enum: []string{"maxmemory", "maxclients", "timeout"}}),
				known("value", expr.String), unsure("address", expr.String),
			),
			Output: object(known("previous", expr.String)),
		},
	}
}

// topologyType has the fields of sentinel.topology.
func topologyType() expr.Type {
	replica := object(
		known("address", expr.String), known("reachable", expr.Bool), unsure("online", expr.Bool), unsure("electable", expr.Bool),
		unsure("link_up", expr.Bool), unsure("link_down_for", expr.Duration), unsure("lag_bytes", expr.Int), unsure("lag_seconds", expr.Int),
		unsure("offset", expr.Int), unsure("priority", expr.Int), unsure("replid_matches", expr.Bool), unsure("sync_in_progress", expr.Bool),
		unsure("s_down", expr.Bool), unsure("error", expr.String),
	)
	return object(
		field("master", object(
			unsure("address", expr.String), unsure("reachable", expr.Bool), unsure("role", expr.String), unsure("writable", expr.Bool),
			unsure("run_id", expr.String), unsure("uptime", expr.Duration), unsure("loading", expr.Bool), unsure("busy", expr.Bool), unsure("error", expr.String),
		)),
		field("replicas", expr.ListOf(replica)),
		field("sentinels", object(
			known("known", expr.Int), known("reachable", expr.Int), unsure("quorum", expr.Int), unsure("quorum_ok", expr.Bool), unsure("any_tilt", expr.Bool),
			unsure("agree", expr.Bool), unsure("master_s_down", expr.Int), unsure("master_o_down", expr.Int), unsure("failover_in_progress", expr.Bool),
			unsure("last_failover_at", expr.Timestamp), field("addresses", expr.ListOf(expr.Type{Kind: expr.String})),
		)),
		unsure("epoch", expr.Int), unsure("down_after", expr.Duration), unsure("failover_timeout", expr.Duration), unsure("data_bytes", expr.Int),
		field("contradictions", expr.ListOf(expr.Type{Kind: expr.String})),
	)
}
