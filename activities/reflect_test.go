package activities_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/activities"
	"redress/definitions"
	"redress/definitions/expr"
)

type role string

func (role) Enum() []string { return []string{"master", "replica"} }

type node struct {
	Address string                                     `json:"address" doc:"host:port"`
	Role    activities.Maybe[role]                     `json:"role,omitzero" doc:"what it says it is"`
	Lag     activities.Maybe[int64]                    `json:"lag,omitzero" doc:"in bytes"`
	Links   activities.Maybe[[]activities.Maybe[bool]] `json:"links,omitzero" doc:"of its replicas"`
}

type common struct {
	At time.Time `json:"at" doc:"when"`
}

type everything struct {
	common
	Master  node                 `json:"master" doc:"the master"`
	Nodes   []node               `json:"nodes" doc:"all of them"`
	ByName  map[string]node      `json:"by_name,omitempty" doc:"by name"`
	Took    definitions.Duration `json:"took" doc:"how long it took"`
	Ratio   float64              `json:"ratio" doc:"of something"`
	Maybe   *int                 `json:"maybe,omitempty" doc:"a number, where there is one"`
	Raw     json.RawMessage      `json:"raw,omitempty" doc:"as it came"`
	Any     any                  `json:"any,omitempty" doc:"anything"`
	Hidden  string               `json:"-"`
	private string
}

func typeOf[T any](t *testing.T) expr.Type {
	t.Helper()
	a := activities.Read(activities.Spec{Name: "x.y", Summary: "s"}, func(context.Context, activities.Call, struct{}) (T, error) {
		var out T
		return out, nil
	})
	if _, err := activities.NewRegistry(a); err != nil {
		t.Fatal(err)
	}
	if got := a.Type(); got.Name != "x.y" || got.Effect != definitions.Read || got.Summary != "s" {
		t.Errorf("type %+v", got)
	}
	return a.Type().Output
}

