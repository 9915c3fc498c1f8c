package config

import (
	"testing"

	"redress/definitions"
)

func TestMatchTarget(t *testing.T) {
	c, problems := Parse("redress.yaml", []byte(`
targets:
  - {name: a, match: 'redis_cluster="a"', redis: {address: "10.0.0.1:6379"}}
  - {name: b, match: 'instance=~"10.0.0.2:.+"', redis: {address: "10.0.0.2:6379"}}
  - {name: c, match: 'env="dev", redis_cluster=~"a|c"', redis: {address: "10.0.0.3:6379"}}
`))
	if problems.Failed() {
		t.Fatal(problems)
	}
	for _, tc := range []struct {
		labels       map[string]string
		target, want string
	}{
		{map[string]string{"redis_cluster": "a"}, "a", ""},
		{map[string]string{"redis_cluster": "c", "env": "dev"}, "c", ""},
		{map[string]string{"redis_cluster": "c"}, "", "no target matches"},
		{map[string]string{"redis_cluster": "ab"}, "", "no target matches"},
		{nil, "", "no target matches"},
		{map[string]string{"redis_cluster": "a", "env": "dev"}, "", "targets a and c both match"},
		{map[string]string{"redis_cluster": "a", "env": "dev", "instance": "10.0.0.2:6379"}, "", "targets a, b and c all match"},
	} {
		target, why := c.MatchTarget(tc.labels)
		name := ""
		if target != nil {
			name = target.Name
		}
		if name != tc.target || why != tc.want {
			t.Errorf("%v: target %q, why %q; want %q, %q", tc.labels, name, why, tc.target, tc.want)
		}
	}
	if target, ok := c.Target("b"); !ok || target.Redis.Address != "10.0.0.2:6379" {
		t.Errorf("target b is %v, %t", target, ok)
	}
	if _, ok := c.Target("d"); ok {
		t.Error("there is a target d")
	}
}

func TestReceiver(t *testing.T) {
	c := mustLoad(t, "testdata/good/full.yaml")
	for name, want := range map[string]string{"default": "oncall", "hook": "hook", "oncall": "oncall", "": "", "nobody": ""} {
		r, ok := c.Receiver(name)
		if ok != (want != "") || ok && r.Name != want {
			t.Errorf("receiver %q is %v, %t; want %q", name, r, ok, want)
		}
	}
	if _, ok := new(Config).Receiver("default"); ok {
		t.Error("there is a default receiver without any")
	}
}

