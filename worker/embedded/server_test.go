//go:build !lean

package embedded

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.temporal.io/server/common/headers"
)

const queue = "test"

// start runs a server on free ports and ends it with the test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.UIAddress == "" {
		o.UIAddress = NoUI
	}
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error("Close:", err)
		}
	})
	return s
}

func closeServer(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal("Close:", err)
	}
}

func dial(t *testing.T, address string) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Echo waits for a signal when it is told to, and says its input.
func Echo(ctx workflow.Context, say string, wait bool) (string, error) {
	if wait {
		workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil)
	}
	return say, nil
}

func runWorker(t *testing.T, c client.Client) (stop func()) {
	t.Helper()
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(Echo)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(w.Stop)
	t.Cleanup(stop)
	return stop
}

func begin(t *testing.T, c client.Client, id string, wait bool, attributes ...temporal.SearchAttributeUpdate) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: id, TaskQueue: queue, TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
	}, Echo, id, wait)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func result(t *testing.T, c client.Client, id string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var said string
	if err := c.GetWorkflow(ctx, id, "").Get(ctx, &said); err != nil {
		t.Fatalf("the result of %s: %v", id, err)
	}
	return said
}

func TestWorkflowsOutliveTheServer(t *testing.T) {
	t.Parallel()
	// Characters that mean something in SQLite's URI.
	path := filepath.Join(t.TempDir(), "a path?with=#50%25")

	s := start(t, Options{StoragePath: path})
	c := dial(t, s.Address())
	stop := runWorker(t, c)
	begin(t, c, "closed", false)
	if got := result(t, c, "closed"); got != "closed" {
		t.Errorf("the workflow said %q", got)
	}
	begin(t, c, "open", true)
	stop()
	c.Close()
	closeServer(t, s)
	if wal, err := os.Stat(filepath.Join(path, "temporal", "temporal.db-wal")); err == nil && wal.Size() > 0 {
		t.Errorf("%d bytes are left in the write-ahead log after Close", wal.Size())
	}

	s = start(t, Options{StoragePath: path})
	if s.SetAside() != "" {
		t.Errorf("SetAside = %q", s.SetAside())
	}
	c = dial(t, s.Address())
	history := c.GetWorkflowHistory(t.Context(), "closed", "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var last enumspb.EventType
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		last = event.EventType
	}
	if last != enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED {
		t.Errorf("the last event of the closed workflow is %s", last)
	}
	if err := c.SignalWorkflow(t.Context(), "open", "", "go", nil); err != nil {
		t.Fatal(err)
	}
	runWorker(t, c)
	if got := result(t, c, "open"); got != "open" {
		t.Errorf("the open workflow said %q", got)
	}
}

func TestNothingAcknowledgedIsLostInACrash(t *testing.T) {
	t.Parallel()
	path := t.TempDir()

	process := startChild(t, path)
	c := dial(t, process.address)
	begin(t, c, "open", true)
	if err := c.SignalWorkflow(t.Context(), "open", "", "go", nil); err != nil {
		t.Fatal(err)
	}
	process.kill(t)
	c.Close()

	s := start(t, Options{StoragePath: path})
	c = dial(t, s.Address())
	runWorker(t, c)
	if got := result(t, c, "open"); got != "open" {
		t.Errorf("the workflow said %q", got)
	}
}

func TestOneServerPerStoragePath(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	process := startChild(t, path)

	s, err := Start(t.Context(), Options{StoragePath: path, Address: "127.0.0.1:0", UIAddress: NoUI})
	if err == nil {
		closeServer(t, s)
		t.Fatal("a second server started on the storage path")
	}
	for _, want := range []string{path, strconv.Itoa(process.cmd.Process.Pid), "--storage.path"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}

	process.kill(t)
	start(t, Options{StoragePath: path})
}

