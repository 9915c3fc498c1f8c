package notify

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/activities"
	"redress/definitions"
	"redress/definitions/expr"
	"redress/internal/contract"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func at(clock string) *time.Time {
	when, err := time.Parse(time.DateTime, "2026-11-21 "+clock)
	if err != nil {
		panic(err)
	}
	return &when
}

// tell is a message about a run that made a failover.
func tell() contract.Tell {
	held, missed := true, false
	return contract.Tell{
		Target: contract.TargetRef{Name: "cache-prod", Labels: map[string]string{"env": "prod"}},
		Alerts: []contract.Alert{
			{
				Fingerprint: "a1", Status: contract.Firing, StartsAt: *at("03:04:12"),
				Labels:      map[string]string{"alertname": "RedisDown", "severity": "critical", "redis_cluster": "cache-prod", "instance": "10.0.0.1:6379"},
				Annotations: map[string]string{"summary": "Redis is down"},
			},
			{
				Fingerprint: "b2", Status: contract.Resolved, StartsAt: *at("03:04:20"), EndsAt: *at("03:05:00"),
				Labels: map[string]string{"alertname": "RedisMasterLinkDown", "severity": "warning", "redis_cluster": "cache-prod"},
			},
		},
		Run: contract.Run{
			ID: "cache-prod.redis-master-down.20261121T030412Z", Target: "cache-prod", Runbook: "redis-master-down",
			Title: "Redis master is unreachable", Mode: definitions.Auto, Status: contract.RunFinished, Outcome: definitions.Healed,
			StartedAt: at("03:04:15"),
			Steps: []contract.RunStep{
				{Path: "before", Name: "before", Kind: "check", Action: "sentinel.topology", Status: contract.StepDone},
				{Path: "by_itself", Name: "by_itself", Kind: "verify", Action: "sentinel.topology", Status: contract.StepDone, Held: &missed},
				{Path: "by_itself.else.failover", Name: "failover", Kind: "act", Action: "sentinel.failover", Status: contract.StepDone},
				{Path: "healthy", Name: "healthy", Title: "Redis serves again", Kind: "verify", Action: "sentinel.topology", Status: contract.StepDone, Held: &held},
				{Path: "check#5", Kind: "check", Action: "redis.info", Status: contract.StepFailed, Error: "10.0.0.1:6379 does not answer"},
			},
			Acts: []contract.RunAct{{
				Step: "by_itself.else.failover", Action: "sentinel.failover", Input: json.RawMessage(`{"expect_epoch":7}`),
				Try: 1, At: *at("03:04:40"), Applied: contract.AppliedYes,
			}},
			URL: "http://127.0.0.1:8233/namespaces/default/workflows/cache-prod.redis-master-down.20261121T030412Z",
		},
		Steps: map[string]expr.Value{
			"before": {
				JSON: json.RawMessage(`{"master":{"address":"10.0.0.1:6379"},"down_after":"5s","epoch":1048576,"ratio":1.25,
					"replicas":[{"address":"10.0.0.2:6379"},{"address":"10.0.0.3:6379"}]}`),
				Unknown: map[string]string{
					"master.role": "connection refused", "replicas[1].lag_bytes": "not reported",
					"sentinels": "no Sentinel answered",
				},
			},
			"healthy": {Unknown: map[string]string{"": "it never answered"}},
		},
	}
}

func notifier(t *testing.T, change ...func(*Options)) *Notifier {
	t.Helper()
	o := Options{ExternalURL: "http://alertmanager.example:9093"}
	for _, c := range change {
		c(&o)
	}
	n, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rendered renders without sending.
func rendered(t *testing.T, n *Notifier, tell contract.Tell) (contract.Told, error) {
	t.Helper()
	tell.RenderOnly = true
	return n.Tell(t.Context(), tell)
}

func TestBuiltInMessage(t *testing.T) {
	for name, change := range map[string]func(*contract.Tell){
		"healed": func(*contract.Tell) {},
		"refused": func(c *contract.Tell) {
			c.Run.Outcome, c.Run.Acts, c.Run.Steps = definitions.Refused, nil, c.Run.Steps[:2]
			c.Reason = "Sentinel cannot agree on a failover, or is doing one."
		},
		"observed": func(c *contract.Tell) {
			c.Run.Outcome, c.Run.Mode = definitions.Observed, definitions.Observe
			c.Run.Acts[0].Applied = contract.AppliedWould
		},
		"inconclusive": func(c *contract.Tell) {
			c.Run.Outcome, c.Run.Reason = definitions.Inconclusive, "Redis looks well, the alert still fires"
			c.Run.Acts[0].Applied, c.Run.Acts[0].Reason = contract.AppliedUnknown, "the connection broke"
		},
		"at_work": func(c *contract.Tell) { c.Run.Status, c.Run.Outcome, c.Run.Title = contract.RunRunning, "", "" },
		"crowd": func(c *contract.Tell) {
			for range 20 {
				c.Alerts = append(c.Alerts, contract.Alert{Status: contract.Firing, StartsAt: *at("03:05:00")}) // without a name, too
			}
			c.Run.Steps[2].Status, c.Run.Steps[2].Error = contract.StepRefused, "no replica is fit to take over"
			c.Run.Acts = nil
		},
		"by_hand": func(c *contract.Tell) {
			c.Alerts, c.Run.Steps, c.Run.Acts, c.Run.URL = nil, nil, nil, ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := tell()
			change(&c)
			told, err := rendered(t, notifier(t), c)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, told.Title+"\n\n"+told.Message+"\n")
		})
	}
}

