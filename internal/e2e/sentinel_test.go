package e2e

import (
	"strconv"
	"time"
)

// epoch returns the highest config epoch of the master that any Sentinel knows: each
// failover adds one.
func (w *world) epoch() int {
	w.t.Helper()
	highest := -1
	w.eventually(10*time.Second, "a Sentinel to tell the epoch", func() bool {
		for _, s := range w.lab.Sentinels() {
			c := s.Client()
			reply, err := c.Do(w.t.Context(), "SENTINEL", "MASTER", w.lab.MasterName()).Slice()
			check(w.t, c.Close())
			if err != nil {
				continue
			}
			for i := 0; i+1 < len(reply); i += 2 {
				if reply[i] != "config-epoch" {
					continue
				}
				if text, ok := reply[i+1].(string); ok {
					if n, err := strconv.Atoi(text); err == nil {
						highest = max(highest, n)
					}
				}
			}
		}
		return highest >= 0
	})
	return highest
}
