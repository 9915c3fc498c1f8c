//go:build !lean

package demo

import (
	"time"

	"redress/internal/lab"
)

const (
	target  = "cache" // of redress.yaml, and the label redis_cluster of the alerts
	service = "redis"

	// pageAfter is the group_wait of the human route: later than Redress needs for its
	// silence, earlier than any healing, so that nothing but the silence holds the page.
	pageAfter = 4 * time.Second
	// pageInterval is the group_interval of the human route, Alertmanager's next chance.
	pageInterval = time.Second

	// scrapeInterval is how often the stand-in for Prometheus looks.
	scrapeInterval = 500 * time.Millisecond
	// pollInterval is how often the demo looks at Redress and Alertmanager.
	pollInterval = 150 * time.Millisecond

	// appearWithin and finishWithin limit a run, from the fault on.
	appearWithin = 30 * time.Second
	finishWithin = 3 * time.Minute
	// afterwards is how long the demo waits for the silences' ends and for the old node
	// once the run has healed; unhealed is how long it waits to see the page.
	afterwards = 30 * time.Second
	unhealed   = 5 * time.Second
)

// scene is what differs from fault to fault.
type scene struct {
	// downAfter is the Sentinels' down-after-milliseconds.
	downAfter time.Duration
	intro     string
}

func sceneOf(f lab.Fault) scene {
	if f == lab.SentinelStuck {
		return scene{
			downAfter: 2 * time.Second, // see lab.Options
			intro:     "The master dies while the replicas are frozen: Sentinel's failover comes to nothing, and it would wait two minutes before the next.",
		}
	}
	return scene{
		// Long enough for the alert to come before Sentinel's failover, as it does where
		// Sentinel has its default of 30s.
		downAfter: 8 * time.Second,
		intro:     "The master is killed: Sentinel should heal that by itself. Redress watches, verifies, and holds the page back.",
	}
}
