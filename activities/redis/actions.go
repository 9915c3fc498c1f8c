// Package redis holds the actions on single Redis servers, and what everything that
// speaks to Redis shares: the [Inventory] it asks for addresses, and the [Dialer].
//
// It imports nothing of the project but activities and definitions; whoever builds the
// worker adapts the configuration to an Inventory.
package redis

import "redress/activities"

// Actions returns the actions of this package.
func Actions(inv Inventory) []activities.Action {
	return []activities.Action{Info(inv), ConfigSet(inv)}
}
