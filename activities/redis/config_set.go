package redis

import (
	"context"
	"encoding/json"
	"fmt"

	goredis "github.com/redis/go-redis/v9"

	"redress/activities"
	"redress/internal/contract"
)

// ConfigSetInput is the input of redis.config_set.
type ConfigSetInput struct {
	Parameter Parameter       `json:"parameter" doc:"what to set"`
	Value     json.RawMessage `json:"value" doc:"the new value: a number, or a text like 2GiB"`
	Expect    json.RawMessage `json:"expect,omitempty" doc:"the value it must have now; otherwise nothing is done"`
	Node      string          `json:"node,omitempty" doc:"host:port of the server, one of the target's; default: its master"`
}

// ConfigSetOutput is the output of redis.config_set.
type ConfigSetOutput struct {
	Node      string    `json:"node" doc:"host:port of the server"`
	Parameter Parameter `json:"parameter" doc:"what was set"`
	Previous  string    `json:"previous" doc:"the value before: set it again to undo"`
	Value     string    `json:"value" doc:"the value now, read back from the server"`
	Changed   bool      `json:"changed" doc:"whether the value was another one before"`
	Note      string    `json:"note" doc:"what people should know, in a sentence"`
}

// ConfigSet is the action redis.config_set.
func ConfigSet(inv Inventory) activities.Action {
	return activities.Change(activities.Spec{
		Name:    "redis.config_set",
		Summary: "Sets one parameter of one server while it runs, from a short list of harmless ones.",
		Doc: "The value is lost when the server restarts. `previous` keeps the old one. " +
			"Give `expect` where the new value was computed from the old one: it also lets an act of unknown outcome be settled.",
		Guards: []string{
			"The target allows changes: it has redis.change credentials, or its servers ask for none.",
			"The parameter is on the list and its value is inside sane bounds.",
			"The server belongs to the target and answers, is not loading, and, where no node is given, says that it is the master.",
			"maxmemory is at most the target's limits.maxmemory and at least what is used; without that ceiling it is refused.",
			"maxclients is at most the target's limits.maxclients and at least the connections there are; without that ceiling it is refused.",
			"With expect: the value is the expected one.",
		},
	}, func(ctx context.Context, call activities.Call, in ConfigSetInput) (ConfigSetOutput, error) {
		return setConfig(ctx, inv, call.Target.Name, in)
	}, func(ctx context.Context, act contract.Act, in ConfigSetInput) (activities.Finding, error) {
		return configApplied(ctx, inv, act.Target.Name, in)
	})
}

// setting is an input that was checked as far as it can be without the server.
type setting struct {
	target   Target
	value    string
	expect   string // "" = none
	param    Parameter
	node     string // "" = the master
	limitKey string // of redress.yaml, for the parameters that need a ceiling
	limit    int64
}

func prepare(inv Inventory, target string, in ConfigSetInput) (setting, error) {
	t, err := Lookup(inv, target)
	if err != nil {
		return setting{}, err
	}
	s := setting{target: t, param: in.Parameter, node: in.Node}
	if s.value, err = s.parse(in.Value); err != nil {
		return setting{}, activities.Permanent(fmt.Errorf("input value: %w", err))
	}
	if err := s.param.allow(s.value); err != nil {
		return setting{}, activities.Permanent(fmt.Errorf("input value: %w", err))
	}
	if len(in.Expect) > 0 {
		if s.expect, err = s.parse(in.Expect); err != nil {
			return setting{}, activities.Permanent(fmt.Errorf("input expect: %w", err))
		}
	}
	switch s.param {
	case maxMemory:
		s.limitKey, s.limit = "limits.maxmemory", t.Limits.MaxMemory
	case maxClients:
		s.limitKey, s.limit = "limits.maxclients", t.Limits.MaxClients
	default:
	}
	return s, nil
}

func (s setting) parse(raw json.RawMessage) (string, error) {
	v, err := text(raw)
	if err != nil {
		return "", err
	}
	return s.param.canonical(v)
}

