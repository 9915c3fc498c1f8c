package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestExpressionsAreBounded(t *testing.T) {
	for name, source := range map[string]string{
		"length":   strings.Repeat("1 + ", maxLength/4) + "1",
		"nesting":  strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200),
		"negation": strings.Repeat("[", 500) + strings.Repeat("]", 500),
		"nodes":    "[" + strings.Repeat("has(a.b.c.d.e.f.g),", 200) + "1]",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := testEnv(t).Check(source)
			var errs Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %v, want Errors", err)
			}
			if name != "nodes" && errs[0].Code != CodeCost {
				t.Errorf("got %v, want the code %s", errs[0], CodeCost)
			}
			if _, err := Eval(source, nil); err == nil {
				t.Error("it was evaluated")
			}
		})
	}
}

// The most expensive evaluations that the limits allow end soon.
func TestCostLimit(t *testing.T) {
	elements := make([]string, 1000)
	for i := range elements {
		elements[i] = fmt.Sprint(i)
	}
	s := Scope{"xs": variable(ListOf(Type{Kind: Int}), "["+strings.Join(elements, ",")+"]", nil)}
	for name, source := range map[string]string{
		"loops":      `xs.all(x, xs.all(y, xs.all(z, x + y + z >= 0)))`,
		"lists":      `xs.map(x, xs.map(y, [x, y, xs]))`,
		"text":       `"` + strings.Repeat("a", 500) + `"` + strings.Repeat(`.replace("a", "`+strings.Repeat("a", 100)+`")`, 20),
		"joins":      `xs.map(x, xs.map(y, string(y)).join(",")).join(",").matches("(a|b|[0-9,]*)*$")`,
		"sorting":    `lists.range(10000).sort().distinct()`,
		"nesting":    `[1]` + strings.Repeat(`.map(x, [x, x])`, 40),
		"comparison": `[[1]` + strings.Repeat(`.map(x, [x, x])`, 14) + `].all(a, xs.all(x, a == a))`,
		"sets":       `sets.contains(xs + xs + xs, xs + xs)`,
		"format":     `["` + strings.Repeat("a", 1000) + `"].map(s, "%s".format([xs.map(x, s)]))`,
		"join":       `["` + strings.Repeat("a", 1000) + `"].map(s, xs.map(x, s + s).join(s))`,
		"doubling":   `["aaaaaaaa"]` + strings.Repeat(`.map(s, s + s)`, 40),
		"lists too":  `[[1]]` + strings.Repeat(`.map(s, s + s)`, 40),
		"output":     `xs.map(x, xs)`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Eval(source, s)
			if err == nil || !strings.Contains(err.Error(), "stopped after 100000 steps") && !strings.Contains(err.Error(), "too large") {
				t.Errorf("got %v, want a limit", err)
			}
			// Far above what it takes (tens of milliseconds), for slow machines.
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// What runbooks write on the largest estates is far from the limit.
func TestCostLimitLeavesRoom(t *testing.T) {
	nodes := make([]map[string]any, 1000)
	for i := range nodes {
		nodes[i] = map[string]any{"address": fmt.Sprintf("10.0.%d.%d:6379", i/250, i%250), "role": "replica", "online": true, "lag_bytes": i}
	}
	data, err := json.Marshal(map[string]any{"epoch": 1, "replicas": nodes})
	if err != nil {
		t.Fatal(err)
	}
	s := Scope{"before": variable(topologyType(), string(data), nil)}
	for _, source := range []string{
		`before.replicas.all(r, r.online && r.role == "replica" && r.lag_bytes < 2000)`,
		`before.replicas.filter(r, r.online).size() == 1000`,
		`before.replicas.map(r, r.address).distinct().size() == 1000`,
		`[before.replicas.map(r, r.address)].all(all, all.all(a, a in all))`,
	} {
		if held, err := Holds(source, s); err != nil || !held {
			t.Errorf("%s: got %t, %v", source, held, err)
		}
	}
}

func BenchmarkHolds(b *testing.B) {
	s := scope()
	for b.Loop() {
		if _, err := Holds(`before.master.online && before.replicas.exists(r, r.online) && labels.env != "lab"`, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	s := scope()
	for b.Loop() {
		Explain(`!before.master.online && before.replicas.exists(r, r.online) && labels.env != "lab"`, s)
	}
}

func BenchmarkNewEnv(b *testing.B) {
	for b.Loop() {
		testEnv(b)
	}
}

func BenchmarkCheck(b *testing.B) {
	env := testEnv(b)
	for b.Loop() {
		if _, err := env.Check(`before.master.online && before.replicas.exists(r, r.role == "master")`); err != nil {
			b.Fatal(err)
		}
	}
}
