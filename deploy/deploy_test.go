// Package deploy proves the files of this folder against the programs that read them.
// It holds tests only.
package deploy

import (
	"os/exec"
	"strings"
	"testing"
)

// amtool runs Alertmanager's own tool on alertmanager.yml.
func amtool(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("amtool")
	if err != nil {
		t.Fatalf("%v: install prometheus-alertmanager (make deps does)", err)
	}
	cmd := exec.Command(path, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr // warns where the machine has an amtool configuration of its own
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("amtool %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

func TestAlertmanagerConfig(t *testing.T) {
	amtool(t, "check-config", "alertmanager.yml")
}

// Who is told of what.
func TestAlertmanagerRoutes(t *testing.T) {
	for name, c := range map[string]struct{ labels, receivers string }{
		"a Redis alert goes to Redress and to people": {`service=redis alertname=RedisDown severity=critical`, "redress,oncall"},
		"any other alert goes to people":              {`service=web alertname=Down`, "oncall"},
		"what Redress says of itself pages nobody":    {`alertname=RedressRun target=cache severity=none`, "nobody"},
		"nor when it carries the service":             {`alertname=RedressRun service=redis`, "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"config", "routes", "test", "--config.file=alertmanager.yml"}, strings.Fields(c.labels)...)
			if got := strings.TrimSpace(amtool(t, args...)); got != c.receivers {
				t.Errorf("%s: %s, want %s", c.labels, got, c.receivers)
			}
		})
	}
}
