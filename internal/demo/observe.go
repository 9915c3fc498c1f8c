//go:build !lean

package demo

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// author begins the createdBy of Redress's silences.
const author = "redress/"

// observer tells what Alertmanager's API shows: silences that come and go, pages that
// are held back, alerts that clear. It is used by one goroutine.
type observer struct {
	api      string
	say      *narrator
	words    glossary
	silences map[string]silence // ours, by ID
	alerts   map[string]*sighted
	held     []string // alerts whose page was due, and held back by one of our silences
	cleared  time.Time
	err      error // of the last look
}

type silence struct {
	ID        string `json:"id"`
	CreatedBy string `json:"createdBy"`
	Status    struct {
		State string `json:"state"`
	} `json:"status"`
	StartsAt  time.Time `json:"startsAt"`
	EndsAt    time.Time `json:"endsAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	Matchers  []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"matchers"`
}

func (s silence) expired() bool { return s.Status.State == "expired" }

func (s silence) about() string {
	labels := map[string]string{}
	for _, m := range s.Matchers {
		labels[m.Name] = m.Value
	}
	return labelled(labels)
}

type alert struct {
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	Status      struct {
		SilencedBy []string `json:"silencedBy"`
	} `json:"status"`
}

// sighted is an alert that Alertmanager lists, or did.
type sighted struct {
	alert
	since  time.Time
	due    bool // the moment of its page has been looked at
	listed bool
}

func newObserver(api string, say *narrator, words glossary) *observer {
	return &observer{api: api, say: say, words: words, silences: map[string]silence{}, alerts: map[string]*sighted{}}
}

// look asks Alertmanager, and tells what is new.
func (o *observer) look(ctx context.Context) {
	var silences []silence
	var alerts []alert
	if o.err = get(ctx, o.api+"/api/v2/silences", &silences); o.err != nil {
		return
	}
	filter := url.Values{"filter": {`service="` + service + `"`}}
	if o.err = get(ctx, o.api+"/api/v2/alerts?"+filter.Encode(), &alerts); o.err != nil {
		return
	}
	for _, s := range silences {
		if strings.HasPrefix(s.CreatedBy, author) {
			o.tellSilence(o.silences[s.ID], s)
			o.silences[s.ID] = s
		}
	}
	o.tellAlerts(time.Now(), alerts)
}

func (o *observer) tellSilence(seen, s silence) {
	about := o.words.names.Replace(s.about())
	switch {
	case seen.ID == "":
		o.say.note(s.StartsAt, partAlertmanager, "silence set for %s: its page is held back until %s at most, unless renewed",
			about, s.EndsAt.Local().Format("15:04:05"))
	case !seen.expired() && !s.expired() && !seen.EndsAt.Equal(s.EndsAt):
		o.say.note(s.UpdatedAt, partAlertmanager, "silence for %s renewed until %s", about, s.EndsAt.Local().Format("15:04:05"))
	}
	if s.expired() && !seen.expired() {
		how := "ended"
		if s.EndsAt.Sub(s.UpdatedAt) > time.Second {
			how = "ran out"
		}
		o.say.note(s.EndsAt, partAlertmanager, "silence for %s %s", about, how)
	}
}

func (o *observer) tellAlerts(now time.Time, listed []alert) {
	for _, known := range o.alerts {
		known.listed = false
	}
	for _, a := range listed {
		known := o.alerts[a.Fingerprint]
		if known == nil {
			known = &sighted{since: now}
			o.alerts[a.Fingerprint] = known
		}
		known.alert, known.listed = a, true
		if !known.due && now.Sub(known.since) > pageAfter {
			known.due = true
			o.tellDue(now, a)
		}
	}
	for id, known := range o.alerts {
		if !known.listed {
			o.cleared = now
			o.say.note(now, partAlertmanager, "%s has cleared", o.words.names.Replace(labelled(known.Labels)))
			delete(o.alerts, id)
		}
	}
}

// tellDue tells whether the page, which is due now, is held back by Redress.
func (o *observer) tellDue(now time.Time, a alert) {
	name := o.words.names.Replace(labelled(a.Labels))
	ours := slices.ContainsFunc(a.Status.SilencedBy, func(id string) bool { _, ok := o.silences[id]; return ok })
	if !ours {
		o.say.note(now, partAlertmanager, "the page for %s is due, and nothing of ours holds it back", name)
		return
	}
	o.held = append(o.held, name)
	o.say.note(now, partAlertmanager, "the page for %s would go out now: the silence holds it back", name)
}

// quiet reports whether no alert is listed and no silence of ours is left.
func (o *observer) quiet() bool {
	for _, s := range o.silences {
		if !s.expired() {
			return false
		}
	}
	return len(o.alerts) == 0
}
