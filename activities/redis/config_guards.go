package redis

import (
	"context"
	"fmt"
	"strconv"

	goredis "github.com/redis/go-redis/v9"

	"redress/activities"
	"redress/activities/redis/info"
)

// checkCeiling refuses what passes the target's ceiling, or has none to be held against.
func (s setting) checkCeiling() error {
	if s.limitKey == "" {
		return nil
	}
	if s.limit == 0 {
		return activities.Refuse("Target %s sets no ceiling for %s: set %s under the target in redress.yaml.", s.target.Name, s.param, s.limitKey)
	}
	if n, err := strconv.ParseInt(s.value, 10, 64); err != nil || n > s.limit {
		return activities.Refuse("%s %s is above the ceiling of target %s: %s is %d.", s.param, s.value, s.target.Name, s.limitKey, s.limit)
	}
	return nil
}

// checkServer refuses a server that is not the one that was meant, or would be hurt.
func (s setting) checkServer(ctx context.Context, client *goredis.Client, addr, now string) error {
	if s.expect != "" && now != s.expect {
		return activities.Refuse("%s of %s is %s, not the expected %s: somebody changed it.", s.param, addr, now, s.expect)
	}
	reply, err := client.Info(ctx).Result()
	if err != nil {
		return fmt.Errorf("ask %s for its state: %w", addr, Explain(err))
	}
	i := info.Parse(reply)
	role := RoleOf(i)
	loading := i.Flag("loading")
	switch {
	case s.node == "" && !activities.Is(role, info.Master):
		return activities.Refuse("%s should be the master of %s, but does not say so: its role is %s.", addr, s.target.Name, describe(role))
	case !activities.Is(loading, false):
		return activities.Refuse("%s is loading its data, or does not tell: loading is %s.", addr, describe(loading))
	}
	switch s.param {
	case maxMemory:
		return s.checkAtLeast(addr, i.Count("used_memory"), "bytes are used: keys would be evicted or writes refused at once")
	case maxClients:
		return s.checkAtLeast(addr, i.Count("connected_clients"), "clients are connected: new ones would be refused at once")
	default:
		return nil
	}
}

func (s setting) checkAtLeast(addr string, used activities.Maybe[int64], what string) error {
	least, known := used.Get()
	n, err := strconv.ParseInt(s.value, 10, 64)
	if !known || err != nil {
		return activities.Refuse("Whether %s %s is enough for %s cannot be told: %s.", s.param, s.value, addr, used.Why())
	}
	if n < least {
		return activities.Refuse("%s %d is too low for %s: %d %s.", s.param, n, addr, least, what)
	}
	return nil
}

// describe writes a field for people, with the reason when it is unknown.
func describe[T any](m activities.Maybe[T]) string {
	v, known := m.Get()
	if !known {
		return fmt.Sprintf("unknown (%s)", m.Why())
	}
	return fmt.Sprint(v)
}
