// Package info reads what Redis reports about itself: the text of INFO and the reply
// of ROLE. It is pure: it does no input or output, and imports no Redis client.
//
// What is not reported, or not understood, is unknown with the reason; it is never
// zero, since a zero would pass for a fact.
package info

import (
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"redress/activities"
	"redress/definitions"
)

// Info is a parsed reply of INFO. The zero value reports nothing.
type Info struct {
	fields map[string]string
	// order keeps the numbered lines (slave0, slave1, …) as the server listed them.
	order []string
	why   string
}

// Missing is the Info of a server that gave none, with the reason.
func Missing(why string) Info { return Info{why: why} }

// Parse reads the text of INFO (https://redis.io/docs/latest/commands/info/). Lines
// that are no `name:value` are skipped; of a repeated name the first one counts.
func Parse(text string) Info {
	i := Info{fields: map[string]string{}}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if _, double := i.fields[name]; double {
			continue
		}
		i.fields[name] = value
		i.order = append(i.order, name)
	}
	return i
}

// Has reports whether the server reported the field.
func (i Info) Has(name string) bool {
	_, ok := i.fields[name]
	return ok
}

// Text returns a field as it stands.
func (i Info) Text(name string) activities.Maybe[string] {
	v, ok := i.fields[name]
	if !ok {
		return activities.Unknown[string](i.absent(name))
	}
	return activities.Known(v)
}

// Int returns a whole number.
func (i Info) Int(name string) activities.Maybe[int64] {
	return read(i, name, func(s string) (int64, bool) {
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	})
}

// Count returns a whole number of which the server uses negative values for "never"
// or "does not apply"; those are unknown.
func (i Info) Count(name string) activities.Maybe[int64] {
	return read(i, name, func(s string) (int64, bool) {
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil && n >= 0
	})
}

// Float returns a finite number; a trailing % is cut off.
func (i Info) Float(name string) activities.Maybe[float64] {
	return read(i, name, func(s string) (float64, bool) {
		f, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	})
}

// Flag returns a field that is 0 or 1.
func (i Info) Flag(name string) activities.Maybe[bool] {
	return i.Word(name, "1", "0")
}

// Word returns a field of two words: whether it is yes, unknown if it is neither.
func (i Info) Word(name, yes, no string) activities.Maybe[bool] {
	return read(i, name, func(s string) (bool, bool) { return s == yes, s == yes || s == no })
}

// Seconds returns a length of time that the server counts in whole seconds. Negative
// ones mean "never" or "does not apply", and are unknown.
func (i Info) Seconds(name string) activities.Maybe[definitions.Duration] {
	return read(i, name, func(s string) (definitions.Duration, bool) {
		n, err := strconv.ParseInt(s, 10, 64)
		ok := err == nil && n >= 0 && n <= math.MaxInt64/int64(time.Second)
		return definitions.Duration(n) * definitions.Duration(time.Second), ok
	})
}

// maxUnix is 9999-12-31, the last day that RFC 3339 can write.
const maxUnix = 253402300799

// Unix returns a point in time that the server gives in seconds since 1970; 0 means
// "never" and is unknown.
func (i Info) Unix(name string) activities.Maybe[time.Time] {
	return read(i, name, func(s string) (time.Time, bool) {
		n, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(n, 0).UTC(), err == nil && n > 0 && n <= maxUnix
	})
}

// Replica is what a master says about one of its replicas (the slaveN lines).
type Replica struct {
	Address string // host:port, as the replica announces itself
	State   string // wait_bgsave, send_bulk, online, …
	Offset  activities.Maybe[int64]
	Lag     activities.Maybe[definitions.Duration] // since its last acknowledgement, in whole seconds
}

// Replicas returns the replicas that the server lists, in its order. A line without
// an address is left out: nothing can be said about nobody.
func (i Info) Replicas() []Replica {
	var list []Replica
	for _, name := range i.order {
		number, ok := strings.CutPrefix(name, "slave")
		if _, err := strconv.ParseUint(number, 10, 32); !ok || err != nil {
			continue
		}
		line := commaFields(i.fields[name])
		if !line.Has("ip") || !line.Has("port") {
			continue
		}
		list = append(list, Replica{
			Address: net.JoinHostPort(line.fields["ip"], line.fields["port"]),
			State:   line.fields["state"],
			Offset:  line.Count("offset"),
			Lag:     line.Seconds("lag"),
		})
	}
	return list
}

// Errors returns how often the server answered with each error, by the error's first
// word (the errorstat_ lines, from Redis 6.2 on).
func (i Info) Errors() activities.Maybe[map[string]int64] {
	if !i.Has("total_error_replies") {
		return activities.Unknown[map[string]int64](i.absent("errorstat"))
	}
	counts := map[string]int64{}
	for name, value := range i.fields {
		word, ok := strings.CutPrefix(name, "errorstat_")
		if !ok {
			continue
		}
		if n, known := commaFields(value).Count("count").Get(); known {
			counts[word] = n
		}
	}
	return activities.Known(counts)
}

// Keys returns how many keys all databases hold together (the dbN lines).
func (i Info) Keys() activities.Maybe[int64] {
	if len(i.fields) == 0 {
		return activities.Unknown[int64](i.absent("keyspace"))
	}
	var sum int64
	for name, value := range i.fields {
		number, ok := strings.CutPrefix(name, "db")
		if _, err := strconv.ParseUint(number, 10, 32); !ok || err != nil {
			continue
		}
		n, known := commaFields(value).Count("keys").Get()
		if !known || sum > math.MaxInt64-n {
			return activities.Unknown[int64](fmt.Sprintf("INFO reports %s as %q", name, value))
		}
		sum += n
	}
	return activities.Known(sum)
}

func (i Info) absent(name string) string {
	if i.why != "" {
		return i.why
	}
	return "INFO does not report " + name
}

func read[T any](i Info, name string, parse func(string) (T, bool)) activities.Maybe[T] {
	text, ok := i.fields[name]
	if !ok {
		return activities.Unknown[T](i.absent(name))
	}
	v, ok := parse(text)
	if !ok {
		return activities.Unknown[T](fmt.Sprintf("INFO reports %s as %q", name, text))
	}
	return activities.Known(v)
}

// commaFields reads the value of a line that holds several: `ip=::1,port=6379`.
func commaFields(value string) Info {
	i := Info{fields: map[string]string{}}
	for part := range strings.SplitSeq(value, ",") {
		if name, v, ok := strings.Cut(part, "="); ok {
			i.fields[name] = v
		}
	}
	return i
}
