//go:build !lean

package demo

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told runs fn with a narrator and returns what it told, without times.
func told(fn func(say *narrator)) []string {
	var out bytes.Buffer
	say := newNarrator(&out)
	fn(say)
	say.close()
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func TestObserver(t *testing.T) {
	t.Parallel()
	start := time.Now()
	fires := func(silencedBy ...string) alert {
		a := alert{Fingerprint: "f1", Labels: map[string]string{"alertname": "RedisDown", "instance": "a:1"}}
		a.Status.SilencedBy = silencedBy
		return a
	}
	lease := silence{ID: "s1", StartsAt: start, EndsAt: start.Add(time.Hour), UpdatedAt: start}
	lease.Matchers = append(lease.Matchers, struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}{"alertname", "RedisDown"})
	over := lease
	over.Status.State, over.EndsAt, over.UpdatedAt = "expired", start.Add(8*time.Second), start.Add(8*time.Second)

	for name, c := range map[string]struct {
		play func(o *observer)
		held []string
		want []string
	}{
		"held back": {
			func(o *observer) {
				o.tellAlerts(start, []alert{fires()})
				o.tellSilence(silence{}, lease)
				o.silences["s1"] = lease
				o.tellAlerts(start.Add(pageAfter+time.Second), []alert{fires("s1")})
				o.tellAlerts(start.Add(pageAfter+2*time.Second), []alert{fires("s1")}) // told once
				if o.quiet() {
					t.Error("quiet while an alert fires")
				}
				o.tellAlerts(start.Add(pageAfter+3*time.Second), nil)
				if o.quiet() {
					t.Error("quiet while a silence lives")
				}
				o.tellSilence(lease, over)
				o.silences["s1"] = over
				if !o.quiet() {
					t.Error("not quiet with everything over")
				}
			},
			[]string{"RedisDown of a:1"},
			[]string{
				"alertmanager silence set for RedisDown: its page is held back until " + lease.EndsAt.Local().Format("15:04:05") + " at most, unless renewed",
				"alertmanager the page for RedisDown of a:1 would go out now: the silence holds it back",
				"alertmanager RedisDown of a:1 has cleared",
				"alertmanager silence for RedisDown ended",
			},
		},
		"somebody else's silence": {
			func(o *observer) {
				o.tellAlerts(start, []alert{fires("theirs")})
				o.tellAlerts(start.Add(pageAfter+time.Second), []alert{fires("theirs")})
			},
			nil,
			[]string{"alertmanager the page for RedisDown of a:1 is due, and nothing of ours holds it back"},
		},
		"gone before the page": {
			func(o *observer) {
				o.tellAlerts(start, []alert{fires()})
				o.tellAlerts(start.Add(time.Second), nil)
			},
			nil,
			[]string{"alertmanager RedisDown of a:1 has cleared"},
		},
	} {
		var held []string
		lines := told(func(say *narrator) {
			o := newObserver("", say, glossary{strings.NewReplacer()})
			c.play(o)
			held = o.held
		})
		if diff := cmp.Diff(c.want, lines); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(c.held, held); diff != "" {
			t.Errorf("%s: held (-want +got):\n%s", name, diff)
		}
	}
}

func TestPager(t *testing.T) {
	t.Parallel()
	lines := told(func(say *narrator) {
		p, err := startPager(say)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			path, body string
			want       int
		}{
			{"/page", `{"alerts": [{"status": "resolved", "labels": {"alertname": "RedisDown"}}]}`, http.StatusOK},
			{"/page", `{"alerts": [{"status": "firing", "labels": {"alertname": "A"}}, {"status": "firing", "labels": {"alertname": "A"}}, {"status": "firing", "labels": {"alertname": "B"}}]}`, http.StatusOK},
			{"/page", `{`, http.StatusBadRequest},
			{"/message", `{"title": "t", "message": "hello"}`, http.StatusOK},
			{"/message", ``, http.StatusBadRequest},
		} {
			resp, err := http.Post(p.url+c.path, "application/json", strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.want {
				t.Errorf("%s %s: %s, want %d", c.path, c.body, resp.Status, c.want)
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		if pages := p.paged(); len(pages) != 1 || list(pages[0].alerts) != "A and B" {
			t.Errorf("pages %+v, want one for A and B", pages)
		}
		if err := p.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	want := []string{
		"pager a person is told that it is over",
		"pager a PERSON IS PAGED for A and B",
		"pager Redress writes to the people on call (no page): hello",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
