package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"redress/internal/contract"
)

// printable makes one line of a text that came from elsewhere: a label or an error may
// hold control characters, and a terminal obeys some.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return '·'
	}, strings.TrimSpace(s))
}

// cut shortens a text to that many characters.
func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// took prints how long something lasted, as short as is useful.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", d.Truncate(time.Second).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// span prints the time from a to b, or until now when there is no b yet.
func span(a, b *time.Time, now time.Time) string {
	if a == nil {
		return ""
	}
	if b == nil {
		return took(now.Sub(*a))
	}
	return took(b.Sub(*a))
}

// clock prints the time of day, in UTC as all of Redress's times.
func clock(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.TimeOnly)
}

// moment prints a time of day, with its date when that is not the day of the run.
func moment(t time.Time, start *time.Time) string {
	if start == nil || t.UTC().Format(time.DateOnly) != start.UTC().Format(time.DateOnly) {
		return t.UTC().Format(time.DateTime)
	}
	return clock(&t)
}

// alertName prints an alert as Alertmanager does.
func alertName(labels map[string]string) string {
	var rest []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if k != "alertname" {
			rest = append(rest, fmt.Sprintf("%s=%q", k, labels[k]))
		}
	}
	return printable(cmp.Or(labels["alertname"], "(no alertname)") + "{" + strings.Join(rest, ", ") + "}")
}

// state is the outcome of a run that ended, and the status of one that did not.
func state(r contract.Run) string {
	if r.Status == contract.RunFinished && r.Outcome != "" {
		return string(r.Outcome)
	}
	return string(r.Status)
}
