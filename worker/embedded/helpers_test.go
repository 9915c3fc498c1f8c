//go:build !lean

package embedded

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
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

// awaitWaiting returns when the workflow has done its first task: a worker that
// stops in the middle of a task leaves it to a timeout of ten seconds.
func awaitWaiting(t *testing.T, c client.Client, id string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		d, err := c.DescribeWorkflowExecution(t.Context(), id, "")
		if err != nil {
			t.Fatal(err)
		}
		// Started; task scheduled, started, completed.
		if d.WorkflowExecutionInfo.HistoryLength >= 4 && d.PendingWorkflowTask == nil {
			return
		}
	}
	t.Fatalf("%s does not get to where it waits", id)
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
