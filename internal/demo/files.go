//go:build !lean

package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// routing is the routing that we recommend, with the waits of a lab.
const routing = `# Written by redress demo.
route:
  receiver: oncall
  routes:
    - {receiver: nobody, matchers: ['alertname="RedressRun"']}
    - receiver: redress
      matchers: ['service="%[1]s"']
      group_by: [alertname, redis_cluster]
      group_wait: 100ms
      group_interval: 1s
      repeat_interval: 10m
      continue: true
    - receiver: oncall
      matchers: ['service="%[1]s"']
      group_by: [alertname, redis_cluster]
      group_wait: %[2]s
      group_interval: %[3]s
receivers:
  - name: nobody
  - name: redress
    webhook_configs: [{url: '%[4]s/api/v1/alertmanager', send_resolved: true}]
  - name: oncall
    webhook_configs: [{url: '%[5]s', send_resolved: true}]
`

// configuration is the redress.yaml of a team with this one estate.
const configuration = `# Written by redress demo.
alertmanager:
  urls: [%[1]q]
  receiver: redress
  status_alerts: true
library: {auto: [redis-master-down]}
receivers:
  - {name: oncall, http: {url_file: oncall.url}}
policy: {receiver: oncall, mode: auto}
targets:
  - name: %[2]s
    match: 'redis_cluster="%[2]s"'
    sentinel:
      master: %[3]s
      addresses: [%[4]s]
`

// files are the files that a user may want to look at.
type files struct{ dir, redress, alertmanager string }

// newFiles makes the demo's folder inside the lab's, which goes away whatever happens.
func newFiles(labDir string) (files, error) {
	dir := filepath.Join(labDir, "demo")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return files{}, fmt.Errorf("make the demo's folder: %w", err)
	}
	return files{
		dir: dir, redress: filepath.Join(dir, "redress.yaml"), alertmanager: filepath.Join(dir, "alertmanager.yml"),
	}, nil
}

// writeAlertmanager writes alertmanager.yml and returns its text.
func (f files) writeAlertmanager(redressURL, pageURL string) (string, error) {
	text := fmt.Sprintf(routing, service, pageAfter, pageInterval, redressURL, pageURL)
	return text, write(f.alertmanager, text)
}

// writeRedress writes redress.yaml and what it names.
func (f files) writeRedress(alertmanagerURL, messageURL, master string, sentinels []string) error {
	if err := write(filepath.Join(f.dir, "oncall.url"), messageURL+"\n"); err != nil {
		return err
	}
	return write(f.redress, fmt.Sprintf(configuration, alertmanagerURL, target, master, strings.Join(sentinels, ", ")))
}

func write(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the demo's files: %w", err)
	}
	return nil
}
