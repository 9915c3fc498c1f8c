package config

import (
	"fmt"
	"slices"
	"time"

	"redress/definitions"
)

// maxHoldPage is how long a page may be held back in all, by promise 5 of the product
// design; it is the default of policy.hold_page too.
const maxHoldPage = 5 * time.Minute

// policy reads the key `policy`.
func (d *decoder) policy(root *object, receivers []Receiver) Policy {
	p := Policy{Mode: definitions.Observe, HoldPage: definitions.Duration(maxHoldPage)}
	o, ok := root.child("policy")
	if !ok { // an absent policy is an empty one
		o = &object{d: d, node: root.node, path: "policy", broken: root.broken || root.silent["policy"]}
	}
	p.Receiver = d.defaultReceiver(root, o, receivers)
	if m := o.mode("mode"); m != "" {
		p.Mode = m
	}
	p.HoldPage = o.duration("hold_page", maxHoldPage, maxHoldPage)
	for _, it := range o.list("rules") {
		rule := d.object(it.node, it.path)
		ms, _, _ := rule.matchers("match")
		rule.require("mode")
		p.Rules = append(p.Rules, Rule{Match: ms, Mode: rule.mode("mode")})
	}
	return p
}

// defaultReceiver settles who is told when a runbook names nobody: policy.receiver,
// or else the only receiver.
func (d *decoder) defaultReceiver(root, o *object, receivers []Receiver) string {
	var names []string
	for _, r := range receivers {
		if r.Name != "" && !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	it, given := o.text("receiver")
	switch {
	case given && !slices.Contains(names, it.text):
		if len(names) < len(receivers) || root.silent["receivers"] || root.misshapen("receivers") {
			break // the one that is meant may be among those that cannot be read
		}
		cure := definitions.DidYouMean(it.text, names)
		if len(names) == 0 {
			cure = fmt.Sprintf("add receivers: [{name: %s, url_file: FILE}]", it.text)
		}
		d.fail(it.node, CodeUnknownReceiver, fmt.Sprintf("policy.receiver: there is no receiver named %q", it.text), cure)
	case given:
		return it.text
	case o.broken || o.keys["receiver"] != nil || o.silent["receiver"]:
	case root.silent["receivers"] || root.misshapen("receivers"):
	case len(receivers) == 0:
		d.warn(o.node, CodeNoReceiver, "no receiver is configured: nobody can be told how a run ended",
			"add receivers: [{name: oncall, url_file: FILE}]")
	case len(names) == 1 && len(receivers) == 1:
		return names[0]
	case len(names) > 1:
		d.fail(o.node, definitions.CodeMissingKey, "policy needs the key receiver: there are several receivers", "name who is told when a runbook names nobody: "+definitions.OneOf(names))
	}
	return ""
}
