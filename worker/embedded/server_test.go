//go:build !lean

package embedded

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/headers"
)

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
	awaitWaiting(t, c, "open")
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
	_, err = startTemporal(db.config, p, o, &gate{})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("startTemporal: %v", err)
	}
}

func TestWebUI(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	serverLog, err := os.Create(filepath.Join(t.TempDir(), "temporal.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer serverLog.Close()
	s := start(t, Options{
		UIAddress: "127.0.0.1:0", Namespace: "redis",
		Log: slog.New(slog.NewJSONHandler(&log, nil)), ServerLog: serverLog,
	})
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
	lines, err := os.ReadFile(serverLog.Name())
	if line, _, _ := bytes.Cut(lines, []byte("\n")); err != nil || !json.Valid(line) {
		t.Errorf("Temporal's log begins with %q, %v", line, err)
	}
}
