package expr

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEval(t *testing.T) {
	for _, tc := range []struct {
		source string
		want   string // JSON
		typ    Type
	}{
		{`before.epoch + 1`, `4`, Type{Kind: Int}},
		{`before.used`, `0.0`, Type{Kind: Double}},
		{`1.5 * 2.0`, `3.0`, Type{Kind: Double}},
		{`1e300`, `1e+300`, Type{Kind: Double}},
		{`2u`, `2`, Type{Kind: Int}},
		{`before.seen`, `"2026-11-21T02:04:12Z"`, Type{Kind: Timestamp}},
		{`now - before.seen`, `"10h25m48s"`, Type{Kind: Duration}},
		{`before.seen - now`, `"-10h25m48s"`, Type{Kind: Duration}},
		{`duration("1d") + duration("500ms")`, `"1d500ms"`, Type{Kind: Duration}},
		{`string(duration("90m"))`, `"1h30m"`, Type{Kind: String}},
		{`bytes("1GiB")`, `1073741824`, Type{Kind: Int}},
		{`ratio(before.epoch, 2)`, `1.5`, Type{Kind: Double}},
		{`ratio(1.0, 4)`, `0.25`, Type{Kind: Double}},
		{`before.epoch == 3.0 && before.epoch < 3.5`, `true`, Type{Kind: Bool}},
		{`null`, `null`, Type{Kind: Dynamic}},
		{`[]`, `[]`, ListOf(Type{Kind: Dynamic})},
		{`[1, 2.5]`, `[1,2.5]`, ListOf(Type{Kind: Double})},
		{`[1, "a"]`, `[1,"a"]`, ListOf(Type{Kind: Dynamic})},
		{`{"b": 1, "a": 2}`, `{"a":2,"b":1}`, MapOf(Type{Kind: Int})},
		{`before.counts`, `{"a":1,"b":2}`, MapOf(Type{Kind: Int})},
		{`before.counts.map(k, before.counts[k])`, `[1,2]`, ListOf(Type{Kind: Int})},
		{`{"z": 1, "b": 2}.map(k, k)`, `["b","z"]`, ListOf(Type{Kind: String})},
		{`{2: "b", 10: "c", 1: "a"}.map(k, k)`, `[1,2,10]`, ListOf(Type{Kind: Int})},
		{`labels == {"cluster": "cache", "env": "prod"}`, `true`, Type{Kind: Bool}},
		{`{"cluster": "cache", "env": "prod"} == labels`, `true`, Type{Kind: Bool}},
		{`{"cluster": "cache", "env": "lab"} == labels`, `false`, Type{Kind: Bool}},
		{`{"a": 1} == {"a": 1.0}`, `true`, Type{Kind: Bool}},
		{`labels.env`, `"prod"`, Type{Kind: String}},
		{`labels.missing`, `""`, Type{Kind: String}},
		{`labels["app.kubernetes.io/name"]`, `""`, Type{Kind: String}},
		{`"env" in labels`, `true`, Type{Kind: Bool}},
		{`"missing" in labels`, `false`, Type{Kind: Bool}},
		{`size(labels)`, `2`, Type{Kind: Int}},
		{`labels.exists(k, k == "env" && labels[k] == "prod")`, `true`, Type{Kind: Bool}},
		{`labels[?"missing"].orValue("none")`, `"none"`, Type{Kind: String}},
		{`before.?down_after.orValue(duration("5s"))`, `"5s"`, Type{Kind: Duration}},
		{`before.master.?role.orValue("?")`, `"?"`, Type{Kind: String}},
		{`optional.of(5)`, `5`, Type{Kind: Int}},
		{`before.replicas.filter(r, r.online).map(r, r.address)`, `["10.0.0.2:6379","10.0.0.4:6379"]`, ListOf(Type{Kind: String})},
		{`before.replicas[1].address`, `"10.0.0.3:6379"`, Type{Kind: String}},
		{`body.data.n + 1`, `6`, Type{Kind: Int}},
		{`body.data.f`, `2.0`, Type{Kind: Double}},
		{`body.data.none == null`, `true`, Type{Kind: Bool}},
		{`body.data.list[1]`, `"a"`, Type{Kind: String}},
		{`type(before.epoch) == int`, `true`, Type{Kind: Bool}},
		{`now.getHours("Europe/Berlin")`, `13`, Type{Kind: Int}},
		{`now.getHours("+05:30")`, `18`, Type{Kind: Int}},
		{`now.getDayOfWeek()`, `6`, Type{Kind: Int}},
		{`"%s is %d".format(["x", count])`, `"x is 7"`, Type{Kind: String}},
		{`["b", "a"].sort().join("-").upperAscii()`, `"A-B"`, Type{Kind: String}},
		{`math.greatest(1, 2)`, `2`, Type{Kind: Int}},
		{`sets.contains(["a", "b"], ["a"])`, `true`, Type{Kind: Bool}},
		{`before.codes.exists(c, c == "oom")`, `true`, Type{Kind: Bool}},
	} {
		t.Run(tc.source, func(t *testing.T) {
			got, err := Eval(tc.source, scope())
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Value.JSON) != tc.want {
				t.Errorf("got %s, want %s", got.Value.JSON, tc.want)
			}
			if diff := cmp.Diff(tc.typ, got.Type); diff != "" {
				t.Errorf("type (-want +got):\n%s", diff)
			}
		})
	}
}

