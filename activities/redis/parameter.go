package redis

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Parameter is a parameter that redis.config_set may set. What can lose data, lock
// people out or weaken Redis's own protections is not among them.
type Parameter string

// The parameters (https://redis.io/docs/latest/operate/oss_and_stack/management/config-file/).
const (
	maxMemory         Parameter = "maxmemory"
	maxClients        Parameter = "maxclients"
	idleTimeout       Parameter = "timeout"
	tcpKeepalive      Parameter = "tcp-keepalive"
	maxMemoryClients  Parameter = "maxmemory-clients"
	outputBufferLimit Parameter = "client-output-buffer-limit"
	replBacklogSize   Parameter = "repl-backlog-size"
	slowlogSlowerThan Parameter = "slowlog-log-slower-than"
	slowlogMaxLen     Parameter = "slowlog-max-len"
	latencyThreshold  Parameter = "latency-monitor-threshold"
)

// Enum lists the parameters.
func (Parameter) Enum() []string {
	return []string{
		string(outputBufferLimit), string(latencyThreshold), string(maxClients), string(maxMemory), string(maxMemoryClients),
		string(replBacklogSize), string(slowlogSlowerThan), string(slowlogMaxLen), string(tcpKeepalive), string(idleTimeout),
	}
}

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// bounds of the parameters that are one number, inclusive. They keep a slip of the pen
// from doing harm; where the target has a ceiling of its own, that counts too.
var bounds = map[Parameter]struct{ min, max int64 }{
	maxMemory:         {mib, math.MaxInt64}, // 0 would mean no limit at all
	maxClients:        {1, math.MaxInt32},
	idleTimeout:       {0, 24 * 60 * 60},  // seconds; 0 = never
	tcpKeepalive:      {0, 60 * 60},       // seconds; 0 = off
	maxMemoryClients:  {0, math.MaxInt64}, // bytes; 0 = no limit; a percentage is checked apart
	replBacklogSize:   {16 * kib, gib},    // bytes; Redis's own minimum is 16 kB
	slowlogSlowerThan: {-1, 60_000_000},   // microseconds; -1 = off
	slowlogMaxLen:     {0, 100_000},       // entries
	latencyThreshold:  {0, 60_000},        // milliseconds; 0 = off
}

// sized are the parameters whose values may be written with a unit.
var sized = []Parameter{maxMemory, maxMemoryClients, replBacklogSize}

// text reads a value as a runbook gives it: a number, or text.
func text(raw json.RawMessage) (string, error) {
	var v any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("read the value: %w", err)
	}
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v), nil
	case json.Number:
		f, err := v.Float64()
		if _, isInt := v.Int64(); isInt != nil && err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return strconv.FormatInt(int64(f), 10), nil // 2147483648.0, from a ratio
		}
		return v.String(), nil
	default:
		return "", fmt.Errorf("the value is %T: give a number or a text", v)
	}
}

// canonical returns a value of the parameter as CONFIG GET answers it, so that what is
// wanted, expected and set can be compared.
func (p Parameter) canonical(value string) (string, error) {
	if !slices.Contains(p.Enum(), string(p)) {
		return "", fmt.Errorf("parameter %q is not one that may be set: choose one of %s", p, strings.Join(p.Enum(), ", "))
	}
	switch {
	case p == outputBufferLimit:
		l, err := parseBufferLimit(value)
		return l.String(), err
	case p == maxMemoryClients && strings.HasSuffix(value, "%"):
		n, err := strconv.ParseUint(strings.TrimSuffix(value, "%"), 10, 8)
		if err != nil || n < 1 || n > 100 {
			return "", fmt.Errorf("%s %q: a percentage is from 1%% to 100%%", p, value)
		}
		return fmt.Sprintf("%d%%", n), nil
	}
	number := func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }
	hint := "a whole number"
	if slices.Contains(sized, p) {
		number, hint = parseSize, "bytes, or a size like 512mb or 2GiB"
	}
	n, err := number(value)
	if err != nil {
		return "", fmt.Errorf("%s %q: give %s", p, value, hint)
	}
	return strconv.FormatInt(n, 10), nil
}

// allow tells why a value may not be set, canonical as it is; nil when it may.
func (p Parameter) allow(value string) error {
	b, isNumber := bounds[p]
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case !isNumber || err != nil:
		return nil //nolint:nilerr // canonical checked it
	case n < b.min || n > b.max:
		return fmt.Errorf("%s %d: give a number from %d to %d", p, n, b.min, b.max)
	case p == maxMemoryClients && n != 0 && n < mib:
		return fmt.Errorf("%s %d: give 0 (no limit), a percentage of maxmemory, or at least %d bytes", p, n, mib)
	}
	return nil
}

// reported picks from CONFIG GET's answer what canonical can be compared with: of the
// buffer limits, the class that value is about.
func (p Parameter) reported(answer, value string) (string, error) {
	if p != outputBufferLimit {
		return answer, nil
	}
	wanted, err := parseBufferLimit(value)
	if err != nil {
		return "", err
	}
	words := strings.Fields(answer)
	for len(words) >= 4 {
		l, err := parseBufferLimit(strings.Join(words[:4], " "))
		if err != nil {
			return "", fmt.Errorf("read the reported %s: %w", p, err)
		}
		if l.class == wanted.class {
			return l.String(), nil
		}
		words = words[4:]
	}
	return "", fmt.Errorf("the server reports no %s for %s", p, wanted.class)
}

// bufferLimit is client-output-buffer-limit of one class of clients.
type bufferLimit struct {
	class       string // normal, replica or pubsub
	hard, soft  int64  // bytes; 0 = no limit
	softSeconds int64
}

func (l bufferLimit) String() string {
	if l.class == "" {
		return ""
	}
	return fmt.Sprintf("%s %d %d %d", l.class, l.hard, l.soft, l.softSeconds)
}

var errBufferLimit = errors.New("give one class with its limits, like `replica 256mb 64mb 60`; classes are normal, replica and pubsub")

func parseBufferLimit(s string) (bufferLimit, error) {
	words := strings.Fields(s)
	if len(words) != 4 {
		return bufferLimit{}, fmt.Errorf("%s %q: %w", outputBufferLimit, s, errBufferLimit)
	}
	l := bufferLimit{class: words[0]}
	if l.class == "slave" {
		l.class = "replica"
	}
	var errs [3]error
	l.hard, errs[0] = parseSize(words[1])
	l.soft, errs[1] = parseSize(words[2])
	l.softSeconds, errs[2] = strconv.ParseInt(words[3], 10, 64)
	if errors.Join(errs[:]...) != nil || l.softSeconds < 0 || !slices.Contains([]string{"normal", "replica", "pubsub"}, l.class) {
		return bufferLimit{}, fmt.Errorf("%s %q: %w", outputBufferLimit, s, errBufferLimit)
	}
	return l, nil
}

// units of sizes: Redis's own (k = 1000, kb = 1024), and the binary ones.
var units = map[string]int64{
	"": 1, "b": 1, "k": 1000, "kb": kib, "kib": kib, "m": 1_000_000, "mb": mib, "mib": mib, "g": 1_000_000_000, "gb": gib, "gib": gib,
}

func parseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "BGIKMbgikm ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, err
	}
	unit, ok := units[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	if !ok || n < 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is no size", s)
	}
	return n * unit, nil
}
