package info

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"redress/activities"
)

// Role is what a server is in its replication group.
type Role string

// The roles. What Redis's replies call a slave is a replica here.
const (
	Master    Role = "master"
	Following Role = "replica"
)

// Enum lists the roles.
func (Role) Enum() []string { return []string{string(Master), string(Following)} }

// Position is where a server stands in its replication group, from its ROLE.
type Position struct {
	Role   Role
	Offset activities.Maybe[int64] // of the replication stream
	Master string                  // of a replica: host:port of its master
	Link   string                  // of a replica: connect, connecting, sync or connected
}

// ParseRole reads the reply of ROLE (https://redis.io/docs/latest/commands/role/). A
// Sentinel's reply is an error: whoever asks wants a server that holds data.
func ParseRole(reply any) (Position, error) {
	list, ok := reply.([]any)
	if !ok || len(list) == 0 {
		return Position{}, fmt.Errorf("read the reply of ROLE: it is %T, not a list", reply)
	}
	switch name, _ := list[0].(string); name {
	case "master":
		if len(list) < 2 {
			return Position{}, errors.New("read the reply of ROLE: a master without an offset")
		}
		return Position{Role: Master, Offset: offset(list[1])}, nil
	case "slave":
		if len(list) < 5 {
			return Position{}, errors.New("read the reply of ROLE: a replica without a master")
		}
		host, isText := list[1].(string)
		port, isNumber := integer(list[2])
		link, isWord := list[3].(string)
		if !isText || !isNumber || !isWord {
			return Position{}, errors.New("read the reply of ROLE: the replica's master is no address")
		}
		return Position{
			Role: Following, Offset: offset(list[4]), Link: link,
			Master: net.JoinHostPort(host, strconv.FormatInt(port, 10)),
		}, nil
	case "sentinel":
		return Position{}, errors.New("a Sentinel answers there, not a Redis server")
	default:
		return Position{}, fmt.Errorf("read the reply of ROLE: unknown role %q", fmt.Sprint(list[0]))
	}
}

// offset reads a replication offset; Redis gives -1 where there is none yet.
func offset(v any) activities.Maybe[int64] {
	n, ok := integer(v)
	if !ok || n < 0 {
		return activities.Unknown[int64]("ROLE reports no offset")
	}
	return activities.Known(n)
}

func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case string:
		parsed, err := strconv.ParseInt(n, 10, 64)
		return parsed, err == nil
	default:
		return 0, false
	}
}