// What is unknown stays unknown, with its reason, when a result is passed on.
func TestEvalCarriesUnknown(t *testing.T) {
	for _, tc := range []struct {
		source  string
		unknown map[string]string
	}{
		{`before.master`, map[string]string{"role": "NOPERM"}},
		{`before.replicas`, map[string]string{"[2].electable": "timeout", "[1].lag_bytes": "connection refused"}},
		{`before.replicas.filter(r, r.online)`, map[string]string{"[1].electable": "timeout"}},
		{`{"m": before.master}`, map[string]string{"m.role": "NOPERM"}},
		{`{"m": stuck.master}`, map[string]string{"m": "connection refused"}},
		{`before.config`, nil},
	} {
		t.Run(tc.source, func(t *testing.T) {
			got, err := Eval(tc.source, scope())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.unknown, got.Value.Unknown); diff != "" {
				t.Errorf("unknown (-want +got):\n%s", diff)
			}
		})
	}
	list, err := Eval(`before.replicas.filter(r, r.online)`, scope())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Eval(`list[1].electable`, Scope{"list": list})
	if want := "list[1].electable is unknown: timeout"; err == nil || err.Error() != want {
		t.Errorf("read on: %v, want %s", err, want)
	}
}

func TestUnknown(t *testing.T) {
	for _, tc := range []struct{ source, path, why string }{
		{`before.master.role == "master"`, "before.master.role", "NOPERM"}, // although the JSON has a value
		{`before.down_after`, "before.down_after", "no Sentinel answered"},
		{`before.replicas[2].role`, "before.replicas[2].role", "not reported"},
		{`before.replicas.exists(r, r.electable)`, "before.replicas[2].electable", "timeout"},
		{`before.replicas.all(r, r.lag_bytes >= 0)`, "before.replicas[1].lag_bytes", "connection refused"},
		{`before.replicas.map(r, r.lag_bytes)`, "before.replicas[1].lag_bytes", "connection refused"},
		{`stuck.master.role`, "stuck.master.role", "connection refused"},
		{`stuck.master`, "stuck.master", "connection refused"},
		{`stuck`, "stuck", "connection refused"},
		{`size(stuck.replicas)`, "stuck.replicas", "connection refused"},
		{`!stuck.tilt`, "stuck.tilt", "connection refused"},
		{`stuck.tilt && before.epoch == 3`, "stuck.tilt", "connection refused"},
		{`stuck.tilt || before.epoch == 4`, "stuck.tilt", "connection refused"},
		{`stuck.tilt ? 1 : 2`, "stuck.tilt", "connection refused"},
		{`before.master == stuck.master`, "stuck.master.address", "connection refused"},
		{`before.config.save`, "before.config.save", "cut off"},
		{`"save" in before.config`, "before.config.save", "cut off"},
		{`stuck.config.save`, "stuck.config", "connection refused"},
		{`body.data.missing`, "body.data.missing", "not reported"},
		{`ratio(3, 0)`, "ratio(3, 0)", "its divisor is 0"},
		{`ratio(3.5, 0.0)`, "ratio(3.5, 0)", "its divisor is 0"},
		{`optional.none()`, "the value", "the optional is empty"},
	} {
		t.Run(tc.source, func(t *testing.T) {
			got, err := Eval(tc.source, scope())
			var unknown *UnknownError
			if !errors.As(err, &unknown) {
				t.Fatalf("got %s, %v, want an UnknownError", got.Value.JSON, err)
			}
			if diff := cmp.Diff(&UnknownError{Path: tc.path, Why: tc.why}, unknown); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := tc.path + " is unknown: " + tc.why; err.Error() != want {
				t.Errorf("message %q, want %q", err, want)
			}
		})
	}
}

