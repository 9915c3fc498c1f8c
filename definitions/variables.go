package definitions

import "redress/definitions/expr"

// Variables returns the types of the standard variables, which every expression of a
// step can read besides the results of earlier steps:
//
//	alert     the alert that triggered the run
//	labels    its labels; a missing one reads as ""
//	alerts    all alerts of the run, by fingerprint
//	resolved  whether all of them are gone
//	target    the target: name, labels
//	run       the run: id, runbook, mode, started_at
//	now       the workflow's time; inside of an act, the time of its worker
func Variables() []expr.Decl {
	return []expr.Decl{
		{Name: "alert", Type: alertType()},
		{Name: "labels", Type: labelsType()},
		{Name: "alerts", Type: expr.ListOf(alertType())},
		{Name: "resolved", Type: expr.Type{Kind: expr.Bool}},
		{Name: "target", Type: targetType()},
		{Name: "run", Type: RunType()},
		{Name: "now", Type: expr.Type{Kind: expr.Timestamp}},
	}
}

// WhenVariables returns those of [Variables] that exist before there is a run.
func WhenVariables() []expr.Decl {
	return []expr.Decl{
		{Name: "alert", Type: alertType()},
		{Name: "labels", Type: labelsType()},
		{Name: "target", Type: targetType()},
	}
}

// LaterVariables lists the variables that the language has and this version does not.
func LaterVariables() []string { return []string{"previous", "vars"} }

// Result is the variable that holds the answer of the poll in the key `until`.
const Result = "result"

func alertType() expr.Type {
	return expr.Type{Kind: expr.Object, Fields: []expr.Field{
		{Name: "fingerprint", Type: expr.Type{Kind: expr.String}, Doc: "Alertmanager's identity of the alert"},
		{Name: "status", Type: expr.Type{Kind: expr.String, Enum: []string{"firing", "resolved"}}},
		{Name: "labels", Type: labelsType(), Doc: "a missing one reads as \"\""},
		{Name: "annotations", Type: labelsType(), Doc: "a missing one reads as \"\""},
		{Name: "starts_at", Type: expr.Type{Kind: expr.Timestamp}, Doc: "since when it fires, as the sender says"},
		{Name: "node", Type: expr.Type{Kind: expr.String}, Optional: true, Doc: "host:port of the Redis that it is about, where its labels name one"},
	}}
}

func targetType() expr.Type {
	return expr.Type{Kind: expr.Object, Fields: []expr.Field{
		{Name: "name", Type: expr.Type{Kind: expr.String}},
		{Name: "labels", Type: labelsType(), Doc: "of the inventory; a missing one reads as \"\""},
	}}
}

// RunType returns the type of the variable run.
func RunType() expr.Type {
	return expr.Type{Kind: expr.Object, Fields: []expr.Field{
		{Name: "id", Type: expr.Type{Kind: expr.String}, Doc: "its workflow ID"},
		{Name: "runbook", Type: expr.Type{Kind: expr.String}},
		{Name: "mode", Type: expr.Type{Kind: expr.String, Enum: modeNames()}},
		{Name: "started_at", Type: expr.Type{Kind: expr.Timestamp}},
	}}
}

func modeNames() []string {
	var names []string
	for _, m := range Modes() {
		names = append(names, string(m))
	}
	return names
}

func labelsType() expr.Type { return expr.MapOf(expr.Type{Kind: expr.String}) }
