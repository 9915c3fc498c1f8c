package workflows_test

import (
	"slices"

	"redress/definitions"
	"redress/definitions/expr"
)

// actionList holds the action types that the runbooks of the tests use.
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
	return names
}

func object(fields ...expr.Field) expr.Type { return expr.Type{Kind: expr.Object, Fields: fields} }

func field(name string, kind expr.Kind) expr.Field {
	return expr.Field{Name: name, Type: expr.Type{Kind: kind}, Doc: "what people should know"}
}

// actionTypes are a read and a change for small runbooks, and those of the shipped one
// with the fields that it reads.
func actionTypes() actionList {
	looked := object(field("ok", expr.Bool), field("n", expr.Int))
	master := object(field("address", expr.String), field("reachable", expr.Bool), field("writable", expr.Bool))
	replica := object(field("online", expr.Bool), field("electable", expr.Bool))
	sentinels := object(
		field("known", expr.Int), field("reachable", expr.Int), field("quorum_ok", expr.Bool), field("any_tilt", expr.Bool), field("agree", expr.Bool),
		field("master_s_down", expr.Int), field("failover_in_progress", expr.Bool),
	)
	return actionList{
		{Name: "probe.look", Effect: definitions.Read, Input: object(field("n", expr.Int)), Output: looked},
		{Name: "probe.fix", Effect: definitions.Change, Input: object(field("n", expr.Int)), Output: object(field("n", expr.Int))},
		{Name: "sentinel.topology", Effect: definitions.Read, Input: object(), Output: object(
			expr.Field{Name: "master", Type: master}, expr.Field{Name: "replicas", Type: expr.ListOf(replica)},
			expr.Field{Name: "sentinels", Type: sentinels}, field("epoch", expr.Int), field("down_after", expr.Duration),
		)},
		{
			Name: "sentinel.failover", Effect: definitions.Change,
			Input: object(field("expect_master", expr.String), field("expect_epoch", expr.Int)), Output: object(field("to", expr.String)),
		},
	}
}
