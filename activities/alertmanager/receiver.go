package alertmanager

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/alertmanager/api/v2/client/receiver"
)

// receiverKnown reports whether every peer has a receiver of our name. One that has
// none lists no alerts for it, whatever fires.
func (r *Reporter) receiverKnown(ctx context.Context) bool {
	var mu sync.Mutex
	known := true
	var wait sync.WaitGroup
	for _, c := range r.clusters {
		for _, p := range c {
			wait.Go(func() {
				names, err := p.receivers(ctx)
				ok := err == nil && slices.Contains(names, r.receiver)
				switch {
				case err != nil:
					r.log.WarnContext(ctx, "receivers of an Alertmanager are not known", "error", err)
				case !ok:
					r.log.ErrorContext(ctx, "Alertmanager has no receiver of our name, so that it lists no alert for us; "+
						"set alertmanager.receiver to the name that the receiver with Redress's webhook has in alertmanager.yml",
						"alertmanager", p.name, "receiver", r.receiver, "receivers_there", strings.Join(names, ", "))
				}
				mu.Lock()
				defer mu.Unlock()
				known = known && ok
			})
		}
	}
	wait.Wait()
	return known
}

// receivers returns the names of the receivers of the peer.
func (p *peer) receivers(ctx context.Context) ([]string, error) {
	ctx, cancel := p.bound(ctx)
	defer cancel()
	ok, err := p.api.Receiver.GetReceivers(receiver.NewGetReceiversParamsWithContext(ctx), p.dated(nil))
	if err != nil {
		return nil, p.failed("list receivers", err)
	}
	names := make([]string, 0, len(ok.Payload))
	for _, one := range ok.Payload {
		if one != nil {
			names = append(names, deref(one.Name))
		}
	}
	return names, nil
}
