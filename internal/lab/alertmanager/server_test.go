//go:build !lean

package alertmanager

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	groupWait      = 300 * time.Millisecond
	repeatInterval = 500 * time.Millisecond
)

// configuration groups by service; alerts of the group "off-hours" are muted always,
// and a broken node inhibits what runs on it.
const configuration = `
route:
  receiver: hook
  group_by: [service]
  group_wait: 300ms
  group_interval: 200ms
  repeat_interval: 500ms
  routes:
    - matchers: [service="off-hours"]
      mute_time_intervals: [always]
time_intervals:
  - name: always
    time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]
inhibit_rules:
  - source_matchers: [alertname="NodeDown"]
    target_matchers: [severity="page"]
    equal: [node]
receivers:
  - name: hook
    webhook_configs: [{url: HOOK, send_resolved: true}]
`

func TestNotifications(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	s := start(t, c, Options{Config: configuration})
	posted := time.Now()
	fire(t, s, time.Time{}, "alertname", "RedisDown", "service", "redis", "instance", "a")
	fire(t, s, time.Time{}, "alertname", "RedisSlow", "service", "redis", "instance", "b")
	fire(t, s, time.Time{}, "alertname", "DiskFull", "service", "disk")

	firing := c.await(t, 2, "firing", "RedisDown,RedisSlow")
	first, second := firing[0], firing[1]
	if waited := first.at.Sub(posted); waited < groupWait {
		t.Errorf("the first notification came after %s, before group_wait was over", waited)
	}
	if apart := second.at.Sub(first.at); apart < repeatInterval {
		t.Errorf("it was repeated after %s, before repeat_interval was over", apart)
	}
	if first.Version != "4" || first.Receiver != "hook" || first.ExternalURL != s.URL() || first.TruncatedAlerts != 0 {
		t.Errorf("the notification is %+v", first.Message)
	}
	if want := `{}:{service="redis"}`; first.GroupKey != want {
		t.Errorf("the group key is %s, want %s", first.GroupKey, want)
	}
	c.await(t, 1, "firing", "DiskFull")

	fire(t, s, time.Now(), "alertname", "RedisDown", "service", "redis", "instance", "a")
	fire(t, s, time.Now(), "alertname", "RedisSlow", "service", "redis", "instance", "b")
	eventually(t, "both resolutions", func() bool {
		resolved := map[string]bool{}
		for _, d := range c.all() {
			for _, a := range d.Alerts.Resolved() {
				resolved[a.Labels["alertname"]] = true
			}
		}
		return cmp.Equal(resolved, map[string]bool{"RedisDown": true, "RedisSlow": true})
	})
}

func TestSilence(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	s := start(t, c, Options{Config: configuration})
	annotations := map[string]string{"redress_run": "cache-prod.redis-master-down.20261121T030412Z", "redress_status": "running"}
	var created struct{ SilenceID string }
	call(t, http.MethodPost, s.URL()+"/api/v2/silences", object{
		"matchers":    []object{{"name": "alertname", "value": "RedisDown", "isRegex": false, "isEqual": true}},
		"startsAt":    time.Now(),
		"endsAt":      time.Now().Add(time.Hour),
		"createdBy":   "redress/test",
		"comment":     "a run is at it",
		"annotations": annotations,
	}, &created)

	fire(t, s, time.Time{}, "alertname", "RedisDown", "service", "redis")
	fire(t, s, time.Time{}, "alertname", "DiskFull", "service", "disk")
	c.await(t, 2, "firing", "DiskFull") // by the second one, RedisDown would have come
	c.never(t, "RedisDown")
	if st := status(t, s, "RedisDown"); st.State != "suppressed" || !cmp.Equal(st.SilencedBy, []string{created.SilenceID}) {
		t.Errorf("the silenced alert is %+v", st)
	}
	var silence struct {
		CreatedBy   string
		Annotations map[string]string
		Status      struct{ State string }
	}
	call(t, http.MethodGet, s.URL()+"/api/v2/silence/"+created.SilenceID, nil, &silence)
	if diff := cmp.Diff(annotations, silence.Annotations); diff != "" || silence.CreatedBy != "redress/test" || silence.Status.State != "active" {
		t.Errorf("the silence came back as %+v\n%s", silence, diff)
	}

	call(t, http.MethodDelete, s.URL()+"/api/v2/silence/"+created.SilenceID, nil, nil)
	c.await(t, 1, "firing", "RedisDown")
	if st := status(t, s, "RedisDown"); st.State != "active" || len(st.SilencedBy) != 0 {
		t.Errorf("after the silence the alert is %+v", st)
	}
}

