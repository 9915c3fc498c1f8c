package definitions_test

import (
	"strings"
	"testing"

	"redress/definitions"

	"github.com/google/go-cmp/cmp"
)

func TestMatchersMatch(t *testing.T) {
	for _, c := range []struct {
		line   string
		labels map[string]string
		want   bool
	}{
		{`alertname="A"`, map[string]string{"alertname": "A"}, true},
		{`alertname="A"`, map[string]string{"alertname": "AB"}, false},
		{`alertname=~"A|B"`, map[string]string{"alertname": "B"}, true},
		{`alertname=~"A"`, map[string]string{"alertname": "AB"}, false}, // anchored
		{`alertname="A", env!="lab"`, map[string]string{"alertname": "A"}, true},
		{`alertname="A", env=""`, map[string]string{"alertname": "A"}, true}, // missing counts as empty
		{`alertname="A", env!~"p.*"`, map[string]string{"alertname": "A", "env": "prod"}, false},
		{`{alertname="A",}`, map[string]string{"alertname": "A"}, true},
		{`alertname=A`, map[string]string{"alertname": "A"}, true},
		{`"grüße"="A"`, map[string]string{"grüße": "A"}, true},
		{`alertname`, map[string]string{}, false}, // cannot be parsed, matches nothing
	} {
		if got := (definitions.Matchers{Source: c.line}).Matches(c.labels); got != c.want {
			t.Errorf("%s on %v = %v, want %v", c.line, c.labels, got, c.want)
		}
	}
}

func TestParseMatchersRefusesNothing(t *testing.T) {
	for _, line := range []string{"", "{}", " "} {
		if ms, err := definitions.ParseMatchers(line); err == nil {
			t.Errorf("%q would match everything: %v", line, ms)
		}
	}
}

// runbookFile is a runbook that differs in its head alone.
func runbookFile(name, head string, library bool) definitions.File {
	text := "runbook: " + name + "\n" + head + "\nsteps:\n  - check: redis.info\n"
	return definitions.File{Name: name + ".yaml", Data: []byte(text), Library: library}
}

