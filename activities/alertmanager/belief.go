package alertmanager

import (
	"fmt"
	"time"
)

// forget is how long a sighting is kept: longer than any run takes to clear.
const forget = 6 * time.Hour

// sightings are the alerts that one process of an Alertmanager has been seen to list.
// An Alertmanager that lists an alert and then does not has been told that it
// resolved; one that never did, and is young, may only not have heard of it yet. It
// is a cache: where it is empty, the Alertmanager's age decides.
type sightings struct {
	started time.Time // of the process
	last    map[string]time.Time
}

// saw notes what an answer listed.
func (p *peer) saw(l listing) {
	if l.err != nil || l.unsure != "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.seen.started.Equal(l.started) || p.seen.last == nil {
		p.seen = sightings{started: l.started, last: map[string]time.Time{}}
	}
	for fingerprint, last := range p.seen.last {
		if l.at.Sub(last) > forget {
			delete(p.seen.last, fingerprint)
		}
	}
	for fingerprint := range l.alerts {
		p.seen.last[fingerprint] = l.at
	}
}

// doubt says why it proves nothing that this answer does not list the alert; "" = the
// alert is gone, as far as this Alertmanager goes.
func (l listing) doubt(fingerprint string) string {
	switch {
	case l.err != nil:
		return l.err.Error()
	case l.unsure != "":
		return l.unsure
	}
	age := l.at.Sub(l.started)
	if age >= settling {
		return ""
	}
	l.peer.mu.Lock()
	defer l.peer.mu.Unlock()
	if _, ok := l.peer.seen.last[fingerprint]; ok && l.peer.seen.started.Equal(l.started) {
		return ""
	}
	return fmt.Sprintf("alertmanager %s started only %s ago and may not have heard of the alert yet",
		l.peer.name, max(age, 0).Round(time.Second))
}
