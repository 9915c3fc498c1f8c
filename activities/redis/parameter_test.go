package redis

import (
	"encoding/json"
	"testing"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		param     Parameter
		raw, want string
	}{
		{maxMemory, `2147483648`, "2147483648"},
		{maxMemory, `2147483648.0`, "2147483648"},
		{maxMemory, `"2GiB"`, "2147483648"},
		{maxMemory, `" 2gb "`, "2147483648"},
		{maxMemory, `"2g"`, "2000000000"},
		{maxMemoryClients, `"5%"`, "5%"},
		{maxMemoryClients, `0`, "0"},
		{slowlogSlowerThan, `-1`, "-1"},
		{idleTimeout, `"300"`, "300"},
		{outputBufferLimit, `"slave 256mb 64mb 60"`, "replica 268435456 67108864 60"},
	} {
		v, err := text(json.RawMessage(c.raw))
		if err != nil {
			t.Errorf("%s %s: %v", c.param, c.raw, err)
			continue
		}
		if got, err := c.param.canonical(v); err != nil || got != c.want {
			t.Errorf("%s %s: %q, %v, want %q", c.param, c.raw, got, err, c.want)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		param      Parameter
		value, err string
	}{
		{"requirepass", "x", `parameter "requirepass" is not one that may be set: choose one of client-output-buffer-limit, latency-monitor-threshold, maxclients, maxmemory, maxmemory-clients, repl-backlog-size, slowlog-log-slower-than, slowlog-max-len, tcp-keepalive, timeout`},
		{maxMemory, "0", "maxmemory 0: give a number from 1048576 to 9223372036854775807"},
		{maxMemory, "lots", `maxmemory "lots": give bytes, or a size like 512mb or 2GiB`},
		{maxMemory, "9000000000gb", `maxmemory "9000000000gb": give bytes, or a size like 512mb or 2GiB`},
		{maxMemory, "-1", `maxmemory "-1": give bytes, or a size like 512mb or 2GiB`},
		{idleTimeout, "1m", `timeout "1m": give a whole number`},
		{maxMemoryClients, "1", "maxmemory-clients 1: give 0 (no limit), a percentage of maxmemory, or at least 1048576 bytes"},
		{maxMemoryClients, "200%", `maxmemory-clients "200%": a percentage is from 1% to 100%`},
		{outputBufferLimit, "replica 1mb", "client-output-buffer-limit \"replica 1mb\": give one class with its limits, like `replica 256mb 64mb 60`; classes are normal, replica and pubsub"},
		{outputBufferLimit, "master 1mb 1mb 60", "client-output-buffer-limit \"master 1mb 1mb 60\": give one class with its limits, like `replica 256mb 64mb 60`; classes are normal, replica and pubsub"},
	} {
		canonical, err := c.param.canonical(c.value)
		if err == nil {
			err = c.param.allow(canonical)
		}
		wantError(t, err, c.err)
	}
	if _, err := text(json.RawMessage(`[1]`)); err == nil {
		t.Error("a list passes for a value")
	}
}
