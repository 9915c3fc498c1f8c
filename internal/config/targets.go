package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"
	"gopkg.in/yaml.v3"

	"redress/definitions"
)

// targets reads the key `targets`.
func (d *decoder) targets(root *object, taskQueue string) []Target {
	var targets []Target
	seen, where := make(map[string]item), newOverlaps()
	for _, it := range root.list("targets") {
		o := d.object(it.node, it.path)
		t := Target{TaskQueue: taskQueue, Mode: o.mode("mode"), Labels: d.labels(o)}
		if name, ok := o.name("name"); ok {
			d.uniqueName(name, "target", seen)
			t.Name = name.text
		}
		t.Match = d.match(o, where)
		t.Sentinel = d.sentinel(o, where)
		redis, _ := o.child("redis")
		t.Redis = d.redis(redis, where)
		t.Limits = d.limits(o)
		d.oneKind(o, redis)
		targets = append(targets, t)
	}
	if len(targets) == 0 && !root.broken && !root.silent["targets"] && !root.misshapen("targets") {
		d.warn(root.node, CodeNoTargets, "no target is configured: no alert starts anything", "add "+example)
	}
	return targets
}

// oneKind reports a target that is not exactly one of the kinds of targets. The map
// below its key redis is nil when it has none.
func (d *decoder) oneKind(o, redis *object) {
	sentinel := o.keys["sentinel"] != nil
	address := redis != nil && (redis.broken || redis.silent["address"] || redis.keys["address"] != nil)
	switch {
	case o.broken || o.silent["sentinel"] || o.silent["redis"] || o.silent["cluster"]:
	case sentinel && address:
		d.fail(o.keys["sentinel"], CodeConflict, o.path+" has both sentinel and redis.address",
			"keep sentinel, which knows the addresses, or redis.address for a server that stands alone")
	case !sentinel && !address:
		d.fail(o.node, definitions.CodeMissingKey, o.path+" does not say where its Redis is",
			"add sentinel: {master: NAME, addresses: [HOST:PORT]} or redis: {address: HOST:PORT}")
	}
}

// match reads the matchers of a target. They must ask for some label: an alert about
// something else altogether must not be taken for one of this target.
func (d *decoder) match(o *object, where *overlaps) labels.Matchers {
	ms, it, ok := o.matchers("match")
	if !ok {
		return nil
	}
	if matches(ms, nil) {
		d.fail(it.node, CodeMatchEverything, it.path+" holds for alerts without any labels, so nearly every alert would match", `ask for a label: 'redis_cluster="cache"'`)
	}
	sorted := make([]string, len(ms))
	for i, m := range ms {
		sorted[i] = m.String()
	}
	slices.Sort(sorted)
	where.claim(d, "the same set of matchers", strings.Join(slices.Compact(sorted), ", "), it)
	return ms
}

// labelName is what Prometheus accepted for labels before UTF-8 names, and what people
// write in matchers without quotes.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// labels reads the labels of a target.
func (d *decoder) labels(o *object) map[string]string {
	n, ok := o.get("labels")
	if !ok {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		d.mistyped(n, o.at("labels"), "a map")
		return nil
	}
	own := make(map[string]string)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if d.bad[key] {
			continue
		}
		if !labelName.MatchString(key.Value) {
			d.fail(key, definitions.CodeBadName, fmt.Sprintf("%s: %q is no name of a label", o.at("labels"), key.Value), "letters, digits and _, such as env")
			continue
		}
		if it, ok := d.text(value, o.at("labels")+"."+key.Value); ok {
			own[key.Value] = it.text
		}
	}
	return own
}
