package expr

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read the golden file (write it with -update): %v", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func nodeType() Type {
	return Type{Kind: Object, Fields: []Field{
		{Name: "address", Type: Type{Kind: String}},
		{Name: "role", Type: Type{Kind: String, Enum: []string{"master", "replica", "sentinel"}}, Optional: true},
		{Name: "online", Type: Type{Kind: Bool}, Optional: true},
		{Name: "electable", Type: Type{Kind: Bool}, Optional: true},
		{Name: "lag_bytes", Type: Type{Kind: Int}, Optional: true},
	}}
}

func topologyType() Type {
	return Type{Kind: Object, Fields: []Field{
		{Name: "epoch", Type: Type{Kind: Int}},
		{Name: "used", Type: Type{Kind: Double}, Optional: true},
		{Name: "down_after", Type: Type{Kind: Duration}, Optional: true},
		{Name: "seen", Type: Type{Kind: Timestamp}, Optional: true},
		{Name: "master", Type: nodeType(), Optional: true},
		{Name: "replicas", Type: ListOf(nodeType()), Optional: true},
		{Name: "codes", Type: ListOf(Type{Kind: String, Enum: []string{"oom", "aof_failed"}}), Optional: true},
		{Name: "config", Type: MapOf(Type{Kind: String}), Optional: true},
		{Name: "counts", Type: MapOf(Type{Kind: Int}), Optional: true},
		{Name: "tilt", Type: Type{Kind: Bool}, Optional: true},
	}}
}

func variables() []Decl {
	return []Decl{
		{"before", topologyType()},
		{"stuck", topologyType()},
		{"labels", MapOf(Type{Kind: String})},
		{"now", Type{Kind: Timestamp}},
		{"body", Type{Kind: Dynamic}},
		{"count", Type{Kind: Int}},
	}
}

func variable(t Type, data string, unknown map[string]string) Var {
	return Var{Type: t, Value: Value{JSON: json.RawMessage(data), Unknown: unknown}}
}

// scope is what the tests evaluate over: before is a result with holes, stuck is unknown as a whole.
func scope() Scope {
	before := variable(topologyType(), `{
		"epoch": 3, "used": 0, "tilt": false,
		"seen": "2026-11-21T03:04:12+01:00",
		"master": {"address": "10.0.0.1:6379", "online": true, "role": "master"},
		"replicas": [
			{"address": "10.0.0.2:6379", "role": "replica", "online": true, "electable": false, "lag_bytes": 0},
			{"address": "10.0.0.3:6379", "role": "replica", "online": false, "electable": false},
			{"address": "10.0.0.4:6379", "online": true}
		],
		"codes": ["oom"],
		"config": {"maxmemory": "1gb", "appendonly": "no"},
		"counts": {"b": 2, "a": 1}
	}`, map[string]string{
		"master.role":           "NOPERM",
		"replicas[2].electable": "timeout",
		"replicas[1].lag_bytes": "connection refused",
		"down_after":            "no Sentinel answered",
		"config.save":           "cut off",
	})
	return Scope{
		"before": before,
		"stuck":  variable(topologyType(), ``, map[string]string{"": "connection refused"}),
		"labels": variable(MapOf(Type{Kind: String}), `{"env": "prod", "cluster": "cache"}`, nil),
		"now":    variable(Type{Kind: Timestamp}, `"2026-11-21T12:30:00Z"`, nil),
		"body":   variable(Type{Kind: Dynamic}, `{"data": {"n": 5, "f": 2.0, "none": null, "list": [1, "a"]}}`, nil),
		"count":  variable(Type{Kind: Int}, `7`, nil),
	}
}

// fromFile returns the expressions of a file under testdata: one per line, # comments.
func fromFile(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			sources = append(sources, strings.ReplaceAll(line, `\n`, "\n"))
		}
	}
	return sources
}
