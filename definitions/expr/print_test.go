package expr

import "testing"

func TestPrint(t *testing.T) {
	for _, tc := range []struct {
		name string
		v    Var
		want string
	}{
		{"string", variable(Type{Kind: String}, `"a b"`, nil), "a b"},
		{"int", variable(Type{Kind: Int}, `42`, nil), "42"},
		{"whole double", variable(Type{Kind: Double}, `1000000`, nil), "1000000"},
		{"double", variable(Type{Kind: Double}, `0.25`, nil), "0.25"},
		{"small double", variable(Type{Kind: Double}, `0.00001`, nil), "1e-05"},
		{"bool", variable(Type{Kind: Bool}, `false`, nil), "false"},
		{"duration", variable(Type{Kind: Duration}, `"90s"`, nil), "1m30s"},
		{"timestamp", variable(Type{Kind: Timestamp}, `"2026-11-21T03:04:12+01:00"`, nil), "2026-11-21T02:04:12Z"},
		{"list", variable(ListOf(Type{Kind: String}), `["b","a"]`, nil), "b, a"},
		{"map", variable(MapOf(Type{Kind: Int}), `{"b":1,"a":2}`, nil), "a=2 b=1"},
		{"dynamic", variable(Type{Kind: Dynamic}, `{"b":[1,null],"a":{"c":true}}`, nil), "a={c=true} b=[1, null]"},
		{
			"object", variable(nodeType(), `{"address":"a:1","online":true}`, map[string]string{"role": "NOPERM"}),
			"address=a:1 role=unknown (NOPERM) online=true electable=unknown (not reported) lag_bytes=unknown (not reported)",
		},
		{"unknown", variable(Type{Kind: Int}, ``, map[string]string{"": "timeout"}), "unknown (timeout)"},
		{"unknown object", variable(nodeType(), ``, map[string]string{"": "timeout"}), "unknown (timeout)"},
		{"unknown dynamic", variable(Type{Kind: Dynamic}, ``, nil), "unknown (not reported)"},
		{"nothing said", variable(Type{Kind: Int}, `null`, nil), "unknown (not reported)"},
		{"a list with a hole", variable(ListOf(Type{Kind: Int}), `[1,null]`, map[string]string{"[1]": "timeout"}), "unknown (timeout)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Print(tc.v); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