func TestTypes(t *testing.T) {
	t.Parallel()
	kind := func(k expr.Kind) expr.Type { return expr.Type{Kind: k} }
	object := expr.Type{Kind: expr.Object, Fields: []expr.Field{
		{Name: "address", Type: kind(expr.String), Doc: "host:port"},
		{Name: "role", Type: expr.Type{Kind: expr.String, Enum: []string{"master", "replica"}}, Optional: true, Doc: "what it says it is"},
		{Name: "lag", Type: kind(expr.Int), Optional: true, Doc: "in bytes"},
		{Name: "links", Type: expr.ListOf(kind(expr.Bool)), Optional: true, Doc: "of its replicas"},
	}}
	want := expr.Type{Kind: expr.Object, Fields: []expr.Field{
		{Name: "at", Type: kind(expr.Timestamp), Doc: "when"},
		{Name: "master", Type: object, Doc: "the master"},
		{Name: "nodes", Type: expr.ListOf(object), Doc: "all of them"},
		{Name: "by_name", Type: expr.MapOf(object), Optional: true, Doc: "by name"},
		{Name: "took", Type: kind(expr.Duration), Doc: "how long it took"},
		{Name: "ratio", Type: kind(expr.Double), Doc: "of something"},
		{Name: "maybe", Type: kind(expr.Int), Optional: true, Doc: "a number, where there is one"},
		{Name: "raw", Type: kind(expr.Dynamic), Optional: true, Doc: "as it came"},
		{Name: "any", Type: kind(expr.Dynamic), Optional: true, Doc: "anything"},
	}}
	if diff := cmp.Diff(want, typeOf[everything](t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	three := 3
	for name, c := range map[string]struct {
		out     any
		json    string
		unknown map[string]string
	}{
		"all known": {
			node{Address: "a:1", Role: activities.Known(role("master")), Lag: activities.Known[int64](0), Links: activities.Known([]activities.Maybe[bool]{activities.Known(false)})},
			`{"address":"a:1","role":"master","lag":0,"links":[false]}`, nil,
		},
		"nothing known": {
			node{Lag: activities.Unknown[int64]("no answer")},
			`{"address":""}`,
			map[string]string{"role": "not reported", "lag": "no answer", "links": "not reported"},
		},
		"a known list of unknowns": {
			node{Role: activities.Known(role("replica")), Lag: activities.Known[int64](1), Links: activities.Known([]activities.Maybe[bool]{activities.Known(true), activities.Unknown[bool]("away")})},
			`{"address":"","role":"replica","lag":1,"links":[true,null]}`,
			map[string]string{"links[1]": "away"},
		},
		"inside of objects, lists, maps and pointers": {
			everything{
				Master: node{Role: activities.Known(role("master")), Lag: activities.Known[int64](0), Links: activities.Unknown[[]activities.Maybe[bool]]("m")},
				Nodes:  []node{{Role: activities.Known(role("master")), Lag: activities.Unknown[int64]("n"), Links: activities.Known[[]activities.Maybe[bool]](nil)}},
				ByName: map[string]node{"x": {Role: activities.Unknown[role]("b"), Lag: activities.Known[int64](2), Links: activities.Known[[]activities.Maybe[bool]](nil)}},
				Maybe:  &three, Raw: json.RawMessage(`{"a":1}`), Any: []string{"z"}, Hidden: "h", private: "p", Took: definitions.Duration(90 * time.Second),
			},
			`{"at":"0001-01-01T00:00:00Z","master":{"address":"","role":"master","lag":0},"nodes":[{"address":"","role":"master","links":null}],` +
				`"by_name":{"x":{"address":"","lag":2,"links":null}},"took":"1m30s","ratio":0,"maybe":3,"raw":{"a":1},"any":["z"]}`,
			map[string]string{"master.links": "m", "nodes[0].lag": "n", "by_name.x.role": "b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := activities.Encode(c.out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expr.Value{JSON: json.RawMessage(c.json), Unknown: c.unknown}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, err := activities.Encode(struct{ N float64 }{math.NaN()}); err == nil {
		t.Error("NaN was encoded")
	}
}

// What Encode wrote is what conditions read, with the reason for each unknown place.
func TestEncodedIsRead(t *testing.T) {
	t.Parallel()
	v, err := activities.Encode(everything{
		ByName: map[string]node{"x": {Role: activities.Unknown[role]("no answer")}}, Nodes: []node{{Lag: activities.Unknown[int64]("away")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	scope := expr.Scope{"r": {Type: typeOf[everything](t), Value: v}}
	for source, want := range map[string]string{
		`r.by_name.x.role == "master"`: "r.by_name.x.role is unknown: no answer",
		`r.nodes[0].lag > 0`:           "r.nodes[0].lag is unknown: away",
	} {
		if _, err := expr.Holds(source, scope); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	if holds, err := expr.Holds(`!has(r.nodes[0].lag) && r.took == duration("0s")`, scope); err != nil || !holds {
		t.Errorf("%t, %v", holds, err)
	}
}

func TestRegistryRefuses(t *testing.T) {
	t.Parallel()
	define := func(name string) activities.Action {
		return activities.Read(activities.Spec{Name: name}, func(context.Context, activities.Call, lookInput) (lookOutput, error) { return lookOutput{}, nil })
	}
	for name, c := range map[string]struct {
		actions []activities.Action
		want    string
	}{
		"twice":        {[]activities.Action{define("a.b"), define("a.b")}, "action a.b is defined twice"},
		"no struct":    {[]activities.Action{bad[int]()}, "action a.b: int is no struct"},
		"no json name": {[]activities.Action{bad[struct{ N int }]()}, ".N has no json name"},
		"no doc": {[]activities.Action{bad[struct {
			N int `json:"n"`
		}]()}, ".N has no doc tag"},
		"zero written for unknown": {[]activities.Action{bad[struct {
			N activities.Maybe[int] `json:"n" doc:"d"`
		}]()}, ".N may be unknown and needs omitzero"},
		"a map by number": {[]activities.Action{bad[struct {
			N map[int]string `json:"n" doc:"d"`
		}]()}, "map keys must be strings"},
		"a channel": {[]activities.Action{bad[struct {
			N chan int `json:"n" doc:"d"`
		}]()}, "chan int cannot be described to runbooks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := activities.NewRegistry(c.actions...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	reg, err := activities.NewRegistry(define("c.d"), define("a.b"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.b", "c.d"}, reg.ActionNames()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, ok := reg.ActionType("x.y"); ok {
		t.Error("the registry has the type of an action that it has not")
	}
}

func bad[Out any]() activities.Action {
	return activities.Read(activities.Spec{Name: "a.b"}, func(context.Context, activities.Call, lookInput) (Out, error) {
		var out Out
		return out, nil
	})
}

func TestMaybe(t *testing.T) {
	t.Parallel()
	var zero activities.Maybe[int]
	if v, ok := zero.Get(); ok || v != 0 || zero.Why() != "not reported" || activities.Is(zero, 0) || !zero.IsZero() {
		t.Errorf("the zero value is %+v", zero)
	}
	known := activities.Known(0)
	if v, ok := known.Get(); !ok || v != 0 || known.Why() != "" || !activities.Is(known, 0) || activities.Is(known, 1) || known.IsZero() {
		t.Errorf("a known 0 is %+v", known)
	}
	var got struct {
		A, B, C activities.Maybe[int]
	}
	if err := json.Unmarshal([]byte(`{"A": 0, "B": null}`), &got); err != nil {
		t.Fatal(err)
	}
	if _, ok := got.A.Get(); !ok {
		t.Error("0 reads as unknown")
	}
	for _, m := range []activities.Maybe[int]{got.B, got.C} {
		if _, ok := m.Get(); ok {
			t.Error("null, or nothing, reads as known")
		}
	}
	if err := json.Unmarshal([]byte(`{"A": "x"}`), &got); err == nil {
		t.Error("text reads as a number")
	}
}