func mustLoad(t *testing.T, files ...definitions.File) *definitions.Set {
	t.Helper()
	set, problems := definitions.LoadFiles(files)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

const down = `alerts: ['alertname="RedisDown"']`

// Own before library, then priority, then name; the first that holds starts.
func TestMatchOrder(t *testing.T) {
	set := mustLoad(
		t,
		runbookFile("shipped", down+"\npriority: 1", true),
		runbookFile("zeta", down+"\npriority: 1", false),
		runbookFile("beta", down, false),
		runbookFile("alpha", down, false),
		runbookFile("other", "alerts:\n  - alertname=\"RedisDown\", severity=\"critical\"\n  - alertname=\"Other\"\npriority: 1", false),
		runbookFile("not-in-lab", down+"\nwhen: labels.env != \"lab\"\npriority: 1", false),
		runbookFile("by-node", down+"\nwhen: alert.node == \"10.0.0.1:6379\"\npriority: 1", false),
		runbookFile("by-hand", "alerts: manual\npriority: 2", false),
		runbookFile("covering", "alerts: ['alertname=\"Else\"']\ncovers: ['alertname=\"RedisDown\"']\npriority: 2", false),
	)
	alert := definitions.Alert{Status: "firing", Labels: map[string]string{"alertname": "RedisDown", "severity": "warning", "env": "lab"}}
	var got []string
	for _, m := range set.Match(alert, nil, "cache") {
		line := m.Runbook.Name
		if m.Starts {
			line += " starts"
		}
		if m.Shadowed {
			line += " shadowed"
		}
		if m.Covers {
			line += " covers"
		}
		got = append(got, line+": "+m.Why)
	}
	want := []string{
		`by-node covers: the alert matches alertname="RedisDown", but when is unknown: alert.node == "10.0.0.1:6379": alert.node is unknown: the alert's labels addr and instance name no Redis address; it covers the alert, which joins its run`,
		`not-in-lab covers: the alert matches alertname="RedisDown", but when does not hold: labels.env != "lab" is false (labels.env = "lab"); it covers the alert, which joins its run`,
		`other: severity="critical" does not hold: severity is "warning"; alertname="Other" does not hold: alertname is "RedisDown"`,
		`zeta starts covers: the alert matches alertname="RedisDown"`,
		`by-hand: no alert starts it: alerts is manual`,
		`covering covers: alertname="Else" does not hold: alertname is "RedisDown"; it covers the alert, which joins its run`,
		`alpha shadowed covers: the alert matches alertname="RedisDown", but zeta comes first: its priority is 1, not 3`,
		`beta shadowed covers: the alert matches alertname="RedisDown", but zeta comes first: its priority is 1, not 3`,
		`shipped shadowed covers: the alert matches alertname="RedisDown", but zeta comes first: it is the team's own, not shipped`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("match (-want +got):\n%s", diff)
	}
}

func TestMatchSaysWhichLabelIsMissing(t *testing.T) {
	set := mustLoad(t, runbookFile("a", `alerts: ['env="prod"']`, false))
	m := set.Match(definitions.Alert{Labels: map[string]string{"alertname": "X"}}, nil, "t")
	if want := `env="prod" does not hold: the alert has no label env`; m[0].Starts || m[0].Why != want {
		t.Errorf("got %+v, want %q", m[0], want)
	}
}

// A name that is used twice is reported with both places, across files and sets.
func TestDuplicateRunbook(t *testing.T) {
	one := runbookFile("same", down, false)
	two := runbookFile("same", down, false)
	two.Name = "two.yaml"
	_, problems := definitions.LoadFiles([]definitions.File{two, one})
	want := `two.yaml:1:10: error duplicate-runbook: the runbook "same" is defined twice (the other one stands at same.yaml:1:10)`
	if problems.Error() != want {
		t.Errorf("got  %s\nwant %s", problems.Error(), want)
	}
	two.Library = true
	_, problems = definitions.Combine(mustLoad(t, one), mustLoad(t, two))
	if problems.Error() != want {
		t.Errorf("combined: got  %s\nwant %s", problems.Error(), want)
	}
}

func TestLoadNamesWhatItCannotRead(t *testing.T) {
	set, problems := definitions.Load([]string{"testdata/good/every-key.yaml", "testdata/none.yaml"})
	if len(set.Runbooks) != 1 || len(problems) != 1 || problems[0].Code != definitions.CodeUnreadable || !strings.Contains(problems[0].Message, "none.yaml") {
		t.Errorf("set = %+v, problems:\n%s", set.Runbooks, problems.Error())
	}
}

func TestNode(t *testing.T) {
	for _, c := range []struct {
		labels map[string]string
		want   string
	}{
		{map[string]string{"instance": "10.0.0.1:6379"}, "10.0.0.1:6379"},
		{map[string]string{"instance": "redis://10.0.0.1:6379"}, "10.0.0.1:6379"},
		{map[string]string{"instance": "rediss://user@cache.example:6380/0"}, "cache.example:6380"},
		{map[string]string{"instance": "[::1]:6379"}, "[::1]:6379"},
		{map[string]string{"instance": "10.0.0.9:9121"}, ""}, // the exporter's own
		{map[string]string{"instance": "10.0.0.9:9121", "addr": "redis://10.0.0.2:6379"}, "10.0.0.2:6379"},
		{map[string]string{"instance": "cache-1"}, ""},
		{map[string]string{"instance": "%zz:1"}, ""},
		{nil, ""},
	} {
		if got := (definitions.Alert{Labels: c.labels}).Node(); got != c.want {
			t.Errorf("%v = %q, want %q", c.labels, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"replica", "replicas"}, {"resaon", "reason"}, {"REASON", "reason"}, {"x", ""}, {"entirely", ""},
	} {
		if got := definitions.Nearest(c.word, []string{"replicas", "reason", "sentinels"}); got != c.want {
			t.Errorf("%q = %q, want %q", c.word, got, c.want)
		}
	}
}
