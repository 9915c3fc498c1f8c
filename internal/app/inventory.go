package app

import (
	"cmp"
	"fmt"
	"maps"

	"redress/activities/plan"
	"redress/activities/redis"
	"redress/activities/round"
	"redress/definitions"
	"redress/internal/config"
	"redress/internal/contract"
	"redress/webhook"
)

// inventory shows the configuration as each part wants to see it.
type inventory struct{ cfg *config.Config }

// policy is the same for the planner, whose Target is another one.
type policy struct{ cfg *config.Config }

var (
	_ webhook.Inventory = inventory{}
	_ round.Inventory   = inventory{}
	_ redis.Inventory   = inventory{}
	_ plan.Policy       = policy{}
)

// MatchTarget returns the one target that an alert is about.
func (i inventory) MatchTarget(labels map[string]string) (contract.TargetRef, string, bool) {
	t, why := i.cfg.MatchTarget(labels)
	if t == nil {
		return contract.TargetRef{}, why, false
	}
	return contract.TargetRef{Name: t.Name, Labels: maps.Clone(t.Labels), TaskQueue: i.taskQueue(t)}, "", true
}

// taskQueue is where the target's activities run; "" = the workflows' own.
func (i inventory) taskQueue(t *config.Target) string {
	if t.TaskQueue == i.cfg.Temporal.TaskQueue {
		return ""
	}
	return t.TaskQueue
}

// Target returns how a target is reached.
func (i inventory) Target(name string) (redis.Target, error) {
	t, ok := i.cfg.Target(name)
	if !ok {
		return redis.Target{}, fmt.Errorf("%w: %s", redis.ErrUnknownTarget, name)
	}
	tls, err := t.Redis.TLSConfig()
	if err != nil {
		return redis.Target{}, fmt.Errorf("target %s: %w", name, err)
	}
	out := redis.Target{
		Name: t.Name, Address: t.Redis.Address, TLS: tls,
		Read: credentials(t.Redis.Read), Change: credentials(t.Redis.Change),
		Limits: redis.Limits{MaxMemory: t.Limits.MaxMemory, MaxClients: t.Limits.MaxClients},
	}
	if s := t.Sentinel; s != nil {
		out.Sentinel = &redis.Sentinel{
			Master: s.Master, Addresses: s.Addresses,
			Login: credentials(config.Credentials{
				Set: s.Username != "" || s.Password.Set(), Username: s.Username, Password: s.Password,
			}),
		}
	}
	return out, nil
}

func credentials(c config.Credentials) redis.Credentials {
	return redis.Credentials{Set: c.Set, Username: c.Username, Password: c.Password.Read}
}

// Target returns what a run must know of its target.
func (p policy) Target(name string) (plan.Target, bool) {
	t, ok := p.cfg.Target(name)
	if !ok {
		return plan.Target{}, false
	}
	return plan.Target{Labels: maps.Clone(t.Labels), TaskQueue: inventory(p).taskQueue(t)}, true
}

// Mode returns how much a run may do, and why.
func (p policy) Mode(target string, alert map[string]string, runbook *definitions.Runbook) (definitions.Mode, string, bool) {
	t, ok := p.cfg.Target(target)
	if !ok {
		return "", fmt.Sprintf("redress.yaml has no target %q", target), false
	}
	return p.cfg.Mode(t, alert, runbook)
}

// Settings returns what every run is started with.
func (p policy) Settings() plan.Settings {
	return plan.Settings{
		Receiver: p.cfg.Policy.Receiver, HoldPage: p.cfg.Policy.HoldPage,
		UIURL: cmp.Or(p.cfg.Temporal.UIURL, config.DefaultUIURL),
	}
}
