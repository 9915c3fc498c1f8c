package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/internal/contract"
	"redress/webhook"
)

func TestFixturesAreRecorded(t *testing.T) {
	for name, body := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			starter := &recorder{}
			rec := post(handler(t, options(starter)), body)
			if rec.Code != http.StatusAccepted {
				t.Fatalf("status %d: %s", rec.Code, rec.Body)
			}
			// What the fixture says, read independently of the code under test.
			var said struct {
				Status          string
				GroupKey        string `json:"groupKey"`
				ExternalURL     string `json:"externalURL"`
				TruncatedAlerts int    `json:"truncatedAlerts"`
				Alerts          []struct {
					Status, Fingerprint string
					Labels, Annotations map[string]string
					StartsAt, EndsAt    time.Time
					GeneratorURL        string
				}
			}
			if err := json.Unmarshal([]byte(body), &said); err != nil {
				t.Fatal(err)
			}
			want := contract.Notification{
				ReceivedAt: time.Date(2026, 11, 21, 3, 4, 12, 0, time.UTC), Receiver: "redress", GroupKey: said.GroupKey,
				Status: said.Status, ExternalURL: said.ExternalURL, TruncatedAlerts: said.TruncatedAlerts,
			}
			for _, a := range said.Alerts {
				want.Alerts = append(want.Alerts, contract.Alert{
					Fingerprint: a.Fingerprint, Status: a.Status, Labels: a.Labels, Annotations: a.Annotations,
					StartsAt: a.StartsAt, EndsAt: a.EndsAt, GeneratorURL: a.GeneratorURL,
				})
			}
			got := starter.all()
			if len(got) != 1 {
				t.Fatalf("%d records, want one for the one target", len(got))
			}
			if diff := cmp.Diff(contract.TargetRef{Name: "cache-prod", Labels: map[string]string{"env": "prod"}}, got[0].target); diff != "" {
				t.Errorf("target (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, got[0].n); diff != "" {
				t.Errorf("notification (-want +got):\n%s", diff)
			}
			var answer webhook.Accepted
			if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
				t.Fatal(err)
			}
			wantAnswer := webhook.Accepted{
				Targets: []webhook.AcceptedTarget{{Target: "cache-prod", Alerts: len(said.Alerts)}},
				Alerts:  len(said.Alerts), Truncated: said.TruncatedAlerts, Ignored: []webhook.Ignored{},
			}
			if diff := cmp.Diff(wantAnswer, answer); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// group is a notification with one alert for each value of redis_cluster; "" leaves
// the label out.
func group(clusters ...string) string {
	var alerts []string
	for i, cluster := range clusters {
		labels := `"alertname":"RedisDown"`
		if cluster != "" {
			labels += fmt.Sprintf(`,"redis_cluster":%q`, cluster)
		}
		alerts = append(alerts, fmt.Sprintf(
			`{"status":"firing","labels":{%s},"annotations":{},"startsAt":"2026-11-21T01:42:44Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"%016x"}`, labels, i))
	}
	return `{"version":"4","groupKey":"{}:{}","receiver":"team\\.redress","status":"firing","truncatedAlerts":3,` +
		// Labels that a group has in common must decide nothing.
		`"commonLabels":{"redis_cluster":"common"},"groupLabels":{"redis_cluster":"grouped"},"alerts":[` + strings.Join(alerts, ",") + `]}`
}

func TestSplitByTarget(t *testing.T) {
	starter := &recorder{}
	h := handler(t, options(starter))
	rec := post(h, group("b", "a", "", "b", "twice"))
	if rec.Code != http.StatusAccepted {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	got := map[string][]string{}
	for _, r := range starter.all() {
		if r.n.Receiver != "team.redress" {
			t.Errorf("receiver = %q, want it unquoted", r.n.Receiver)
		}
		for _, a := range r.n.Alerts {
			got[r.target.Name] = append(got[r.target.Name], a.Fingerprint[15:])
		}
	}
	if diff := cmp.Diff(map[string][]string{"a": {"1"}, "b": {"0", "3"}}, got); diff != "" {
		t.Errorf("alerts by target (-want +got):\n%s", diff)
	}
	want := `{"targets":[{"target":"a","alerts":1},{"target":"b","alerts":2}],"alerts":5,"truncated":3,` +
		`"ignored":[{"fingerprint":"0000000000000002","alertname":"RedisDown","reason":"no target matches"},` +
		`{"fingerprint":"0000000000000004","alertname":"RedisDown","reason":"targets a and b match"}]}`
	if diff := cmp.Diff(want, rec.Body.String()); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	wantMetrics := []string{`redress_alerts_total{result="failed"} 0`, `redress_alerts_total{result="ignored"} 2`, `redress_alerts_total{result="recorded"} 3`, `redress_alerts_truncated_total 3`}
	if diff := cmp.Diff(wantMetrics, metric(t, h, "redress_alerts_t")); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`redress_notifications_total{code="202"} 1`}, metric(t, h, "redress_notifications_total")); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestPartOfTheTargetsCannotBeRecorded(t *testing.T) {
	tests := []struct {
		name   string
		fail   map[string]error
		status int
		detail string
	}{
		{"Temporal is away for one", map[string]error{"b": contract.ErrUnavailable}, 503, "not recorded for 1 of 3 targets; target b: Temporal is not available; Alertmanager sends it again"},
		{"one can never be recorded", map[string]error{"b": fmt.Errorf("alert 0: %w", contract.ErrTooLarge)}, 413, "not recorded for 1 of 3 targets; target b: alert 0: too large for Temporal"},
		{"both kinds: it may pass", map[string]error{"a": contract.ErrTooLarge, "c": contract.ErrUnavailable}, 503, "not recorded for 2 of 3 targets; target c: Temporal is not available; Alertmanager sends it again"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			starter := &recorder{fail: func(target string) error { return tt.fail[target] }}
			h := handler(t, options(starter))
			rec := post(h, group("a", "b", "c"))
			if rec.Code != tt.status {
				t.Fatalf("status %d, want %d: %s", rec.Code, tt.status, rec.Body)
			}
			if p := problemOf(t, rec, intake); p.Detail != tt.detail {
				t.Errorf("detail = %q, want %q", p.Detail, tt.detail)
			}
			if got := rec.Header().Get("Retry-After"); (got != "") != (tt.status == 503) {
				t.Errorf("Retry-After = %q with status %d", got, tt.status)
			}
			if got, want := len(starter.all()), 3-len(tt.fail); got != want {
				t.Errorf("%d targets recorded, want %d: the others are not held up", got, want)
			}
			if got := metric(t, h, `redress_alerts_total{result="failed"}`); len(got) != 1 || !strings.HasSuffix(got[0], fmt.Sprint(" ", len(tt.fail))) {
				t.Errorf("metric of failed alerts: %v, want %d", got, len(tt.fail))
			}
		})
	}
}