func TestInhibitionAndMuteIntervals(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	s := start(t, c, Options{Config: configuration})
	fire(t, s, time.Time{}, "alertname", "NodeDown", "service", "node", "node", "n1")
	eventually(t, "NodeDown in the API", func() bool {
		var alerts []object
		call(t, http.MethodGet, s.URL()+"/api/v2/alerts", nil, &alerts)
		return len(alerts) == 1
	})
	fire(t, s, time.Time{}, "alertname", "RedisDown", "service", "redis", "node", "n1", "severity", "page")
	fire(t, s, time.Time{}, "alertname", "BackupLate", "service", "off-hours")
	fire(t, s, time.Time{}, "alertname", "OtherRedisDown", "service", "other", "node", "n2", "severity", "page")

	c.await(t, 2, "firing", "NodeDown")
	c.await(t, 2, "firing", "OtherRedisDown")
	for _, d := range c.all() {
		if names := d.names(); names == "RedisDown" || names == "BackupLate" {
			t.Errorf("%s was delivered", names)
		}
	}
	if st := status(t, s, "RedisDown"); st.State != "suppressed" || len(st.InhibitedBy) != 1 {
		t.Errorf("the inhibited alert is %+v", st)
	}
	// Only the groups tell of mute intervals, /api/v2/alerts does not.
	eventually(t, "BackupLate muted by its interval", func() bool {
		var groups []struct {
			Alerts []struct{ Status struct{ MutedBy []string } }
		}
		call(t, http.MethodGet, s.URL()+`/api/v2/alerts/groups?filter=alertname%3D%22BackupLate%22`, nil, &groups)
		return len(groups) == 1 && cmp.Equal(groups[0].Alerts[0].Status.MutedBy, []string{"always"})
	})

	// The node comes back: what it hid is told.
	fire(t, s, time.Now(), "alertname", "NodeDown", "service", "node", "node", "n1")
	c.await(t, 1, "firing", "RedisDown")
}

func TestTwoInOneProcess(t *testing.T) {
	t.Parallel()
	hooks := []*collector{newCollector(t), newCollector(t)}
	first := start(t, hooks[0], Options{Config: configuration})
	second := start(t, hooks[1], Options{Config: configuration})
	fire(t, first, time.Time{}, "alertname", "One", "service", "one")
	fire(t, second, time.Time{}, "alertname", "Two", "service", "two")
	hooks[0].await(t, 1, "firing", "One")
	hooks[1].await(t, 1, "firing", "Two")
	hooks[0].never(t, "Two")
	hooks[1].never(t, "One")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	hooks[1].await(t, 2, "firing", "Two") // the other one goes on
}

func TestSilencesOutliveARestart(t *testing.T) {
	t.Parallel()
	c, dir := newCollector(t), filepath.Join(t.TempDir(), "data")
	s := start(t, c, Options{Config: configuration, DataDir: dir})
	call(t, http.MethodPost, s.URL()+"/api/v2/silences", object{
		"matchers": []object{{"name": "service", "value": "redis", "isRegex": false}},
		"startsAt": time.Now(), "endsAt": time.Now().Add(time.Hour), "createdBy": "me", "comment": "kept",
	}, nil)
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(s.URL() + "/-/ready"); err == nil {
		t.Error("it still answers after Close")
	}
	s = start(t, c, Options{Config: configuration, DataDir: dir})
	var silences []struct{ Comment string }
	call(t, http.MethodGet, s.URL()+"/api/v2/silences", nil, &silences)
	if len(silences) != 1 || silences[0].Comment != "kept" {
		t.Errorf("the silences are %+v", silences)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	s := start(t, newCollector(t), Options{Config: configuration})
	var got struct {
		Cluster struct {
			Status string
			Peers  []any
		}
		Config      struct{ Original string }
		Uptime      time.Time
		VersionInfo map[string]string
	}
	call(t, http.MethodGet, s.URL()+"/api/v2/status", nil, &got)
	if got.VersionInfo["version"] != Version || got.Cluster.Status != "disabled" || got.Cluster.Peers == nil {
		t.Errorf("the status is %+v", got)
	}
	if age := time.Since(got.Uptime); age < 0 || age > time.Minute {
		t.Errorf("up since %s", got.Uptime)
	}
	if !strings.Contains(got.Config.Original, "mute_time_intervals") {
		t.Errorf("the configuration is %q", got.Config.Original)
	}
	for path, want := range map[string]string{
		"/-/healthy": "OK", "/-/ready": "OK",
		"/metrics":          "alertmanager_alerts{",
		"/api/v2/receivers": `"hook"`,
	} {
		response, err := http.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s answers %.200q, %v", path, body, err)
		}
	}
}

// Version is a constant because a test binary does not know its modules.
func TestVersionIsThatOfTheModule(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`github.com/prometheus/alertmanager v(\S+)`).FindSubmatch(mod)
	if found == nil || string(found[1]) != Version {
		t.Errorf("go.mod has %q, Version is %s", found, Version)
	}
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	good := strings.ReplaceAll(configuration, "HOOK", "http://127.0.0.1:1")
	for name, test := range map[string]struct {
		o    Options
		want string
	}{
		"no configuration": {Options{}, "no configuration"},
		"no such receiver": {Options{Config: "route: {receiver: nobody}"}, "nobody"},
		"template":         {Options{Config: good + "\ntemplates: ['testdata/broken.tmpl']"}, "templates"},
		"address":          {Options{Config: good, Address: l.Addr().String()}, "address already in use"},
		"data":             {Options{Config: good, DataDir: os.Args[0]}, "data folder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Start(t.Context(), test.o)
			if err == nil {
				_ = s.Close()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error does not say %q: %v", test.want, err)
			}
		})
	}
}

func TestTemporaryFolderIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := start(t, newCollector(t), Options{Config: configuration})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := fs.Glob(os.DirFS(os.TempDir()), "*")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
