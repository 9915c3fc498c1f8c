// Package sentinel holds the actions on Redis Sentinel: what the Sentinels and the
// servers they watch say, put together, and the failover.
//
// It asks every Sentinel and every server directly, and believes none of them alone.
// It imports nothing of the project but activities, its package redis, definitions
// and contract.
package sentinel

import (
	"fmt"

	"redress/activities"
	"redress/activities/redis"
)

// Actions returns the actions of this package.
func Actions(inv redis.Inventory) []activities.Action {
	return []activities.Action{TopologyOf(inv), Failover(inv)}
}

// lookup returns the target of that name, which must have Sentinels.
func lookup(inv redis.Inventory, name string) (redis.Target, error) {
	t, err := redis.Lookup(inv, name)
	if err != nil {
		return redis.Target{}, err
	}
	if t.Sentinel == nil {
		return redis.Target{}, activities.Permanent(fmt.Errorf(
			"target %s has no Sentinels: use redis.info for it, or set sentinel under the target in redress.yaml", name))
	}
	return t, nil
}
