package config

import "strings"

// Key documents one key of redress.yaml. The decoder accepts exactly the keys of
// this table, and the reference is generated from it.
type Key struct {
	Path    string // "targets[].sentinel.master"; [] stands for each element of a list
	Type    string // what it holds, in the words of the reference
	Default string // as written in YAML; empty = none
	Doc     string // one sentence
	Later   bool   // designed, but refused by this version
}

// Keys lists the keys of redress.yaml in the order of the reference. The keys inside
// alertmanager.http_config and targets[].redis.tls are Prometheus's own, and those
// of targets[].labels are free.
func Keys() []Key {
	return append(generalKeys(), targetKeys()...)
}

func generalKeys() []Key {
	return []Key{
		{Path: "temporal", Type: "map", Doc: "The Temporal server. Flags and TEMPORAL_* win over it."},
		{Path: "temporal.address", Type: "host:port", Doc: "Where the Temporal server listens."},
		{Path: "temporal.namespace", Type: "text", Default: DefaultNamespace, Doc: "The Temporal namespace."},
		{Path: "temporal.task_queue", Type: "text", Default: DefaultTaskQueue, Doc: "Where workflows and activities run."},
		{Path: "temporal.ui_url", Type: "URL", Default: DefaultUIURL, Doc: "The Temporal Web UI, for links in messages."},

		{Path: "alertmanager", Type: "map", Doc: "The Alertmanagers that are asked for alerts and told of silences."},
		{Path: "alertmanager.clusters", Type: "list of lists of URLs", Doc: "Each a list of gossiping peers."},
		{Path: "alertmanager.urls", Type: "list of URLs", Doc: "Short form of clusters: each URL a cluster of its own."},
		{Path: "alertmanager.receiver", Type: "text", Default: DefaultReceiver, Doc: "The exact name of our receiver there."},
		{Path: "alertmanager.http_config", Type: "HTTP client", Doc: "How they are reached, as in Prometheus; secrets by file only."},
		{Path: "alertmanager.status_alerts", Type: "true or false", Default: "false", Doc: "Show runs as RedressRun alerts; needs a route for them."},

		{Path: "prometheus", Type: "map", Doc: "Lets a resolution be believed, and runbooks query.", Later: true},
		{Path: "runbooks", Type: "list of file patterns", Doc: "Your runbooks; *_test.yaml is left out."},
		{Path: "library", Type: "map, or false", Default: "{observe: all}", Doc: "What the shipped runbooks may do; false = none of them."},
		{Path: "library.observe", Type: "names, all or false", Default: "all", Doc: "Shipped runbooks that only look."},
		{Path: "library.approve", Type: "names, all or false", Default: "[]", Doc: "Shipped runbooks whose acts a person releases."},
		{Path: "library.auto", Type: "names, all or false", Default: "[]", Doc: "Shipped runbooks that act."},
		{Path: "templates", Type: "list of file patterns", Doc: "Alertmanager templates for messages."},
		{Path: "webhook", Type: "map", Doc: "How Alertmanager reaches Redress."},
		{Path: "webhook.token_file", Type: "file", Doc: "The bearer token that callers must show."},
		{Path: "users", Type: "list", Doc: "Who may use the API and the console.", Later: true},

		{Path: "receivers", Type: "list", Doc: "Where people are told."},
		{Path: "receivers[].name", Type: "name", Doc: "What runbooks and policy.receiver call it."},
		{Path: "receivers[].url_file", Type: "file", Doc: "A file with a shoutrrr URL."},
		{Path: "receivers[].http", Type: "map", Doc: "A receiver of JSON by POST."},
		{Path: "receivers[].http.url_file", Type: "file", Doc: "A file with the URL to post to."},

		{Path: "policy", Type: "map", Doc: "What holds for all targets."},
		{Path: "policy.receiver", Type: "name", Doc: "Who is told when a runbook names nobody; default: the only receiver."},
		{Path: "policy.mode", Type: "mode", Default: "observe", Doc: "The most that any run may do by itself."},
		{Path: "policy.rules", Type: "list", Doc: "The first that matches replaces policy.mode."},
		{Path: "policy.rules[].match", Type: "matchers", Doc: "Over the target's labels and the alert's; the target's win."},
		{Path: "policy.rules[].mode", Type: "mode", Doc: "The ceiling there."},
		{Path: "policy.hold_page", Type: "duration", Default: "5m", Doc: "How long a page may be held back in all: 0s to 5m."},
		{Path: "policy.acts", Type: "map", Doc: "A limit of acts across all targets.", Later: true},
		{Path: "policy.concurrent_runs", Type: "number", Doc: "A limit of runs at the same time.", Later: true},
		{Path: "policy.storm", Type: "map", Doc: "How many targets in trouble are too many to act.", Later: true},
		{Path: "policy.maintenance", Type: "list", Doc: "Times at which nothing acts.", Later: true},
	}
}

