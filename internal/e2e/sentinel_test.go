package e2e

import (
	"strconv"
	"time"
)

// configEpoch returns the highest epoch in which a failover of the master was done, as
// the Sentinels tell.
func (w *world) configEpoch() int {
	w.t.Helper()
	return w.highest("config-epoch", "MASTER")
}

// triedEpoch returns the highest epoch in which a failover was tried, whether it came
// to something or not: the Sentinels remember for which they have voted. The next
// failover, and only one, makes the config epoch one more than that.
func (w *world) triedEpoch() int {
	w.t.Helper()
	return max(w.configEpoch(), w.highest("voted-leader-epoch", "SENTINELS"))
}

// highest returns the highest value of a field in what all Sentinels answer to
// SENTINEL <verb> <master>.
func (w *world) highest(field, verb string) int {
	w.t.Helper()
	highest := -1
	w.eventually(10*time.Second, "a Sentinel to tell its "+field, func() bool {
		for _, s := range w.lab.Sentinels() {
			c := s.Client()
			reply, err := c.Do(w.t.Context(), "SENTINEL", verb, w.lab.MasterName()).Slice()
			check(w.t, c.Close())
			if err != nil {
				continue
			}
			highest = max(highest, find(reply, field))
		}
		return highest >= 0
	})
	return highest
}

// find looks a field up in a reply of field-value pairs, or of lists of them.
func find(reply []any, field string) int {
	highest := -1
	for i, item := range reply {
		if list, ok := item.([]any); ok {
			highest = max(highest, find(list, field))
			continue
		}
		if item != field || i+1 == len(reply) {
			continue
		}
		if text, ok := reply[i+1].(string); ok {
			if n, err := strconv.Atoi(text); err == nil {
				highest = max(highest, n)
			}
		}
	}
	return highest
}
