package definitions

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"time"

	"gopkg.in/yaml.v3"
)

// Parse reads one runbook. It never panics, and returns the runbook as far as it was
// understood with all problems of the file, sorted; a runbook with an error among its
// problems must not be run. A file that is not YAML gives a nil runbook and exactly
// one problem. The file's name only stands in positions; nothing is read from disk.
func Parse(file string, data []byte) (*Runbook, Problems) {
	return parseSource(NewSource(file, data), data)
}

func parseSource(src *Source, data []byte) (*Runbook, Problems) {
	d := &decoder{src: src, bad: map[*yaml.Node]bool{}, names: map[string]*yaml.Node{}}
	root := d.document(data)
	if root == nil {
		return nil, d.problems
	}
	sum := sha256.Sum256(data)
	r := defaults()
	r.Position = d.position(root)
	r.SHA256 = hex.EncodeToString(sum[:])
	decodeKeys(d, root, "the runbook", runbookKeys(), r)
	src.whole = !d.problems.Failed()
	return r, d.problems.Sort()
}

// defaults returns a runbook with the defaults of the documentation's table.
func defaults() *Runbook {
	return &Runbook{
		Mode:     Auto,
		Priority: 3,
		Timeout:  minutes(30),
		Limits: Limits{
			Runs:     RunLimit{Max: 3, Per: minutes(6 * 60)},
			Cooldown: minutes(10),
		},
		Silence:     SilenceDuring,
		ClearWithin: minutes(5),
		OnResolved:  OnResolvedFinish,
	}
}

func minutes(n int) Duration { return Duration(time.Duration(n) * time.Minute) }

// Names become parts of workflow IDs (which a dot separates) and of expressions.
var (
	kebabCase = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

const maxName = 63

// runbookKeys is the table of the keys at the top of a runbook.
func runbookKeys() []key[Runbook] {
	return []key[Runbook]{
		{name: "runbook", required: true, doc: "its name in kebab-case, unique", decode: decodeName},
		{name: "title", doc: "one line for people", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.Title, _ = d.text(n, "title") }},
		{name: "description", doc: "what the runbook does and why", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.Description, _ = d.text(n, "description") }},
		{name: "owner", doc: "the team that answers for it", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.Owner, _ = d.text(n, "owner") }},
		{name: "alerts", required: true, doc: "lines of Alertmanager matchers, any of which starts it; or manual", decode: decodeAlerts},
		{name: "covers", doc: "lines of matchers for alerts on the same target that this trouble also sets off", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.Covers = d.matcherLines(n, "covers") }},
		{name: "when", doc: "CEL over the triggering alert: alert, labels, target", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.When = d.condition(n, "when") }},
		{name: "for", doc: "it must still fire this long after it was first seen; default 0s", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.For = d.duration(n, "for", 0) }},
		{name: "mode", doc: "a ceiling: observe or auto; default auto", decode: func(d *decoder, n *yaml.Node, r *Runbook) {
			r.Mode = orDefault(word(d, n, "mode", []Mode{Observe, Auto}, []Mode{Approve}), Observe)
		}},
		{name: "priority", doc: "1 first … 5 last, among what waits on one target; default 3", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.Priority = d.integer(n, "priority", 1, 5) }},
		{name: "timeout", doc: "of the whole run; default 30m", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.Timeout = d.duration(n, "timeout", time.Second) }},
		{name: "limits", doc: "runs, cooldown", decode: func(d *decoder, n *yaml.Node, r *Runbook) { decodeKeys(d, n, "limits", limitKeys(), &r.Limits) }},
		{name: "silence", doc: "during (default): the page is held back while it works; or none", decode: func(d *decoder, n *yaml.Node, r *Runbook) {
			r.Silence = orDefault(word(d, n, "silence", []Silence{SilenceDuring, SilenceNone}, nil), SilenceNone)
		}},
		{name: "clear_within", doc: "how long after the verification the alert may still fire; default 5m", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.ClearWithin = d.duration(n, "clear_within", 0) }},
		{name: "on_resolved", doc: "finish (default): acts no more, still verifies and reports", decode: func(d *decoder, n *yaml.Node, r *Runbook) {
			r.OnResolved = orDefault(word(d, n, "on_resolved", []OnResolved{OnResolvedFinish}, []OnResolved{"continue", "cancel"}), OnResolvedFinish)
		}},
		{name: "steps", required: true, doc: "what is done, in order", decode: func(d *decoder, n *yaml.Node, r *Runbook) { r.Steps = d.block(n, "steps", "") }},
		{name: "start_within", doc: "a queued run that could not start by then is refused"},
		{name: "vars", doc: "typed constants"},
		{name: "finally", doc: "checks and notifies, whatever happened"},
	}
}

func limitKeys() []key[Limits] {
	return []key[Limits]{
		{name: "runs", doc: "at most max runs per window, on one target; default {max: 3, per: 6h}", decode: func(d *decoder, n *yaml.Node, l *Limits) {
			decodeKeys(d, n, "limits.runs", runLimitKeys(), &l.Runs)
		}},
		{name: "cooldown", doc: "on the target, from the last act; default 10m", decode: func(d *decoder, n *yaml.Node, l *Limits) { l.Cooldown = d.duration(n, "limits.cooldown", 0) }},
		{name: "breaker", doc: "holds after so many failures in a row"},
	}
}

func runLimitKeys() []key[RunLimit] {
	return []key[RunLimit]{
		{name: "max", required: true, doc: "how many runs", decode: func(d *decoder, n *yaml.Node, l *RunLimit) { l.Max = d.integer(n, "limits.runs.max", 1, 1000) }},
		{name: "per", required: true, doc: "in which time", decode: func(d *decoder, n *yaml.Node, l *RunLimit) { l.Per = d.duration(n, "limits.runs.per", time.Minute) }},
	}
}

// orDefault replaces an empty value, which follows a reported problem, by a cautious one.
func orDefault[T ~string](v, cautious T) T {
	if v == "" {
		return cautious
	}
	return v
}

func decodeName(d *decoder, n *yaml.Node, r *Runbook) {
	s, ok := d.text(n, "runbook")
	if ok && (!kebabCase.MatchString(s) || len(s) > maxName) {
		d.report(n, CodeBadName, "write it in kebab-case, like redis-master-down, in at most 63 characters", "%q cannot be a runbook's name", abbreviate(s))
	}
	r.Name = s
}

func decodeAlerts(d *decoder, n *yaml.Node, r *Runbook) {
	if n.Kind == yaml.ScalarNode && n.Value == "manual" && !d.bad[n] {
		r.Manual = true
		return
	}
	if n.Kind == yaml.ScalarNode && !isNull(n) && !d.bad[n] {
		d.report(n, CodeWrongShape, "write each line of matchers after a dash: - "+n.Value, "alerts must be a list of matcher lines, or manual")
		return
	}
	r.Alerts = d.matcherLines(n, "alerts")
}
