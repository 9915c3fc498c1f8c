//go:build !lean

package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"redress/definitions"
	"redress/internal/contract"
	"redress/internal/lab"
	"redress/internal/lab/prometheus"
)

// player breaks the estate and watches.
type player struct {
	*stage
	say      *narrator
	follower *follower
	observer *observer
	switches *switches
	fault    time.Time
	restored chan error
}

// play breaks the estate, follows the run to its end and sums up.
func play(ctx context.Context, o Options, st *stage, say *narrator) (result, error) {
	words := newGlossary(st.lab)
	p := &player{
		stage: st, say: say, restored: make(chan error, 1),
		follower: &follower{api: st.redress.URL(), say: say, words: words},
		observer: newObserver(st.alertmanager.URL(), say, words),
		switches: &switches{say: say, words: words, seen: map[string]map[string]bool{}},
	}
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { p.watchRedis(ctx, o, words) })
	background.Go(func() { p.switches.listen(ctx, st.lab.Sentinels()) })

	if err := p.breakIt(ctx, o, &background); err != nil {
		return result{}, err
	}
	if err := p.awaitEnd(ctx); err != nil {
		return result{run: p.follower.run}, err
	}
	p.awaitQuiet(ctx)
	r := p.sumUp(ctx)
	say.paragraph(r.summary())
	return r, ctx.Err()
}

// watchRedis plays Prometheus.
func (p *player) watchRedis(ctx context.Context, o Options, words glossary) {
	var instances []string
	for _, n := range p.lab.Nodes() {
		instances = append(instances, n.Addr())
	}
	prometheus.Watch(ctx, prometheus.Options{
		Instances: instances, Rules: prometheus.RedisRules(), Interval: scrapeInterval,
		Labels:        map[string]string{"service": service, "redis_cluster": target},
		Alertmanagers: []string{p.alertmanager.URL()}, Log: o.Log,
		OnChange: func(a prometheus.Alert) {
			name := words.names.Replace(labelled(a.Labels))
			if a.Firing {
				p.say.note(a.StartsAt, partPrometheus, "ALERT %s fires: %s", name, a.Annotations["summary"])
			} else {
				p.say.note(a.EndsAt, partPrometheus, "alert %s is over", name)
			}
		},
	})
}

// breakIt injects the fault, while everything is already watched, and leaves it to a
// supervisor to start again what was killed.
func (p *player) breakIt(ctx context.Context, o Options, background *sync.WaitGroup) error {
	p.say.now(partDemo, "%s", sceneOf(o.Fault).intro)
	watching, seen := context.WithCancel(ctx)
	var looks sync.WaitGroup
	looks.Go(func() { p.lookUntil(watching) })
	p.fault = time.Now()
	p.say.faultAt(p.fault)
	said := func(format string, args ...any) { p.say.now(partRedis, format, args...) }
	err := p.lab.Inject(ctx, o.Fault, said)
	seen()
	looks.Wait()
	if err != nil {
		return err
	}
	background.Go(func() {
		within, cancel := context.WithDeadline(ctx, p.fault.Add(finishWithin))
		defer cancel()
		p.restored <- p.lab.Restore(within, func(format string, args ...any) {
			p.say.now(partRedis, "supervisor: "+format, args...)
		})
	})
	return nil
}

// lookUntil looks at Redress and Alertmanager until ctx ends.
func (p *player) lookUntil(ctx context.Context) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		p.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *player) look(ctx context.Context) {
	p.observer.look(ctx)
	p.follower.look(ctx)
}

// awaitEnd follows the run until it has ended.
func (p *player) awaitEnd(ctx context.Context) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		p.look(ctx)
		passed := time.Since(p.fault)
		switch {
		case p.follower.ended():
			return nil
		case passed > finishWithin:
			return fmt.Errorf("the run did not end within %s: %s", finishWithin, p.standing(ctx))
		case passed > appearWithin && !p.follower.found():
			return fmt.Errorf("no run began within %s: %s", appearWithin, p.follower.missing(ctx))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-p.redress.Done():
			return ended(err)
		case <-tick.C:
		}
	}
}

// standing says where a run is that does not end.
func (p *player) standing(ctx context.Context) string {
	if !p.follower.found() {
		return p.follower.missing(ctx)
	}
	text := fmt.Sprintf("%s is %s", p.follower.run.ID, p.follower.run.Status)
	for _, s := range p.follower.run.Steps {
		if s.Status == contract.StepRunning || s.Status == contract.StepWaiting {
			text += fmt.Sprintf(", at step %s since %s", s.Path, or(s.StartedAt).Format(time.TimeOnly))
		}
	}
	if p.follower.err != nil {
		text += ": " + p.follower.err.Error()
	}
	return text
}

// awaitQuiet goes on to watch after the run until the silences have ended, the old node
// is back, and Alertmanager had another chance to page. What does not come in time the
// summary tells.
func (p *player) awaitQuiet(ctx context.Context) {
	within := afterwards
	if p.follower.run.Outcome != definitions.Healed {
		within = unhealed
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	restored := p.restored
	var quietSince time.Time
	for {
		p.look(ctx)
		switch quiet := p.observer.err == nil && p.observer.quiet(); {
		case !quiet:
			quietSince = time.Time{}
		case quietSince.IsZero():
			quietSince = time.Now()
		}
		if restored == nil && !quietSince.IsZero() && time.Since(quietSince) > 2*pageInterval {
			return
		}
		select {
		case <-ctx.Done():
			return
		case err := <-restored:
			if err != nil {
				p.say.now(partRedis, "supervisor: %v", err)
			}
			restored = nil
		case <-tick.C:
		}
	}
}

// serving reports which node serves as the master, and how many of the first keys it
// has. It writes a key, to be sure.
func serving(ctx context.Context, l *lab.Lab) (node string, keys int, err error) {
	master, err := l.Master(ctx)
	if err != nil {
		return "", 0, err
	}
	client := master.Client()
	defer client.Close()
	if err := client.Set(ctx, "demo:after", "written", 0).Err(); err != nil {
		return master.Name(), 0, fmt.Errorf("write to %s: %w", master.Name(), err)
	}
	for i := range lab.SeedKeys {
		value, err := client.Get(ctx, fmt.Sprintf("lab:key:%d", i+1)).Result()
		if err == nil && value == fmt.Sprintf("value-%d", i+1) {
			keys++
		}
	}
	if keys < lab.SeedKeys {
		return master.Name(), keys, errors.New("data was lost")
	}
	return master.Name(), keys, nil
}