func setConfig(ctx context.Context, inv Inventory, target string, in ConfigSetInput) (ConfigSetOutput, error) {
	s, err := prepare(inv, target, in)
	if err != nil {
		return ConfigSetOutput{}, err
	}
	credentials, err := s.target.Changing()
	if err != nil {
		return ConfigSetOutput{}, err
	}
	if err := s.checkCeiling(); err != nil {
		return ConfigSetOutput{}, err
	}
	dialer, err := NewDialer(credentials, s.target.TLS)
	if err != nil {
		return ConfigSetOutput{}, err
	}
	addr, err := s.target.node(ctx, s.node)
	if err != nil {
		return ConfigSetOutput{}, err
	}
	client := dialer.Dial(addr)
	defer func() { _ = client.Close() }() // nothing is left to send

	out := ConfigSetOutput{Node: addr, Parameter: s.param}
	if out.Previous, err = s.read(ctx, client, addr); err != nil {
		return ConfigSetOutput{}, err
	}
	if err := s.checkServer(ctx, client, addr, out.Previous); err != nil {
		return ConfigSetOutput{}, err
	}
	if out.Previous == s.value {
		out.Value = s.value
		out.Note = fmt.Sprintf("%s of %s was %s already.", s.param, addr, s.value)
		return out, nil
	}
	if err := activities.Sending(ctx); err != nil {
		return ConfigSetOutput{}, err
	}
	if err := client.Do(ctx, "config", "set", string(s.param), s.value).Err(); err != nil {
		err = fmt.Errorf("set %s of %s to %s: %w", s.param, addr, s.value, err)
		if IsReply(err) {
			return ConfigSetOutput{}, activities.NotDone(err)
		}
		return ConfigSetOutput{}, err
	}
	if out.Value, err = s.read(ctx, client, addr); err != nil {
		return ConfigSetOutput{}, err
	}
	if out.Value != s.value {
		return ConfigSetOutput{}, fmt.Errorf("set %s of %s to %s: it answered OK, and reports %s", s.param, addr, s.value, out.Value)
	}
	out.Changed = true
	out.Note = fmt.Sprintf("%s of %s is %s now, it was %s. A restart of the server takes the new value away: put it into its configuration if it shall stay.",
		s.param, addr, s.value, out.Previous)
	return out, nil
}

// read returns the value that the server has now.
func (s setting) read(ctx context.Context, client *goredis.Client, addr string) (string, error) {
	answer, err := client.ConfigGet(ctx, string(s.param)).Result()
	if err != nil {
		return "", fmt.Errorf("read %s of %s: %w", s.param, addr, Explain(err))
	}
	now, ok := answer[string(s.param)]
	if !ok {
		return "", activities.Permanent(fmt.Errorf("read %s of %s: this version of Redis does not know it", s.param, addr))
	}
	now, err = s.param.reported(now, s.value)
	if err != nil {
		return "", fmt.Errorf("read %s of %s: %w", s.param, addr, err)
	}
	return now, nil
}

func configApplied(ctx context.Context, inv Inventory, target string, in ConfigSetInput) (activities.Finding, error) {
	s, err := prepare(inv, target, in)
	if err != nil {
		return activities.Finding{}, err
	}
	dialer, err := NewDialer(s.target.Read, s.target.TLS)
	if err != nil {
		return activities.Finding{}, err
	}
	addr, err := s.target.node(ctx, s.node)
	if err != nil {
		return activities.Finding{}, err
	}
	client := dialer.Dial(addr)
	defer func() { _ = client.Close() }() // nothing is left to send
	now, err := s.read(ctx, client, addr)
	if err != nil {
		return activities.Finding{}, err
	}
	finding := activities.Finding{Why: fmt.Sprintf("%s of %s is %s", s.param, addr, now)}
	switch now {
	case s.value:
		finding.Applied = contract.AppliedYes
	case s.expect:
		finding.Applied = contract.AppliedNo
	default:
		finding.Applied = contract.AppliedUnknown
		finding.Why += fmt.Sprintf(", neither the wanted %s nor a value that was expected before", s.value)
	}
	return finding, nil
}