func targetKeys() []Key {
	return []Key{
		{Path: "targets", Type: "list", Doc: "The Redis replication groups that Redress knows."},
		{Path: "targets[].name", Type: "name", Doc: "What it is called; part of workflow IDs."},
		{Path: "targets[].match", Type: "matchers", Doc: "Which alerts are about it."},
		{Path: "targets[].labels", Type: "map of texts", Doc: "Labels of its own, for policy.rules and runbooks."},
		{Path: "targets[].mode", Type: "mode", Doc: "The most that a run may do on it by itself."},
		{Path: "targets[].task_queue", Type: "text", Doc: "Where its activities run, for network zones.", Later: true},
		{Path: "targets[].sentinel", Type: "map", Doc: "The Sentinels that watch it."},
		{Path: "targets[].sentinel.master", Type: "text", Doc: "What the Sentinels call it."},
		{Path: "targets[].sentinel.addresses", Type: "list of host:port", Doc: "All of its Sentinels."},
		{Path: "targets[].sentinel.username", Type: "text", Doc: "The user on the Sentinels."},
		{Path: "targets[].sentinel.password_file", Type: "file", Doc: "The password on the Sentinels."},
		{Path: "targets[].redis", Type: "map", Doc: "How its servers are reached."},
		{Path: "targets[].redis.address", Type: "host:port", Doc: "The server, when it stands alone."},
		{Path: "targets[].redis.read", Type: "map", Doc: "The user that looks."},
		{Path: "targets[].redis.read.username", Type: "text", Doc: "Its name; default: Redis's default user."},
		{Path: "targets[].redis.read.password_file", Type: "file", Doc: "Its password."},
		{Path: "targets[].redis.change", Type: "map", Doc: "The user that acts; with read and without change, nothing is changed."},
		{Path: "targets[].redis.change.username", Type: "text", Doc: "Its name; default: Redis's default user."},
		{Path: "targets[].redis.change.password_file", Type: "file", Doc: "Its password."},
		{Path: "targets[].redis.tls", Type: "TLS", Doc: "TLS to its servers and Sentinels, as tls_config in Prometheus."},
		{Path: "targets[].limits", Type: "map", Doc: "Ceilings that no act passes."},
		{Path: "targets[].limits.maxmemory", Type: "size", Doc: "The most memory that an act may allow."},
		{Path: "targets[].limits.maxclients", Type: "number", Doc: "The most clients that an act may allow."},
		{Path: "targets[].cluster", Type: "map", Doc: "A Redis Cluster.", Later: true},
		{Path: "targets[].replication", Type: "map", Doc: "The replication user, for the drift of masterauth.", Later: true},
		{Path: "targets[].probe_key", Type: "text", Doc: "A key that may be written to verify.", Later: true},
		{Path: "targets[].scale", Type: "map", Doc: "What may be scaled, and how far.", Later: true},
		{Path: "targets[].commands", Type: "map", Doc: "The commands that command.run knows.", Later: true},
	}
}

// parent splits a path into that of the map and the key's own name.
func (k Key) parent() (path, name string) {
	if i := strings.LastIndexByte(k.Path, '.'); i >= 0 {
		return k.Path[:i], k.Path[i+1:]
	}
	return "", k.Path
}
