package temporal

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	enumspb "go.temporal.io/api/enums/v1"

	"redress/internal/contract"
)

// alert is an alert whose annotation has the given number of bytes.
func alert(name string, bytes int) contract.Alert {
	return contract.Alert{
		Fingerprint: name, Status: contract.Firing, Labels: map[string]string{"alertname": name},
		Annotations: map[string]string{"summary": strings.Repeat("x", bytes)}, StartsAt: time.Unix(1, 0).UTC(),
	}
}

func TestDivide(t *testing.T) {
	many := make([]contract.Alert, 2000)
	for i := range many {
		many[i] = alert(fmt.Sprint("a", i), 400)
	}
	tests := []struct {
		name   string
		alerts []contract.Alert
		parts  int
		cut    int
	}{
		{"none", nil, 1, 0},
		{"one", []contract.Alert{alert("a", 10)}, 1, 0},
		{"two that fit", []contract.Alert{alert("a", 100_000), alert("b", 100_000)}, 1, 0},
		{"two that do not fit together", []contract.Alert{alert("a", 150_000), alert("b", 150_000)}, 2, 0},
		{"one that does not fit alone", []contract.Alert{alert("a", 10), alert("b", 3<<20), alert("c", 10)}, 1, 1},
		{"many", many, 5, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const header = 1000
			parts, cut, err := divide(tt.alerts, header)
			if err != nil {
				t.Fatal(err)
			}
			if len(parts) != tt.parts || cut != tt.cut {
				t.Errorf("%d parts, %d cut; want %d and %d", len(parts), cut, tt.parts, tt.cut)
			}
			var names, want []string
			for _, part := range parts {
				size, err := jsonSize(contract.Notification{Alerts: part})
				if err != nil {
					t.Fatal(err)
				}
				if size > signalSize {
					t.Errorf("a part has %d bytes, want at most %d", size, signalSize)
				}
				for _, a := range part {
					names = append(names, a.Fingerprint)
				}
			}
			for _, a := range tt.alerts {
				want = append(want, a.Fingerprint)
			}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("alerts in their order (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDivideCutsAnnotationsAndNothingElse(t *testing.T) {
	a := alert("a", 3<<20)
	a.Annotations["summary"] = strings.Repeat("ä", 1<<20)
	a.Annotations["runbook_url"] = "https://example.com"
	parts, _, err := divide([]contract.Alert{a}, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := parts[0][0]
	if diff := cmp.Diff(a.Labels, got.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	want := strings.Repeat("ä", annotationSize/2) + "… (cut, it had 2097152 bytes)"
	if diff := cmp.Diff(map[string]string{"summary": want, "runbook_url": "https://example.com"}, got.Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if len(a.Annotations["summary"]) != 2<<20 {
		t.Error("the caller's alert was changed")
	}
}

func TestDivideRefusesLabelsThatFitNowhere(t *testing.T) {
	a := alert("a", 10)
	a.Labels["huge"] = strings.Repeat("x", 2<<20)
	if _, _, err := divide([]contract.Alert{alert("b", 1), a}, 0); !errors.Is(err, contract.ErrTooLarge) || !strings.Contains(err.Error(), "alert 1 (a, fingerprint a)") {
		t.Errorf("error %v, want ErrTooLarge with the alert's name", err)
	}
}

func TestWholeRunes(t *testing.T) {
	for in, want := range map[string]string{"": "", "ab": "ab", "aä": "aä", "aä"[:2]: "a", "a€"[:3]: "a", "a😀"[:4]: "a"} {
		if got := wholeRunes(in); got != want {
			t.Errorf("wholeRunes(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRunsQuery(t *testing.T) {
	const all = "WorkflowType = 'Remediation' AND ExecutionStatus != 'ContinuedAsNew'"
	tests := []struct {
		filter contract.RunFilter
		want   string
	}{
		{contract.RunFilter{}, all},
		{contract.RunFilter{Target: "a", Runbook: "b"}, all + " AND RedressTarget = 'a' AND RedressRunbook = 'b'"},
		{contract.RunFilter{Status: "finished"}, all + " AND ExecutionStatus != 'Running'"},
		{contract.RunFilter{Status: "clearing"}, all + " AND ExecutionStatus = 'Running'"},
		{contract.RunFilter{Outcome: "healed"}, all + " AND ExecutionStatus != 'Running' AND RedressOutcome = 'healed'"},
		{contract.RunFilter{Outcome: "cancelled"}, all + " AND ExecutionStatus != 'Running' AND (RedressOutcome = 'cancelled' OR (RedressOutcome IS NULL AND ExecutionStatus IN ('Terminated', 'Canceled')))"},
		{contract.RunFilter{Target: `a' OR RedressTarget != '\`}, all + ` AND RedressTarget = 'a\' OR RedressTarget != \'\\'`},
	}
	for _, tt := range tests {
		if got := runsQuery(tt.filter); got != tt.want {
			t.Errorf("%+v:\n got %s\nwant %s", tt.filter, got, tt.want)
		}
	}
}

// env is an environment of its own, so that the machine's does not matter.
type env map[string]string

func (e env) Environ() (out []string) {
	for k, v := range e {
		out = append(out, k+"="+v)
	}
	return out
}
func (e env) LookupEnv(k string) (string, bool) { v, ok := e[k]; return v, ok }

func TestWhereTemporalIs(t *testing.T) {
	// A configuration file that is not there.
	none := t.TempDir() + "/temporal.toml"
	tests := []struct {
		name               string
		options            Options
		env                env
		address, namespace string
	}{
		{"nothing said", Options{}, env{}, "localhost:7233", "default"},
		{"the file", Options{FileAddress: "file:1", FileNamespace: "file"}, env{}, "file:1", "file"},
		{"the environment over the file", Options{FileAddress: "file:1", FileNamespace: "file"}, env{"TEMPORAL_ADDRESS": "env:2", "TEMPORAL_NAMESPACE": "env"}, "env:2", "env"},
		{"flags over all", Options{Address: "flag:3", FileAddress: "file:1", FileNamespace: "file"}, env{"TEMPORAL_ADDRESS": "env:2", "TEMPORAL_NAMESPACE": "env"}, "flag:3", "env"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.env["TEMPORAL_CONFIG_FILE"] = none
			tt.options.Env, tt.options.TaskQueue = tt.env, "redress"
			c, err := Dial(tt.options)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if c.Address() != tt.address || c.Namespace() != tt.namespace {
				t.Errorf("Temporal is at %s, %s; want %s, %s", c.Address(), c.Namespace(), tt.address, tt.namespace)
			}
		})
	}
	if _, err := Dial(Options{}); err == nil {
		t.Error("Dial without a task queue succeeded")
	}
}

func TestMissingSearchAttributes(t *testing.T) {
	c := &Client{address: "127.0.0.1:7233", namespace: "default"}
	if err := c.checkAttributes(SearchAttributes()); err != nil {
		t.Errorf("all are there: %v", err)
	}
	known := SearchAttributes()
	delete(known, contract.AttrAlert)
	delete(known, contract.AttrMode)
	known[contract.AttrTarget] = enumspb.INDEXED_VALUE_TYPE_TEXT
	err := c.checkAttributes(known)
	want := `namespace "default" of Temporal at 127.0.0.1:7233: search attributes have the wrong type: RedressTarget is a Text and must be a Keyword; ` +
		"remove them with `temporal operator search-attribute remove`, or use another namespace; search attributes are missing; create them with: " +
		`temporal operator search-attribute create --address 127.0.0.1:7233 --namespace default --name RedressAlert --type KeywordList --name RedressMode --type Keyword: Temporal is not available`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	h, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	h.Counter("temporal_request").Inc(2)
	h.WithTags(map[string]string{"task-queue": "redress"}).Counter("temporal_request").Inc(3)
	h.WithTags(map[string]string{"task-queue": "redress"}).Counter("temporal_request").Inc(4)
	h.Gauge("temporal_worker_task_slots_used").Update(7)
	h.WithTags(map[string]string{"a": "1"}).WithTags(map[string]string{"b": "2"}).Timer("temporal_request_latency").Record(90 * time.Millisecond)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += "," + l.GetName() + "=" + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetHistogram().GetSampleSum()
		}
	}
	want := map[string]float64{
		"temporal_request_total": 2, "temporal_request_total,task_queue=redress": 7,
		"temporal_worker_task_slots_used": 7, "temporal_request_latency_seconds,a=1,b=2": .09,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}