func TestTextsOfRunbooks(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`{{ .Target.Name }}: master was {{ .Steps.before.master.address }}.`, `cache-prod: master was 10.0.0.1:6379.`},
		{`{{ .Target.Labels.env }} {{ .Run.Outcome }} {{ .Run.Mode }} {{ .Reason }}.`, `prod healed auto .`},
		{
			`{{ .Status }} {{ .CommonLabels.redis_cluster }} {{ .GroupLabels.SortedPairs.Values.Join "," }} {{ len .Alerts.Firing }} {{ .ExternalURL }}`,
			`firing cache-prod cache-prod 1 http://alertmanager.example:9093`,
		},
		{`{{ range .Alerts }}{{ .Labels.alertname | toUpper }} {{ end }}`, `REDISDOWN REDISMASTERLINKDOWN`},
		{`{{ (index .Alerts 0).StartsAt.Format "15:04" }}`, `03:04`},
		{`{{ .Steps.before.epoch }} {{ .Steps.before.ratio }} {{ if gt .Steps.before.epoch 7 }}more{{ end }}`, `1048576 1.25 more`},
		{`{{ .Steps.before.master.role }}`, `unknown (connection refused)`},
		{`{{ .Steps.before.sentinels.known }}/{{ $.Steps.before.sentinels.quorum.size }}`, `unknown (no Sentinel answered)/unknown (no Sentinel answered)`},
		{`{{ range .Steps.before.replicas }}{{ .address }} {{ end }}{{ (index .Steps.before.replicas 1).lag_bytes }}`, `10.0.0.2:6379 10.0.0.3:6379 unknown (not reported)`},
		{`{{ range .Steps.healthy.replicas }}[{{ .address }}]{{ end }}`, `[unknown (it never answered)]`},
		{`{{ with .Steps.healthy }}{{ .master.address }}{{ end }}`, `unknown (it never answered)`},
		{`{{ template "own" . }}{{ define "own" }}{{ .Steps.healthy.strange_name }}{{ end }}`, `unknown (it never answered)`},
		{`{{ template "slack.default.title" . }}`, `[FIRING:1] cache-prod`},
		{`plain text`, `plain text`},
	} {
		c := tell()
		c.Message = test.text
		told, err := rendered(t, notifier(t), c)
		if err != nil || told.Message != test.want {
			t.Errorf("%s\ngave %q, %v\nwant %q", test.text, told.Message, err, test.want)
		}
	}
}

func TestATextThatFailsSwallowsNothing(t *testing.T) {
	for name, text := range map[string]string{
		"a misspelt field":            `Master: {{ .Steps.before.mastr.address }}`,
		"a step that was not reached": `{{ .Steps.after.master }}`,
		"a label that is not there":   `{{ .CommonLabels.nosuch }}`,
		"no template":                 `{{ .Target.Name `,
		"an unknown condition":        `{{ if .Steps.healthy.master.reachable }}up{{ else }}down{{ end }}`,
		"a panic":                     `{{ reReplaceAll "(" "" "x" }}`,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			c := tell()
			c.Message = text
			told, err := rendered(t, notifier(t), c)
			if !activities.IsPermanent(err) || !strings.Contains(err.Error(), "render the message") {
				t.Errorf("error = %v, want a permanent one about the message", err)
			}
			golden(t, "broken_"+strings.ReplaceAll(name, " ", "_"), told.Message+"\n")
			if want := "cache-prod: Redis master is unreachable: healed"; told.Title != want {
				t.Errorf("title = %q, want %q", told.Title, want)
			}
		})
	}
	c := tell()
	c.Title, c.Message = "{{ .Nothing }}", "It is so."
	told, err := rendered(t, notifier(t), c)
	if err == nil || told.Title != "cache-prod: Redis master is unreachable: healed" || !strings.Contains(told.Message, "It is so.") {
		t.Errorf("told = %+v, %v, want the message, and the built-in title", told, err)
	}
}

func TestTemplateFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "team.tmpl")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with := func(o *Options) { o.Templates = []string{file} }

	write(`{{ define "team.line" }}{{ .Status | toUpper }} on {{ .Target.Name }}{{ end }}
{{ define "redress.title" }}our title{{ end }}`)
	c := tell()
	c.Message = `{{ template "team.line" . }}`
	told, err := rendered(t, notifier(t, with), c)
	if err != nil || told.Message != "FIRING on cache-prod" || told.Title != "our title" {
		t.Errorf("told = %+v, %v", told, err)
	}

	write(`{{ define "redress.message" }}{{ .Nothing }}{{ end }}`)
	c.Message = ""
	told, err = rendered(t, notifier(t, with), c)
	if err == nil || !strings.Contains(told.Message, "cache-prod: runbook redis-master-down (mode auto): healed.") {
		t.Errorf("told = %+v, %v, want our own account where the team's fails", told, err)
	}

	write(`{{ define "x" }`)
	if _, err := New(Options{Templates: []string{file}}); err == nil || !strings.Contains(err.Error(), "team.tmpl") {
		t.Errorf("a broken file: %v, want an error that names it", err)
	}
	if _, err := New(Options{Templates: []string{file + ".not"}}); err == nil || !strings.Contains(err.Error(), "team.tmpl.not") {
		t.Errorf("a missing file: %v, want an error that names it", err)
	}
}

func TestRunURL(t *testing.T) {
	c := tell()
	c.Run.URL, c.Message = "", "{{ .Run.URL }}"
	told, err := rendered(t, notifier(t, func(o *Options) {
		o.RunURL = func(id string) string { return "http://ui/" + id }
	}), c)
	if want := "http://ui/" + c.Run.ID; err != nil || told.Message != want {
		t.Errorf("told = %+v, %v, want %q", told, err, want)
	}
}
