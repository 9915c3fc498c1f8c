package prometheus

import "time"

// Rule is an alerting rule.
type Rule struct {
	Name    string
	For     time.Duration
	Labels  map[string]string
	Summary string
	// Active returns the labels of each alert that is active now.
	Active func(scraped []Instance) []map[string]string
}

// RedisRules are the rules for a replicated Redis, in the words of the public rule
// sets, with the waits of a lab: seconds where production has a minute. RedisDown
// waits for longer than the replicas are frozen when a lab's Sentinels are made to
// fail: it would fire before the master is dead.
func RedisRules() []Rule {
	critical := map[string]string{"severity": "critical"}
	return []Rule{
		{
			Name: "RedisMissingMaster", For: 2 * time.Second, Labels: critical,
			Summary: "No Redis server says that it is the master.",
			Active: func(scraped []Instance) []map[string]string {
				for _, in := range scraped {
					if in.Up && in.Role == "master" {
						return nil
					}
				}
				return []map[string]string{{}}
			},
		},
		{
			Name: "RedisDown", For: 15 * time.Second, Labels: critical,
			Summary: "A Redis server does not answer.",
			Active: func(scraped []Instance) []map[string]string {
				return each(scraped, func(in Instance) bool { return !in.Up })
			},
		},
		{
			Name: "RedisMasterLinkDown", For: 5 * time.Second, Labels: map[string]string{"severity": "warning"},
			Summary: "A replica has lost its master.",
			Active: func(scraped []Instance) []map[string]string {
				return each(scraped, func(in Instance) bool { return in.Up && in.Role == "slave" && !in.LinkUp })
			},
		},
	}
}

// each returns the label instance of those that the condition selects.
func each(scraped []Instance, is func(Instance) bool) []map[string]string {
	var out []map[string]string
	for _, in := range scraped {
		if is(in) {
			out = append(out, map[string]string{"instance": "redis://" + in.Address})
		}
	}
	return out
}