func TestAnotherVersionIsSetAside(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ stamp, folder string }{
		"older":     {"1.31.0", "temporal-1.31.0-"},
		"unstamped": {"", "temporal-unknown-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := t.TempDir()
			process := startChild(t, path)
			c := dial(t, process.address)
			begin(t, c, "open", true)
			c.Close()
			process.stop(t)

			stamp := filepath.Join(path, "temporal", "version")
			was, err := os.ReadFile(stamp)
			if err != nil || strings.TrimSpace(string(was)) != headers.ServerVersion {
				t.Fatalf("the stamp says %q, %v", was, err)
			}
			if test.stamp == "" {
				err = os.Remove(stamp)
			} else {
				err = os.WriteFile(stamp, []byte(test.stamp+"\n"), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}

			var log bytes.Buffer
			s := start(t, Options{StoragePath: path, Log: slog.New(slog.NewJSONHandler(&log, nil))})
			if !strings.HasPrefix(s.SetAside(), filepath.Join(path, test.folder)) {
				t.Errorf("SetAside = %q", s.SetAside())
			}
			if file, err := os.Stat(s.SetAside()); err != nil || file.Size() == 0 {
				t.Errorf("the file that was set aside: %v", err)
			}
			if !strings.Contains(log.String(), s.SetAside()) {
				t.Errorf("the log does not name the file:\n%s", log.String())
			}
			if _, err := dial(t, s.Address()).DescribeWorkflowExecution(t.Context(), "open", ""); err == nil {
				t.Error("the new database has the old workflow")
			}
		})
	}
}

