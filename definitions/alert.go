package definitions

import (
	"net/url"
	"strings"
	"time"

	"redress/definitions/expr"
)

// Alert is what matching looks at: one alert as Alertmanager reports it.
type Alert struct {
	Fingerprint string            `json:"fingerprint"`
	Status      string            `json:"status"` // "firing" or "resolved"
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"starts_at"`
}

// exporterPort is where redis_exporter listens by default. An instance with this port
// is the exporter, not the Redis that it asks.
const exporterPort = "9121"

// Node returns the address host:port of the Redis that the alert is about, from its
// label addr or else instance; "" where neither gives one.
func (a Alert) Node() string {
	for _, label := range []string{"addr", "instance"} {
		value := a.Labels[label]
		if !strings.Contains(value, "://") {
			value = "redis://" + value
		}
		u, err := url.Parse(value)
		if err == nil && u.Hostname() != "" && u.Port() != "" && u.Port() != exporterPort {
			return u.Host
		}
	}
	return ""
}

// Var returns the alert as a variable of expressions: its fields in JSON, and the
// field node, which is unknown where the labels name no address.
func (a Alert) Var() expr.Var {
	node := a.Node()
	fields := struct {
		Alert
		Node string `json:"node,omitempty"`
	}{a, node}
	fields.Labels, fields.Annotations = orEmpty(a.Labels), orEmpty(a.Annotations)
	v := expr.Var{Type: alertType(), Value: literal(fields)}
	if node == "" {
		v.Value.Unknown = map[string]string{"node": "the alert's labels addr and instance name no Redis address"}
	}
	return v
}

// LabelsVar returns a set of labels as a variable of expressions, in which a missing
// label reads as "".
func LabelsVar(labels map[string]string) expr.Var {
	return expr.Var{Type: labelsType(), Value: literal(orEmpty(labels))}
}

// AlertVars returns the scope of the key `when`: alert, labels and target. Other
// variables do not exist before there is a run.
func AlertVars(a Alert, target map[string]string, targetName string) expr.Scope {
	return expr.Scope{
		"alert":  a.Var(),
		"labels": LabelsVar(a.Labels),
		"target": TargetVar(targetName, target),
	}
}

// TargetVar returns a target as a variable of expressions.
func TargetVar(name string, labels map[string]string) expr.Var {
	return expr.Var{Type: targetType(), Value: literal(map[string]any{"name": name, "labels": orEmpty(labels)})}
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