func TestHolds(t *testing.T) {
	for _, tc := range []struct {
		source string
		want   bool
	}{
		// has() is true for a real zero, and never an error.
		{`has(before.used)`, true},
		{`has(before.tilt)`, true},
		{`has(before.replicas[0].lag_bytes)`, true},
		{`has(before.down_after)`, false},
		{`has(before.master.role)`, false},
		{`has(stuck.master)`, false},
		{`has(stuck.master.role)`, false},
		{`has(stuck.config.save)`, false},
		{`has(before.config.save)`, false},
		{`has(before.config.maxmemory)`, true},
		{`has(labels.env)`, true},
		{`has(labels.missing)`, false},
		{`has(body.data.none)`, true},
		{`has(body.data.x)`, false},
		{`has(body.y.x)`, false},
		{`!has(stuck.tilt)`, true},
		// One operand may settle what the other does not know.
		{`stuck.tilt && before.epoch == 4`, false},
		{`before.epoch == 3 || stuck.tilt`, true},
		{`before.replicas.exists(r, r.lag_bytes == 0)`, true},
		{`before.replicas.all(r, !r.online)`, false},
		{`has(stuck.tilt) && stuck.tilt`, false},
		{`before.master == before.replicas[0]`, false}, // their addresses differ
	} {
		t.Run(tc.source, func(t *testing.T) {
			got, err := Holds(tc.source, scope())
			if err != nil || got != tc.want {
				t.Errorf("got %t, %v, want %t", got, err, tc.want)
			}
		})
	}
}

// The types of the scope rule, not those of today: a run that was started by another
// version goes on as it began.
func TestEvalUsesPinnedTypes(t *testing.T) {
	old := Type{Kind: Object, Fields: []Field{{Name: "reachable", Type: Type{Kind: String}}}}
	s := Scope{"result": variable(old, `{"reachable": "yes", "added_later": 1}`, nil)}
	if held, err := Holds(`result.reachable == "yes"`, s); err != nil || !held {
		t.Errorf("got %t, %v", held, err)
	}
	_, err := Eval(`result.added_later`, s)
	if want := `result.added_later: "added_later" is not a field of result`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestMapOrderNeverChanges(t *testing.T) {
	var entries, literal []string
	for i := range 100 {
		entries = append(entries, fmt.Sprintf(`"key%d": %d`, i*37%100, i))
		literal = append(literal, fmt.Sprintf(`"k%d":%d`, i*53%100, i))
	}
	s := Scope{"m": variable(MapOf(Type{Kind: Int}), "{"+strings.Join(entries, ",")+"}", nil)}
	source := `[m.map(k, k), {` + strings.Join(literal, ",") + `}.map(k, k), [string(m.filter(k, m[k] > 90)[0])]]`
	first, err := Eval(source, s)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(first.Value.JSON), `[["key0","key1","key10","key11"`) {
		t.Errorf("not in key order: %.60s", first.Value.JSON)
	}
	for range 1000 {
		again, err := Eval(source, s)
		if err != nil {
			t.Fatal(err)
		}
		if string(again.Value.JSON) != string(first.Value.JSON) {
			t.Fatalf("first %s\nthen %s", first.Value.JSON, again.Value.JSON)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	s := scope()
	s["broken"] = variable(Type{Kind: Int}, `{`, nil)
	s["wrong"] = variable(topologyType(), `{"epoch": "x", "down_after": "5 parsecs", "counts": {"a": 1.5}, "seen": "soon"}`, nil)
	var out strings.Builder
	for _, source := range fromFile(t, "eval-errors.txt") {
		v, err := Eval(source, s)
		if err == nil {
			t.Errorf("%s: no error, got %s", source, v.Value.JSON)
			continue
		}
		var unknown *UnknownError
		if errors.As(err, &unknown) {
			t.Errorf("%s: must not be unknown: %v", source, err)
		}
		fmt.Fprintf(&out, "%s\n\t%s\n", strings.ReplaceAll(source, "\n", `\n`), err)
	}
	golden(t, "eval-errors.golden", out.String())
}