func TestMode(t *testing.T) {
	const rules = "policy: {mode: observe, rules: [{match: 'env=\"lab\"', mode: observe}, {match: 'env=~\"dev|lab\"', mode: auto}]}\n"
	const auto = "policy: {mode: auto}\n"
	own := func(m definitions.Mode) definitions.Runbook { return definitions.Runbook{Name: "own", Mode: m} }
	shipped := definitions.Runbook{Name: "redis-master-down", Mode: definitions.Auto, Library: true}
	for name, tc := range map[string]struct {
		config  string // besides the target
		target  string // its other keys
		alert   map[string]string
		runbook definitions.Runbook
		mode    definitions.Mode
		why     string
		off     bool
	}{
		"default":                         {"", "", nil, own("auto"), "observe", "observe: policy.mode allows no more", false},
		"all allow":                       {auto, "mode: auto", nil, own("auto"), "auto", "auto: policy.mode, target cache and runbook own allow it", false},
		"target is no ceiling":            {auto, "", nil, own("auto"), "auto", "auto: policy.mode and runbook own allow it", false},
		"target is lower":                 {auto, "mode: observe", nil, own("auto"), "observe", "observe: target cache allows no more", false},
		"runbook is lower":                {auto, "", nil, own("approve"), "approve", "approve: runbook own allows no more", false},
		"two are lowest":                  {auto, "mode: observe", nil, own("observe"), "observe", "observe: target cache and runbook own allow no more", false},
		"rule by the alert":               {rules, "", map[string]string{"env": "dev"}, own("auto"), "auto", "auto: policy.rules[1] and runbook own allow it", false},
		"the first rule counts":           {rules, "", map[string]string{"env": "lab"}, own("auto"), "observe", "observe: policy.rules[0] allows no more", false},
		"the target's labels win":         {rules, "labels: {env: prod}", map[string]string{"env": "dev"}, own("auto"), "observe", "observe: policy.mode allows no more", false},
		"rule by the target":              {rules, "labels: {env: dev}", map[string]string{"env": "prod"}, own("auto"), "auto", "auto: policy.rules[1] and runbook own allow it", false},
		"shipped observes":                {auto, "", nil, shipped, "observe", "observe: library.observe allows no more", false},
		"shipped, enabled by name":        {auto + "library: {auto: [redis-master-down]}", "", nil, shipped, "auto", "auto: policy.mode, library.auto and runbook redis-master-down allow it", false},
		"shipped, another enabled":        {auto + "library: {auto: [other]}", "", nil, shipped, "observe", "observe: library.observe allows no more", false},
		"shipped, all enabled":            {auto + "library: {auto: all}", "", nil, shipped, "auto", "auto: policy.mode, library.auto and runbook redis-master-down allow it", false},
		"shipped, a name wins over all":   {auto + "library: {auto: all, observe: [redis-master-down]}", "", nil, shipped, "observe", "observe: library.observe allows no more", false},
		"shipped, policy still counts":    {"library: {auto: all}", "", nil, shipped, "observe", "observe: policy.mode allows no more", false},
		"library off":                     {auto + "library: false", "", nil, shipped, "observe", "the shipped runbook redis-master-down is not enabled: library does not name it", true},
		"library lists only another":      {auto + "library: {observe: [other]}", "", nil, shipped, "observe", "the shipped runbook redis-master-down is not enabled: library does not name it", true},
		"library off, observe false":      {auto + "library: {observe: false}", "", nil, shipped, "observe", "the shipped runbook redis-master-down is not enabled: library does not name it", true},
		"own runbooks need no permission": {auto + "library: false", "", nil, own("auto"), "auto", "auto: policy.mode and runbook own allow it", false},
	} {
		t.Run(name, func(t *testing.T) {
			target := "\ntargets:\n  - {name: cache, match: 'c=\"x\"', redis: {address: \"10.0.0.1:6379\"}, " + tc.target + "}\n"
			c, problems := Parse("redress.yaml", []byte(tc.config+target))
			if problems.Failed() {
				t.Fatal(problems)
			}
			mode, why, ok := c.Mode(&c.Targets[0], tc.alert, &tc.runbook)
			if mode != tc.mode || why != tc.why || ok == tc.off {
				t.Errorf("got %s, %q, %t\nwant %s, %q, %t", mode, why, ok, tc.mode, tc.why, !tc.off)
			}
		})
	}
}

func TestCheckLibrary(t *testing.T) {
	c, problems := Parse("redress.yaml", []byte("library:\n  observe: [redis-memory]\n  auto: [redis-master-don, feed]\n"))
	if problems.Failed() {
		t.Fatal(problems)
	}
	want := `redress.yaml:3:10: error unknown-runbook: library: no shipped runbook is named "redis-master-don" (did you mean "redis-master-down"?)
redress.yaml:3:28: error unknown-runbook: library: no shipped runbook is named "feed" (shipped are redis-master-down or redis-memory)`
	got := c.CheckLibrary([]string{"redis-master-down", "redis-memory"})
	if got.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", got.Error(), want)
	}
	if got[0].Source != "  auto: [redis-master-don, feed]" {
		t.Errorf("source is %q", got[0].Source)
	}
	if got := c.CheckLibrary([]string{"redis-master-don", "redis-memory", "feed"}); len(got) > 0 {
		t.Errorf("all are shipped, got %v", got)
	}
}