func TestSameNotificationTenTimesAtOnce(t *testing.T) {
	starter := &recorder{}
	h := handler(t, options(starter))
	body := fixtures(t)["alertmanager-0.31.1-1-one-firing"]
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if rec := post(h, body); rec.Code != http.StatusAccepted {
				t.Errorf("status %d: %s", rec.Code, rec.Body)
			}
		})
	}
	wg.Wait()
	records := starter.all()
	if len(records) != 10 {
		t.Fatalf("%d records, want 10: folding is the guardian's", len(records))
	}
	for _, r := range records[1:] {
		if diff := cmp.Diff(records[0].n, r.n); diff != "" {
			t.Errorf("records differ:\n%s", diff)
		}
	}
}

func TestNotANotification(t *testing.T) {
	good := group("a")
	with := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the notification has no %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	tests := []struct {
		name, body, pointer, detail string
	}{
		{"empty", " \n", "", `the body is empty`},
		{"broken", "{\n  \"version\": 4x\n}", "", `not JSON: invalid character 'x' .* at byte 17 \(line 2, column 15\)`},
		{"broken off", good[:60], "", `not JSON: unexpected end of JSON input, at byte 60`},
		{"trailing garbage", good + "\nfoo", "", `not JSON: invalid character 'f' after top-level value, at byte \d+ \(line 2, column 1\)`},
		{"two documents", good + good, "", `after top-level value`},
		{"an array", "[]", "", `the body is a JSON array`},
		{"null", "null", "", `version and groupKey are missing`},
		{"another JSON", `{"foo": 1}`, "", `version and groupKey are missing; point a webhook_configs entry here`},
		{"version 3", with(`"4"`, `"3"`), "/version", `version is "3" and only "4" is understood`},
		{"version as a number", with(`"4"`, `4`), "/version", `version is a JSON number.* at byte 12 `},
		{"no version", with(`"version":"4",`, ``), "/version", `version is missing`},
		{"no groupKey", with(`"groupKey":"{}:{}",`, ``), "/groupKey", `groupKey is missing`},
		{"no status", with(`"receiver":"team\\.redress","status":"firing"`, `"receiver":"x"`), "/status", `status is ""`},
		{"negative truncation", with(`"truncatedAlerts":3`, `"truncatedAlerts":-1`), "/truncatedAlerts", `cannot be negative`},
		{"no alerts", group(), "/alerts", `alerts is missing or empty`},
		{"alerts is an object", with(`"alerts":[`, `"alerts":{},"x":[`), "/alerts", `alerts is a JSON object`},
		{"alert is a string", with(`"alerts":[`, `"alerts":["x",`), "/alerts/0", `^alert 0 is a JSON string`},
		{"alert's labels are a list", with(`"labels":{"alertname":"RedisDown","redis_cluster":"a"}`, `"labels":[]`), "/alerts/0/labels", `labels of alert 0 is a JSON array`},
		{"alert without labels", with(`"labels":{"alertname":"RedisDown","redis_cluster":"a"}`, `"labels":{}`), "/alerts/0/labels", `labels of alert 0 are missing`},
		{"alert without fingerprint", with(`"0000000000000000"`, `""`), "/alerts/0/fingerprint", `fingerprint of alert 0 is missing`},
		{"alert without startsAt", with(`"startsAt":"2026-11-21T01:42:44Z",`, ``), "/alerts/0/startsAt", `startsAt of alert 0 is missing`},
		{"alert with a broken time", with(`"2026-11-21T01:42:44Z"`, `"yesterday"`), "/alerts/0/startsAt", `startsAt of alert 0 is not a time .*yesterday`},
		{"alert with a broken endsAt", with(`"0001-01-01T00:00:00Z"`, `"later"`), "/alerts/0/endsAt", `endsAt of alert 0 is not a time .*later`},
		{"time over the edge", with(`"2026-11-21T01:42:44Z"`, `"9999-12-31T23:59:59-05:00"`), "/alerts/0/startsAt", `years 1 to 9999`},
		{"alert of unknown status", with(`{"status":"firing"`, `{"status":"pending"`), "/alerts/0/status", `status of alert 0 is "pending" and must be firing or resolved`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			starter := &recorder{}
			rec := post(handler(t, options(starter)), tt.body)
			if rec.Code != http.StatusBadRequest {
				t.Fatalf("status %d, want 400: %s", rec.Code, rec.Body)
			}
			p := problemOf(t, rec, intake)
			if len(p.Errors) == 0 || p.Errors[0].Pointer != tt.pointer {
				t.Errorf("errors = %+v, want the first at %q", p.Errors, tt.pointer)
			}
			if !regexp.MustCompile(tt.detail).MatchString(p.Detail) {
				t.Errorf("detail = %q, want it to match %q", p.Detail, tt.detail)
			}
			if n := len(starter.all()); n != 0 {
				t.Errorf("%d records of a body that was refused", n)
			}
		})
	}
}

