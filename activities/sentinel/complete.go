package sentinel

import (
	"context"
	"fmt"
	"strings"
	"time"

	"redress/activities"
	"redress/activities/redis"
	"redress/activities/redis/info"
	"redress/internal/contract"
)

const (
	// pollEvery is the pause between two looks: Sentinel's own clock ticks at 100 ms.
	pollEvery = 100 * time.Millisecond
	// pollTimeout bounds one look, so that one Sentinel that hangs does not hold up
	// what the others tell.
	pollTimeout = time.Second
)

// moved is a failover that is complete.
type moved struct {
	master string
	epoch  int64
}

// awaitNewMaster returns once every Sentinel that answers names the same new master in
// a newer epoch, and that server says that it is the master. A Sentinel's OK is no
// completion: one in TILT answers OK and acts half a minute later.
func awaitNewMaster(ctx context.Context, t redis.Target, in FailoverInput) (moved, error) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		now, missing, err := look(ctx, t, in)
		switch {
		case err != nil: // a secret that cannot be read: it may pass
			missing = err.Error()
		case missing == "":
			return now, nil
		}
		select {
		case <-ctx.Done():
			return moved{}, fmt.Errorf("%w; still missing: %s", context.Cause(ctx), missing)
		case <-ticker.C:
		}
	}
}

// look asks every Sentinel, and the new master for its role. missing says what is not
// yet as it must be.
func look(ctx context.Context, t redis.Target, in FailoverInput) (now moved, missing string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, pollTimeout, errSlow)
	defer cancel()
	p, err := askSentinels(ctx, t)
	if err != nil {
		return moved{}, "", err
	}
	now, missing = p.moved(in)
	if missing != "" {
		return now, missing, nil
	}
	dialer, err := redis.NewDialer(t.Read, t.TLS)
	if err != nil {
		return moved{}, "", err
	}
	n := askNode(ctx, dialer, now.master)
	switch {
	case !activities.Is(n.role, info.Master):
		missing = fmt.Sprintf("%s does not say that it is the master: its role is %s", now.master, because(n.role))
	case !n.pong:
		missing = fmt.Sprintf("%s does not serve: %s", now.master, n.err)
	}
	return now, missing, nil
}

// askSentinels asks every Sentinel, and no server.
func askSentinels(ctx context.Context, t redis.Target) (picture, error) {
	dialer, err := redis.NewDialer(t.Sentinel.Login, t.TLS)
	if err != nil {
		return picture{}, err
	}
	o := &observer{ctx: ctx, target: t, sentinels: dialer, asked: map[string]bool{}, onlySentinels: true}
	for _, addr := range t.Sentinel.Addresses {
		o.askSentinel(entry{addr: addr})
	}
	o.wg.Wait()
	return develop(o.seen), nil
}

// moved tells the new master, or what is missing for the Sentinels to agree on one.
func (p picture) moved(in FailoverInput) (moved, string) {
	var behind []string
	for _, v := range p.speaking {
		epoch, known := v.epoch.Get()
		if v.master == in.ExpectMaster || !known || epoch <= in.ExpectEpoch {
			behind = append(behind, fmt.Sprintf("Sentinel %s names %s in epoch %s", v.addr, v.master, because(v.epoch)))
		}
	}
	master, known := p.master.Get()
	epoch, _ := p.epoch.Get()
	switch {
	case len(behind) > 0:
		return moved{}, strings.Join(behind, ", ")
	case !known:
		return moved{}, p.master.Why()
	case len(p.by(func(v sentinelView) string { return v.master + " in epoch " + show(v.epoch) })) > 1:
		return moved{}, "the Sentinels name different masters: " + votes(p.by(func(v sentinelView) string { return v.master }))
	case len(p.speaking)*2 <= len(p.all):
		return moved{}, fmt.Sprintf("only %d of %s answered%s", len(p.speaking), plural(len(p.all), "Sentinel"), listed(p.errors()))
	}
	return moved{master: master, epoch: epoch}, ""
}

// failoverApplied tells whether the master has moved since: by this act or by the
// Sentinels themselves, which comes to the same. It says no only if nobody can still
// be about to do it: a Sentinel that is frozen executes what it was asked when it
// goes on.
func failoverApplied(ctx context.Context, inv redis.Inventory, target string, in FailoverInput) (activities.Finding, error) {
	t, err := lookup(inv, target)
	if err != nil {
		return activities.Finding{}, err
	}
	now, missing, err := look(ctx, t, in)
	switch {
	case err != nil:
		return activities.Finding{}, err
	case missing == "":
		return activities.Finding{
			Applied: contract.AppliedYes,
			Why:     fmt.Sprintf("every Sentinel that answers names %s in epoch %d, and it says master", now.master, now.epoch),
		}, nil
	}
	seen, err := observe(ctx, t)
	if err != nil {
		return activities.Finding{}, err
	}
	if doubt := develop(seen).doubt(merge(seen), in); doubt != "" {
		return activities.Finding{Applied: contract.AppliedUnknown, Why: doubt + "; " + missing}, nil
	}
	return activities.Finding{
		Applied: contract.AppliedNo,
		Why:     fmt.Sprintf("every Sentinel still names %s in epoch %d, and none is doing a failover", in.ExpectMaster, in.ExpectEpoch),
	}, nil
}

// doubt says why it cannot be excluded that a failover is under way or half done; ""
// when it can.
func (p picture) doubt(t Topology, in FailoverInput) string {
	s := t.Sentinels
	switch {
	case s.Reachable < s.Known:
		return fmt.Sprintf("%d of %s did not answer, and may still act%s", s.Known-s.Reachable, plural(s.Known, "Sentinel"), listed(s.Errors))
	case !activities.Is(s.AnyTilt, false):
		return "a Sentinel is in TILT, and may act later: any_tilt is " + because(s.AnyTilt)
	case !activities.Is(s.FailoverInProgress, false):
		return "a failover is in progress"
	case !activities.Is(t.Epoch, in.ExpectEpoch) || !activities.Is(t.Master.Address, in.ExpectMaster) || !activities.Is(s.Agree, true):
		return fmt.Sprintf("the Sentinels are on the move: master %s, epoch %s", because(t.Master.Address), because(t.Epoch))
	}
	if others := p.otherMasters(); len(others) > 0 {
		return strings.Join(others, ", ") + " says master, although the Sentinels name " + in.ExpectMaster
	}
	return ""
}
