//go:build !lean

package demo

import (
	"context"
	"strings"
	"sync"

	"redress/internal/lab"
)

// switches counts the failovers that the Sentinels announce, and tells what they say
// of the master.
type switches struct {
	say   *narrator
	words glossary

	mu   sync.Mutex
	seen map[string]map[string]bool // announcement → the Sentinels that made it
}

// listen takes down what every Sentinel announces until ctx ends.
func (s *switches) listen(ctx context.Context, sentinels []*lab.Node) {
	var all sync.WaitGroup
	for _, node := range sentinels {
		all.Go(func() {
			client := node.Client()
			defer client.Close()
			heard := client.PSubscribe(ctx, "*")
			defer heard.Close()
			for {
				select {
				case <-ctx.Done():
					return
				case m, open := <-heard.Channel():
					if !open {
						return
					}
					s.heard(node.Name(), m.Channel, m.Payload)
				}
			}
		})
	}
	all.Wait()
}

// heard tells what the first Sentinel announces; the others say the same.
func (s *switches) heard(sentinel, event, payload string) {
	what, ok := s.announcement(event, payload)
	if !ok {
		return
	}
	s.mu.Lock()
	first := len(s.seen[what]) == 0
	if first {
		s.seen[what] = map[string]bool{}
	}
	s.seen[what][sentinel] = true
	s.mu.Unlock()
	if first {
		s.say.now(partSentinel, "%s: %s", sentinel, what)
	}
}

// announcement puts an event into words; ok is false for those that are left out.
func (s *switches) announcement(event, payload string) (what string, ok bool) {
	words := strings.Fields(payload)
	master := len(words) > 0 && words[0] == "master"
	switch {
	case event == "+switch-master" && len(words) == 5:
		return "+switch-master: " + s.words.names.Replace(words[1]+":"+words[2]+" → "+words[3]+":"+words[4]), true
	case event == "+odown" && master:
		return "+odown: a quorum of the Sentinels takes the master for down", true
	case event == "+try-failover" && master:
		return "+try-failover: a failover is tried", true
	case strings.HasPrefix(event, "-failover-abort") && master:
		return event + ": the failover came to nothing", true
	default:
		return "", false
	}
}

// failovers is how many times a Sentinel switched to another master, by the Sentinel
// that saw the most.
func (s *switches) failovers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	bySentinel := map[string]int{}
	most := 0
	for what, sentinels := range s.seen {
		if !strings.HasPrefix(what, "+switch-master") {
			continue
		}
		for name := range sentinels {
			bySentinel[name]++
			most = max(most, bySentinel[name])
		}
	}
	return most
}
