package config

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/alertmanager/pkg/labels"
	promconfig "github.com/prometheus/common/config"

	"redress/definitions"
)

// mustLoad loads a good file of testdata.
func mustLoad(t *testing.T, file string) *Config {
	t.Helper()
	c, problems := Load(file)
	if len(problems) > 0 {
		t.Fatalf("%s:\n%v", file, problems)
	}
	return c
}

// good returns the absolute path of a file beside the good configurations.
func good(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata/good", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func diff(want, got *Config) string {
	return cmp.Diff(want, got, cmpopts.IgnoreUnexported(Selection{}, promconfig.ProxyConfig{}),
		cmp.Transformer("matchers", func(ms labels.Matchers) string { return ms.String() }))
}

func matchers(t *testing.T, line string) labels.Matchers {
	t.Helper()
	ms, err := definitions.ParseMatchers(line)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func TestLoadFillsDefaults(t *testing.T) {
	want := &Config{
		Path:     "testdata/good/minimal.yaml",
		Temporal: Temporal{Namespace: "default", TaskQueue: "redress", UIURL: "http://127.0.0.1:8233"},
		Alertmanager: Alertmanager{
			Clusters: [][]string{{"http://127.0.0.1:9093"}}, Receiver: "redress", HTTP: promconfig.DefaultHTTPClientConfig,
		},
		Library:   Library{Observe: Selection{All: true}},
		Receivers: []Receiver{{Name: "oncall", Kind: Shoutrrr, URL: Secret{good(t, "secrets/oncall"), "receivers[0].url_file"}}},
		Policy:    Policy{Receiver: "oncall", Mode: definitions.Observe, HoldPage: definitions.Duration(5 * time.Minute)},
		Targets: []Target{{
			Name: "cache", Match: matchers(t, `redis_cluster="cache"`), Redis: Redis{Address: "127.0.0.1:6379"}, TaskQueue: "redress",
		}},
	}
	got := mustLoad(t, "testdata/good/minimal.yaml")
	if d := diff(want, got); d != "" {
		t.Errorf("configuration (-want +got):\n%s", d)
	}
	if !got.Targets[0].Redis.CanChange() {
		t.Error("a server without passwords cannot be changed")
	}
}

func TestLoadEverything(t *testing.T) {
	http := promconfig.DefaultHTTPClientConfig
	http.BasicAuth = &promconfig.BasicAuth{Username: "redress", PasswordFile: good(t, "secrets/alertmanager")}
	http.FollowRedirects = false
	want := &Config{
		Path:     "testdata/good/full.yaml",
		Temporal: Temporal{Address: "127.0.0.1:7233", Namespace: "default", TaskQueue: "redress", UIURL: "http://127.0.0.1:8233"},
		Alertmanager: Alertmanager{
			Clusters: [][]string{{"http://10.0.0.1:9093", "http://10.0.0.2:9093"}, {"https://alerts.example/am"}},
			Receiver: "redress", StatusAlerts: true, HTTP: http,
		},
		Runbooks:  []string{good(t, "runbooks/a.yaml"), good(t, "runbooks/b.yaml")},
		Library:   Library{Observe: Selection{All: true}, Auto: Selection{Names: []string{"redis-master-down"}}},
		Templates: []string{good(t, "templates/team.tmpl")},
		Webhook:   Webhook{Token: Secret{good(t, "secrets/webhook"), "webhook.token_file"}},
		Receivers: []Receiver{
			{Name: "oncall", Kind: Shoutrrr, URL: Secret{good(t, "secrets/oncall"), "receivers[0].url_file"}},
			{Name: "hook", Kind: HTTP, URL: Secret{good(t, "secrets/hook"), "receivers[1].http.url_file"}},
		},
		Policy: Policy{
			Receiver: "oncall", Mode: definitions.Observe, HoldPage: 0,
			Rules: []Rule{
				{Match: matchers(t, `env="dev"`), Mode: definitions.Auto},
				{Match: matchers(t, `env=~"prod|stage", team!="payments"`), Mode: definitions.Auto},
			},
		},
		Targets: []Target{
			{
				Name: "cache-prod", Match: matchers(t, `redis_cluster="cache-prod"`),
				Labels: map[string]string{"env": "prod"}, Mode: definitions.Auto,
				Sentinel: &Sentinel{
					Master: "mymaster", Addresses: []string{"10.0.0.1:26379", "[::1]:26379"},
					Username: "redress", Password: Secret{good(t, "secrets/sentinel"), "targets[0].sentinel.password_file"},
				},
				Redis: Redis{
					Read:   Credentials{true, "redress-read", Secret{good(t, "secrets/read"), "targets[0].redis.read.password_file"}},
					Change: Credentials{true, "redress-change", Secret{good(t, "secrets/change"), "targets[0].redis.change.password_file"}},
					TLS:    &promconfig.TLSConfig{ServerName: "redis.example", MinVersion: 0x0303},
				},
				Limits:    Limits{MaxMemory: 8 << 30, MaxClients: 20000},
				TaskQueue: "redress",
			},
			{
				Name: "sessions", Match: matchers(t, `instance=~"redis://10.0.1.5:6379"`),
				Redis: Redis{Address: "10.0.1.5:6379"}, TaskQueue: "redress",
			},
		},
	}
	got := mustLoad(t, "testdata/good/full.yaml")
	if d := diff(want, got); d != "" {
		t.Errorf("configuration (-want +got):\n%s", d)
	}
	tls, err := got.Targets[0].Redis.TLSConfig()
	if err != nil || tls.ServerName != "redis.example" {
		t.Errorf("TLS options: %+v, %v", tls, err)
	}
}

func TestLoadOfNoFile(t *testing.T) {
	c, problems := Load("testdata/none.yaml")
	if c != nil || len(problems) != 1 || problems[0].Code != definitions.CodeUnreadable || problems[0].Suggestion == "" {
		t.Errorf("got %v, %v", c, problems)
	}
}