func TestTakenAddresses(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	taken := l.Addr().String()
	for name, test := range map[string]struct {
		o    Options
		want []string
	}{
		"server":     {Options{Address: taken, UIAddress: NoUI}, []string{taken, "is taken", "--temporal.address"}},
		"UI":         {Options{Address: "127.0.0.1:0", UIAddress: taken}, []string{taken, "is taken", "--temporal.ui-address"}},
		"no port":    {Options{Address: "127.0.0.1", UIAddress: NoUI}, []string{"127.0.0.1", "--temporal.address"}},
		"not ours":   {Options{Address: "192.0.2.1:7233", UIAddress: NoUI}, []string{"192.0.2.1", "--temporal.address"}},
		"retention":  {Options{Retention: time.Minute}, []string{"retention", "1m0s", "at least 1h"}},
		"file there": {Options{StoragePath: os.Args[0], Address: "127.0.0.1:0"}, []string{"--storage.path"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Start(t.Context(), test.o)
			if err == nil {
				closeServer(t, s)
				t.Fatal("it started")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

// A port that somebody takes in the moment between our check and the server's
// start must not end the process, as the server would have it.
func TestServerThatGivesUpIsAnError(t *testing.T) {
	t.Parallel()
	o, err := Options{Address: "127.0.0.1:0", UIAddress: NoUI}.validate()
	if err != nil {
		t.Fatal(err)
	}
	st, err := openStorage(t.TempDir(), headers.ServerVersion)
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	db := &database{config: sqlConfig(st.database)}
	if err := db.prepare(t.Context(), st, o); err != nil {
		t.Fatal(err)
	}
	p, err := reservePorts(o.Address, NoUI)
	if err != nil {
		t.Fatal(err)
	}
	defer p.release() // only now: the ports are taken while the server starts
	_, err = startTemporal(db.config, p, o)
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("startTemporal: %v", err)
	}
}

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	target := temporal.NewSearchAttributeKeyKeyword("RedressTarget")
	count := temporal.NewSearchAttributeKeyInt64("RedressCount")
	first := map[string]enumspb.IndexedValueType{
		"RedressTarget": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"RedressMode":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	}
	s := start(t, Options{StoragePath: path, SearchAttributes: first})
	c := dial(t, s.Address())
	begin(t, c, "a", true, target.ValueSet("cache-prod"))
	begin(t, c, "b", true, target.ValueSet("sessions"))
	awaitList(t, c, `RedressTarget = "cache-prod"`, []string{"a"})
	closeServer(t, s)

	// A later version of Redress needs one more, and the old values stay.
	second := map[string]enumspb.IndexedValueType{
		"RedressTarget": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"RedressMode":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"RedressAlert":  enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		"RedressCount":  enumspb.INDEXED_VALUE_TYPE_INT,
	}
	s = start(t, Options{StoragePath: path, SearchAttributes: second, Retention: 50 * time.Hour})
	c = dial(t, s.Address())
	begin(t, c, "c", true, target.ValueSet("feed"), count.ValueSet(3))
	awaitList(t, c, `RedressCount > 2`, []string{"c"})
	awaitList(t, c, `RedressTarget = "sessions"`, []string{"b"})
	ns, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: DefaultNamespace})
	if err != nil {
		t.Fatal(err)
	}
	if got := ns.Config.WorkflowExecutionRetentionTtl.AsDuration(); got != 50*time.Hour {
		t.Errorf("the retention is %s", got)
	}
	closeServer(t, s)

	_, err = Start(t.Context(), Options{
		StoragePath: path, Address: "127.0.0.1:0", UIAddress: NoUI,
		SearchAttributes: map[string]enumspb.IndexedValueType{"RedressCount": enumspb.INDEXED_VALUE_TYPE_TEXT},
	})
	if err == nil || !strings.Contains(err.Error(), "RedressCount is registered as Int and cannot become Text") {
		t.Errorf("another type for an attribute: %v", err)
	}
}

func TestAssignFields(t *testing.T) {
	t.Parallel()
	keyword, boolean := enumspb.INDEXED_VALUE_TYPE_KEYWORD, enumspb.INDEXED_VALUE_TYPE_BOOL
	got, err := assignFields(map[string]string{"Keyword02": "B"},
		map[string]enumspb.IndexedValueType{"A": keyword, "B": keyword, "C": keyword, "D": boolean})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Keyword01": "A", "Keyword02": "B", "Keyword03": "C", "Bool01": "D"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, wanted := range map[string]map[string]enumspb.IndexedValueType{
		"no free column": {"A": boolean, "B": boolean, "C": boolean, "D": boolean},
		"Temporal's own": {"WorkflowType": keyword},
	} {
		_, err := assignFields(nil, wanted)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func awaitList(t *testing.T, c client.Client, query string, want []string) {
	t.Helper()
	var got []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		list, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		got = nil
		for _, e := range list.Executions {
			got = append(got, e.Execution.WorkflowId)
		}
		if cmp.Equal(want, got) {
			return
		}
	}
	t.Errorf("%s lists %v, want %v", query, got, want)
}

func TestWebUI(t *testing.T) {
	t.Parallel()
	var log, serverLog bytes.Buffer
	s := start(t, Options{UIAddress: "127.0.0.1:0", Namespace: "redis", Log: slog.New(slog.NewJSONHandler(&log, nil)), ServerLog: &serverLog})
	folder := filepath.Dir(filepath.Dir(s.storage.database))

	if page := get(t, s.UIURL()+"/"); !strings.Contains(page, "<html") {
		t.Errorf("the UI serves %.200q", page)
	}
	var settings struct {
		DefaultNamespace   string
		NotifyOnNewVersion bool
		DisableNewsFetch   bool
	}
	if err := json.Unmarshal([]byte(get(t, s.UIURL()+"/api/v1/settings")), &settings); err != nil {
		t.Fatal(err)
	}
	if settings.DefaultNamespace != "redis" || settings.NotifyOnNewVersion || !settings.DisableNewsFetch {
		t.Errorf("the UI's settings are %+v", settings)
	}
	if answer := get(t, s.UIURL()+"/api/v1/namespaces/redis/workflows"); !json.Valid([]byte(answer)) {
		t.Errorf("the UI does not reach the server: %.200q", answer)
	}

	closeServer(t, s)
	closeServer(t, s)
	if _, err := http.Get(s.UIURL()); err == nil {
		t.Error("the UI still serves after Close")
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary folder is still there: %v", err)
	}
	for _, want := range []string{`"msg":"Temporal started"`, `"msg":"Temporal stopped"`, s.UIURL(), s.Address()} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, log.String())
		}
	}
	if lines := strings.Count(log.String(), "\n"); lines > 5 {
		t.Errorf("%d lines are too many for our log:\n%s", lines, log.String())
	}
	if line, err := serverLog.ReadBytes('\n'); err != nil || !json.Valid(line) {
		t.Errorf("Temporal's log begins with %q, %v", line, err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v: %.300s", url, response.Status, err, body)
	}
	return string(body)
}
