// Package all fills a registry with every action of Redress.
package all

import (
	"redress/activities"
	"redress/activities/redis"
	"redress/activities/sentinel"
)

// Registry returns a registry of all actions, which look their targets up in inv.
func Registry(inv redis.Inventory) (*activities.Registry, error) {
	actions := redis.Actions(inv)
	actions = append(actions, sentinel.Actions(inv)...)
	return activities.NewRegistry(actions...)
}
