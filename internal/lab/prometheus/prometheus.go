// Package prometheus stands in for Prometheus and redis_exporter beside a lab: it
// scrapes the Redis servers, evaluates alerting rules, and sends alerts to
// Alertmanagers in the way that Prometheus does: after `for`, again and again while
// they fire, each time with an end of its own should Prometheus vanish, and as
// resolved when they are over.
//
// It imports nothing of Redress.
package prometheus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options says what is watched and who is told.
type Options struct {
	Instances     []string // host:port of Redis servers
	Rules         []Rule
	Labels        map[string]string // added to every alert
	Alertmanagers []string          // base URLs
	// Interval is the time between evaluations. Default 1s.
	Interval time.Duration
	// Resend is after how long a firing alert is sent again, as Prometheus's
	// --rules.alert.resend-delay. Default 10s; Prometheus's own is 1m.
	Resend time.Duration
	// OnChange is told of every alert that begins or ceases to fire. May be nil.
	OnChange func(Alert)
	Log      *slog.Logger // nil = discarded
}

// Alert is an alert that fires, or has.
type Alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Firing      bool              `json:"-"`
}

// state is one active rule and label set.
type state struct {
	alert    Alert
	wait     time.Duration
	since    time.Time // active, though perhaps only pending
	resolved time.Time
	sent     time.Time
}

// keepResolved is for how long Prometheus goes on to send that an alert is over.
const keepResolved = 15 * time.Minute

type watcher struct {
	Options
	states map[string]*state
	http   *http.Client
}

// Watch watches until ctx ends.
func Watch(ctx context.Context, o Options) {
	if o.Interval == 0 {
		o.Interval = time.Second
	}
	if o.Resend == 0 {
		o.Resend = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	// No proxy between us and an Alertmanager on this machine.
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	w := &watcher{Options: o, states: map[string]*state{}, http: client}
	began := time.Now()
	tick := time.NewTicker(o.Interval)
	defer tick.Stop()
	for {
		// As in Prometheus, time goes by in whole intervals: otherwise a tick that is
		// late by a hair would lengthen every `for` by an interval.
		at := began.Add(time.Since(began).Truncate(o.Interval)).UTC()
		scraped := scrape(ctx, o.Instances, o.Interval)
		if ctx.Err() != nil {
			return // a scrape that was cut off says nothing
		}
		w.evaluate(at, scraped)
		if err := w.send(ctx); err != nil && ctx.Err() == nil {
			o.Log.WarnContext(ctx, "alerts could not be sent", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// evaluate moves every alert between inactive, pending, firing and resolved.
func (w *watcher) evaluate(now time.Time, scraped []Instance) {
	active := map[string]bool{}
	for _, r := range w.Rules {
		for _, extra := range r.Active(scraped) {
			labels := map[string]string{"alertname": r.Name}
			maps.Copy(labels, w.Labels)
			maps.Copy(labels, r.Labels)
			maps.Copy(labels, extra)
			key := identity(labels)
			active[key] = true
			if s := w.states[key]; s == nil || !s.resolved.IsZero() {
				w.states[key] = &state{
					alert: Alert{Labels: labels, Annotations: map[string]string{"summary": r.Summary}}, wait: r.For, since: now,
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.states)) {
		s := w.states[key]
		switch {
		case active[key] && !s.alert.Firing && now.Sub(s.since) >= s.wait:
			s.alert.Firing, s.alert.StartsAt = true, now
			w.changed(s.alert)
		case active[key]:
		case !s.alert.Firing && s.resolved.IsZero():
			delete(w.states, key) // was only pending
		case s.alert.Firing:
			s.alert.Firing, s.resolved, s.alert.EndsAt, s.sent = false, now, now, time.Time{}
			w.changed(s.alert)
		case now.Sub(s.resolved) > keepResolved:
			delete(w.states, key)
		}
	}
}

func (w *watcher) changed(a Alert) {
	if w.OnChange != nil {
		w.OnChange(a)
	}
}

// send posts what is due to every Alertmanager. A firing alert carries an end four
// resends away, so that it resolves by itself should we vanish.
func (w *watcher) send(ctx context.Context) error {
	now := time.Now().UTC()
	var due []Alert
	var states []*state
	for _, key := range slices.Sorted(maps.Keys(w.states)) {
		s := w.states[key]
		if !s.alert.Firing && s.resolved.IsZero() || now.Sub(s.sent) < w.Resend {
			continue
		}
		if s.alert.Firing {
			s.alert.EndsAt = now.Add(4 * w.Resend)
		}
		due, states = append(due, s.alert), append(states, s)
	}
	if len(due) == 0 {
		return nil
	}
	body, err := json.Marshal(due)
	if err != nil {
		return fmt.Errorf("encode alerts: %w", err)
	}
	var errs []error
	for _, url := range w.Alertmanagers {
		errs = append(errs, w.post(ctx, url, body))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, s := range states {
		s.sent = now
	}
	return nil
}

func (w *watcher) post(ctx context.Context, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v2/alerts", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post alerts: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.http.Do(req)
	if err != nil {
		return fmt.Errorf("post alerts: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("post alerts to %s: %s", url, resp.Status)
	}
	return nil
}

func identity(labels map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(&b, "%s=%q,", k, labels[k])
	}
	return b.String()
}
