package lint

import (
	"slices"

	"redress/definitions"
)

// CodeUnknownReceiver is the code of the check of receivers.
const CodeUnknownReceiver = "unknown-receiver"

// defaultReceiver stands for policy.receiver.
const defaultReceiver = "default"

// receivers checks that whom the runbook tells is configured.
type receivers struct{}

func (receivers) codes() []definitions.CodeDoc {
	return []definitions.CodeDoc{{Code: CodeUnknownReceiver, Text: "redress.yaml configures no receiver of this name. `default` stands for policy.receiver."}}
}

func (receivers) check(b *book) {
	if b.Receivers == nil {
		return
	}
	for _, s := range b.sites {
		switch {
		case s.Notify != nil:
			b.checkReceiver(s, "notify", s.Notify.Receiver)
		case s.Escalate != nil:
			b.checkReceiver(s, "to", s.Escalate.To)
		}
	}
}

func (b *book) checkReceiver(s *site, key, name string) {
	if name == "" || name == defaultReceiver || slices.Contains(b.Receivers, name) {
		return
	}
	suggestion := definitions.DidYouMean(name, append([]string{defaultReceiver}, b.Receivers...))
	if suggestion == "" {
		suggestion = "configure it under receivers, or write default"
	}
	b.report(b.key(s, key), CodeUnknownReceiver, suggestion, "no receiver is named %q", name)
}