func TestEveryDefectIsTold(t *testing.T) {
	body := strings.NewReplacer(`"fingerprint":"0000000000000000"`, `"fingerprint":""`, `"startsAt":"2026-11-21T01:42:44Z",`, ``).Replace(group("a", "b"))
	p := problemOf(t, post(handler(t, options(&recorder{})), body), intake)
	var got []string
	for _, e := range p.Errors {
		got = append(got, e.Pointer)
	}
	if diff := cmp.Diff([]string{"/alerts/0/fingerprint", "/alerts/0/startsAt", "/alerts/1/startsAt"}, got); diff != "" {
		t.Errorf("pointers (-want +got):\n%s", diff)
	}
	if !strings.HasSuffix(p.Detail, "(and 2 more, see errors)") {
		t.Errorf("detail = %q does not say that there is more", p.Detail)
	}
}

// forgetful is a Starter that keeps nothing, so that a long fuzz does not grow.
type forgetful struct{}

func (forgetful) Record(_ context.Context, _ contract.TargetRef, n contract.Notification) error {
	_, err := json.Marshal(n)
	return err
}

func FuzzNotification(f *testing.F) {
	for _, body := range fixtures(f) {
		f.Add([]byte(body))
	}
	f.Add([]byte(group("a", "", "twice")))
	f.Add([]byte(`{"version":"4"} x`))
	h := handler(f, options(forgetful{}))
	f.Fuzz(func(t *testing.T, body []byte) {
		rec := post(h, string(body))
		switch rec.Code {
		case http.StatusAccepted, http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		default:
			t.Fatalf("status %d: %s", rec.Code, rec.Body)
		}
		if !json.Valid(rec.Body.Bytes()) {
			t.Fatalf("the answer is not JSON: %q", rec.Body)
		}
	})
}
