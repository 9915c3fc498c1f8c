package info

import (
	"testing"

	"redress/activities"
)

func TestParseRole(t *testing.T) {
	t.Parallel()
	master, err := ParseRole([]any{"master", int64(3129659), []any{[]any{"127.0.0.1", "9001", "3129242"}}})
	if err != nil || master.Role != Master || !activities.Is(master.Offset, 3129659) || master.Master != "" {
		t.Errorf("master: %+v, %v", master, err)
	}
	replica, err := ParseRole([]any{"slave", "::1", int64(9000), "connected", int64(3167038)})
	if err != nil || replica.Role != Following || replica.Master != "[::1]:9000" || replica.Link != "connected" || !activities.Is(replica.Offset, 3167038) {
		t.Errorf("replica: %+v, %v", replica, err)
	}
	fresh, err := ParseRole([]any{"slave", "10.0.0.1", int64(9000), "connect", int64(-1)})
	if err != nil || !fresh.Offset.IsZero() {
		t.Errorf("replica that never synced: %+v, %v", fresh, err)
	}
}

func TestParseRoleRefuses(t *testing.T) {
	t.Parallel()
	for want, reply := range map[string]any{
		"read the reply of ROLE: it is string, not a list":           "master",
		"read the reply of ROLE: it is <nil>, not a list":            nil,
		"read the reply of ROLE: a master without an offset":         []any{"master"},
		"read the reply of ROLE: a replica without a master":         []any{"slave", "10.0.0.1"},
		"read the reply of ROLE: the replica's master is no address": []any{"slave", "10.0.0.1", "x", "connected", int64(1)},
		"a Sentinel answers there, not a Redis server":               []any{"sentinel", []any{"mymaster"}},
		`read the reply of ROLE: unknown role "boss"`:                []any{"boss"},
		"read the reply of ROLE: unknown role \"1\"":                 []any{int64(1)},
	} {
		if _, err := ParseRole(reply); err == nil || err.Error() != want {
			t.Errorf("ParseRole(%v): %v, want %s", reply, err, want)
		}
	}
}

func FuzzParseRole(f *testing.F) {
	f.Add("slave", "10.0.0.1", "6379", "connected", int64(5))
	f.Add("master", "", "", "", int64(-1))
	f.Fuzz(func(t *testing.T, role, host, port, link string, offset int64) {
		p, err := ParseRole([]any{role, host, port, link, offset})
		if err == nil && p.Role == Following && p.Master == "" {
			t.Error("a replica of nobody")
		}
		if n, known := p.Offset.Get(); known && n < 0 {
			t.Errorf("offset %d", n)
		}
	})
}
