package prometheus

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Instance is what a scrape learnt of one Redis server.
type Instance struct {
	Address string
	Up      bool
	Role    string // master | slave; "" when it is down
	LinkUp  bool   // of a replica to its master
}

// scrape asks every server at once, for at most the interval.
func scrape(ctx context.Context, addresses []string, within time.Duration) []Instance {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	out := make([]Instance, len(addresses))
	var all sync.WaitGroup
	for i, addr := range addresses {
		all.Go(func() { out[i] = scrapeOne(ctx, addr) })
	}
	all.Wait()
	return out
}

func scrapeOne(ctx context.Context, addr string) Instance {
	c := redis.NewClient(&redis.Options{
		Addr: addr, MaxRetries: -1, DialerRetries: 1, PoolSize: 1, Protocol: 2, DisableIdentity: true,
		DialTimeout: 500 * time.Millisecond, ReadTimeout: 700 * time.Millisecond, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	defer c.Close()
	info, err := c.Info(ctx, "replication").Result()
	if err != nil {
		return Instance{Address: addr}
	}
	in := Instance{Address: addr, Up: true}
	for line := range strings.SplitSeq(info, "\r\n") {
		switch key, value, _ := strings.Cut(line, ":"); key {
		case "role":
			in.Role = value
		case "master_link_status":
			in.LinkUp = value == "up"
		}
	}
	return in
}
