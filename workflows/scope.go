package workflows

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

// scope holds what the named steps found, and how the reads among them can be done again.
type scope struct {
	vars  expr.Scope
	reads []contract.Recorded // in the order in which they were done
}

func newScope() scope { return scope{vars: expr.Scope{}} }

// set gives later steps a result under a step's name; a step without one keeps it to itself.
func (s *scope) set(name string, t expr.Type, v expr.Value) {
	if name != "" {
		s.vars[name] = expr.Var{Type: t, Value: v}
	}
}

// recorded notes a read that can be done again before an act.
func (s *scope) recorded(name string, call contract.Call) {
	if name != "" {
		s.reads = append(s.reads, contract.Recorded{Name: name, Call: call})
	}
}

// read returns the recorded read of that name.
func (s *scope) read(name string) (contract.Recorded, bool) {
	i := slices.IndexFunc(s.reads, func(r contract.Recorded) bool { return r.Name == name })
	if i < 0 {
		return contract.Recorded{}, false
	}
	return s.reads[i], true
}

// names returns the variables that an expression of the runbook reads: standard ones
// as they are now, and the results of steps.
func (r *run) names(ctx workflow.Context, names []string) expr.Scope {
	out := make(expr.Scope, len(names))
	for _, decl := range definitions.Variables() {
		if slices.Contains(names, decl.Name) {
			out[decl.Name] = expr.Var{Type: decl.Type, Value: r.standard(ctx, decl.Name)}
		}
	}
	for _, name := range names {
		if v, ok := r.scope.vars[name]; ok {
			out[name] = v
		}
	}
	return out
}

// standard returns the value of a standard variable.
func (r *run) standard(ctx workflow.Context, name string) expr.Value {
	switch name {
	case "alert", "labels":
		if len(r.alerts) == 0 {
			return expr.Value{Unknown: map[string]string{"": "the run was not started by an alert"}}
		}
		if name == "labels" {
			return definitions.LabelsVar(r.alerts[0].Labels).Value
		}
		return r.alerts[0].Definition().Var().Value
	case "alerts":
		return r.alertList()
	case "target":
		return definitions.TargetVar(r.in.Target.Name, r.in.Target.Labels).Value
	case "resolved":
		return known(r.resolved())
	case "run":
		return known(map[string]any{"id": r.view.ID, "runbook": r.view.Runbook, "mode": r.view.Mode, "started_at": r.view.StartedAt})
	default:
		return known(workflow.Now(ctx).UTC())
	}
}

// alertList is the variable alerts: sorted by fingerprint.
func (r *run) alertList() expr.Value {
	sorted := slices.SortedFunc(slices.Values(r.alerts), func(a, b contract.Alert) int {
		return strings.Compare(a.Fingerprint, b.Fingerprint)
	})
	items := make([]json.RawMessage, len(sorted))
	unknown := map[string]string{}
	for i, a := range sorted {
		v := a.Definition().Var().Value
		items[i] = v.JSON
		if why, ok := v.Unknown["node"]; ok {
			unknown[fmt.Sprintf("[%d].node", i)] = why
		}
	}
	list := known(items)
	list.Unknown = unknown
	return list
}

// known encodes a value of which every part is known.
func known(v any) expr.Value {
	raw, err := json.Marshal(v)
	if err != nil {
		return expr.Value{Unknown: map[string]string{"": err.Error()}}
	}
	return expr.Value{JSON: raw}
}

// condition evaluates a condition of the runbook.
func (r *run) condition(ctx workflow.Context, e definitions.Expr) (bool, error) {
	return expr.Holds(e.Source, r.names(ctx, e.Names))
}

// explain says in plain words what made a condition false or unknown.
func (r *run) explain(ctx workflow.Context, e definitions.Expr) string {
	return expr.Explain(e.Source, r.names(ctx, e.Names))
}

// input evaluates what a step gives to its action. An unknown value is an error: no
// action is called with a guess.
func (r *run) input(ctx workflow.Context, with []definitions.NamedArg) (expr.Value, error) {
	fields := make([]string, 0, len(with))
	for _, a := range with {
		raw, err := r.arg(ctx, a.Arg)
		if err != nil {
			return expr.Value{}, fmt.Errorf("%s: %w", a.Name, err)
		}
		key, err := json.Marshal(a.Name)
		if err != nil {
			return expr.Value{}, fmt.Errorf("%s: %w", a.Name, err)
		}
		fields = append(fields, string(key)+":"+string(raw))
	}
	return expr.Value{JSON: json.RawMessage("{" + strings.Join(fields, ",") + "}")}, nil
}

// arg evaluates one value to JSON.
func (r *run) arg(ctx workflow.Context, a definitions.Arg) (json.RawMessage, error) {
	switch {
	case a.Expr != nil:
		v, err := expr.Eval(a.Expr.Source, r.names(ctx, a.Expr.Names))
		return v.Value.JSON, err
	case a.Text != nil:
		var b strings.Builder
		for _, p := range a.Text {
			b.WriteString(p.Literal)
			if p.Expr == nil {
				continue
			}
			v, err := expr.Eval(p.Expr.Source, r.names(ctx, p.Expr.Names))
			if err != nil {
				return nil, err
			}
			b.WriteString(expr.Print(v))
		}
		return json.Marshal(b.String())
	case a.List != nil:
		items := make([]json.RawMessage, len(a.List))
		for i, item := range a.List {
			raw, err := r.arg(ctx, item)
			if err != nil {
				return nil, err
			}
			items[i] = raw
		}
		return json.Marshal(items)
	case a.Map != nil:
		v, err := r.input(ctx, a.Map)
		return v.JSON, err
	}
	return a.Literal.JSON, nil
}
