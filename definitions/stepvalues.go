package definitions

import (
	"regexp"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// begin fills in the part of the step's kind, with the defaults of the documentation.
func (s *Step) begin() {
	switch s.Kind {
	case KindCheck:
		s.Check = &Check{}
	case KindGuard:
		s.Guard = &Guard{}
	case KindAct:
		s.Act = &Act{}
	case KindVerify:
		s.Verify = &Verify{Every: Duration(2 * time.Second), Within: literalDuration(minutes(1), s.Position)}
	case KindNotify:
		s.Notify = &Notify{}
	case KindEscalate:
		s.Escalate = &Escalate{}
	case KindStop:
		s.Stop = &Stop{}
	}
}

// call returns the call of a step that calls an action, nil for others.
func (s *Step) call() *Call {
	switch {
	case s.Check != nil:
		return &s.Check.Call
	case s.Act != nil:
		return &s.Act.Call
	case s.Verify != nil:
		return &s.Verify.Call
	}
	return nil
}

// actionName is a system and what is done there: sentinel.failover.
var actionName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

func decodeAction(d *decoder, n *yaml.Node, s *Step) {
	name, ok := d.text(n, string(s.Kind))
	if !ok {
		return
	}
	if !actionName.MatchString(name) {
		d.report(n, CodeBadValue, "name an action, like sentinel.topology", "%s: %q is not the name of an action", s.Kind, abbreviate(name))
		return
	}
	s.call().Action = name
}

func decodeGuard(d *decoder, n *yaml.Node, s *Step) {
	if e := d.condition(n, "guard"); e != nil {
		s.Guard.Condition = *e
	}
}

func decodeNotify(d *decoder, n *yaml.Node, s *Step) {
	s.Notify.Receiver, _ = d.text(n, "notify")
}

func decodeEscalate(d *decoder, n *yaml.Node, s *Step) {
	if t := d.template(n, "escalate"); t != nil {
		s.Escalate.Message = *t
	}
}

func decodeMessage(d *decoder, n *yaml.Node, s *Step) {
	if t := d.template(n, "message"); t != nil {
		s.Notify.Message = *t
	}
}

func decodeStop(d *decoder, n *yaml.Node, s *Step) {
	s.Stop.Outcome = orDefault(word(d, n, "stop", []Outcome{NoAction, Healed, Refused, Failed}, nil), Failed)
}

func decodeTitle(d *decoder, n *yaml.Node, s *Step) {
	if s.Notify != nil {
		s.Notify.Title = d.template(n, "title")
		return
	}
	s.Title, _ = d.text(n, "title")
}

func decodeReason(d *decoder, n *yaml.Node, s *Step) {
	t := d.template(n, "reason")
	if s.Guard != nil {
		s.Guard.Reason = t
	} else {
		s.Stop.Reason = t
	}
}

func decodeElse(d *decoder, n *yaml.Node, s *Step) {
	if s.Guard != nil {
		s.Guard.Else = d.block(n, "else", join(s.Path, "else"))
		return
	}
	s.Verify.HasElse = true
	s.Verify.Else = d.block(n, "else", join(s.Path, "else"))
}

func decodeRetry(d *decoder, n *yaml.Node, s *Step) {
	s.Retry = &Retry{Attempts: 1, Delay: Duration(time.Second), Backoff: 2, MaxDelay: minutes(1)}
	decodeKeys(d, n, "retry", retryKeys(), s.Retry)
	if s.Retry.Attempts == 0 {
		s.Retry.Attempts = 1
	}
}

func retryKeys() []key[Retry] {
	return []key[Retry]{
		{name: "attempts", required: true, doc: "in all, at least 1", decode: func(d *decoder, n *yaml.Node, r *Retry) { r.Attempts = d.integer(n, "retry.attempts", 1, 100) }},
		{name: "delay", doc: "before the second attempt; default 1s", decode: func(d *decoder, n *yaml.Node, r *Retry) { r.Delay = d.duration(n, "retry.delay", 0) }},
		{name: "backoff", doc: "factor from delay to delay, at least 1; default 2", decode: decodeBackoff},
		{name: "max_delay", doc: "default 1m", decode: func(d *decoder, n *yaml.Node, r *Retry) { r.MaxDelay = d.duration(n, "retry.max_delay", 0) }},
	}
}

func decodeBackoff(d *decoder, n *yaml.Node, r *Retry) {
	s, ok := d.text(n, "retry.backoff")
	if !ok {
		return
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 1 && f <= 10) {
		d.report(n, CodeBadValue, "", "retry.backoff must be a number from 1 to 10, not %q", abbreviate(s))
		return
	}
	r.Backoff = f
}
