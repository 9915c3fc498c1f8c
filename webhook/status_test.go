package webhook_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"redress/internal/contract"
	"redress/webhook"
)

func TestStatusOfTheIntake(t *testing.T) {
	token := func(s string, err error) func(*webhook.Options) {
		return func(o *webhook.Options) { o.Token = func() (string, error) { return s, err } }
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name    string
		options func(*webhook.Options)
		request func(*http.Request)
		status  int
		detail  string // of the problem
		headers map[string]string
	}{
		{name: "accepted", status: 202},
		{name: "accepted with parameters in the media type", request: header("Content-Type", "application/json; charset=utf-8"), status: 202},
		{name: "token", options: token("s3cret", nil), request: header("Authorization", "Bearer s3cret"), status: 202},
		{name: "scheme in small letters", options: token("s3cret", nil), request: header("Authorization", "bearer s3cret"), status: 202},
		{
			name: "no token", options: token("s3cret", nil), status: 401, detail: "a bearer token is needed",
			headers: map[string]string{"WWW-Authenticate": `Bearer realm="redress"`},
		},
		{name: "basic instead of bearer", options: token("s3cret", nil), request: header("Authorization", "Basic czNjcmV0"), status: 401, detail: "a bearer token is needed"},
		{name: "empty token given", options: token("s3cret", nil), request: header("Authorization", "Bearer "), status: 401, detail: "a bearer token is needed"},
		{name: "wrong token", options: token("s3cret", nil), request: header("Authorization", "Bearer s3cre"), status: 403, detail: "not the one of webhook.token_file"},
		{name: "token file is gone", options: token("", errors.New("no such file")), request: header("Authorization", "Bearer x"), status: 503, detail: "cannot be read"},
		{name: "token file is empty", options: token("", nil), request: header("Authorization", "Bearer x"), status: 503, detail: "cannot be read"},
		{name: "GET", request: func(r *http.Request) { r.Method = http.MethodGet }, status: 405, detail: "/api/v1/alertmanager takes POST, not GET", headers: map[string]string{"Allow": "POST"}},
		{name: "too large by its length", options: func(o *webhook.Options) { o.MaxBody = 100 }, status: 413, detail: "larger than 100 bytes; set max_alerts"},
		{name: "too large without a length", options: func(o *webhook.Options) { o.MaxBody = 100 }, request: func(r *http.Request) { r.ContentLength = -1 }, status: 413, detail: "larger than 100 bytes"},
		{name: "as curl -d sends it", request: header("Content-Type", "application/x-www-form-urlencoded"), status: 202},
		{name: "no media type", request: func(r *http.Request) { r.Header.Del("Content-Type") }, status: 202},
		{name: "a web page", request: header("Origin", "https://evil.example"), status: 403, detail: "from the web page"},
		{name: "compressed", request: header("Content-Encoding", "gzip"), status: 415, detail: `Content-Encoding is "gzip"`},
		{
			name: "Temporal is away", status: 503, detail: "Temporal is not available", headers: map[string]string{"Retry-After": "10"},
			options: func(o *webhook.Options) {
				o.Starter = &recorder{fail: func(string) error { return contract.ErrUnavailable }}
			},
		},
		{
			name: "Temporal does not answer in time", status: 503, detail: "recording took longer than 20ms",
			options: func(o *webhook.Options) { o.RecordTimeout, o.Starter = 20*time.Millisecond, hanging{} },
		},
		{name: "defect", options: func(o *webhook.Options) { o.Inventory = panicking{} }, status: 500, detail: "a defect of Redress"},
		{name: "defect in recording", options: func(o *webhook.Options) { o.Starter = panicking{} }, status: 503, detail: "a defect of Redress"},
		{name: "path that is none", request: func(r *http.Request) { r.URL.Path += "/" }, status: 404, detail: "notifications go to /api/v1/alertmanager"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := options(&recorder{})
			if tt.options != nil {
				tt.options(&o)
			}
			edit := tt.request
			if edit == nil {
				edit = func(*http.Request) {}
			}
			path := intake
			rec := post(handler(t, o), group("a", "b"), edit, func(r *http.Request) { path = r.URL.Path })
			if rec.Code != tt.status {
				t.Fatalf("status %d, want %d: %s", rec.Code, tt.status, rec.Body)
			}
			for name, want := range tt.headers {
				if got := rec.Header().Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if tt.status == http.StatusAccepted {
				return
			}
			if p := problemOf(t, rec, path); !strings.Contains(p.Detail, tt.detail) {
				t.Errorf("detail = %q, want it to contain %q", p.Detail, tt.detail)
			}
		})
	}
}

// hanging is a Starter that waits for its deadline.
type hanging struct{}

func (hanging) Record(ctx context.Context, _ contract.TargetRef, _ contract.Notification) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

type panicking struct{}

func (panicking) MatchTarget(map[string]string) (contract.TargetRef, string, bool) { panic("boom") }

func (panicking) Record(context.Context, contract.TargetRef, contract.Notification) error {
	panic("boom")
}

// raw sends bytes to a real server and returns its connection for more.
func raw(t *testing.T, o webhook.Options, head string) (net.Conn, *bufio.Reader) {
	t.Helper()
	srv := httptest.NewServer(handler(t, o))
	t.Cleanup(srv.Close)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: redress\r\nContent-Type: application/json\r\n%s", intake, head); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

func TestBodyThatDoesNotArrive(t *testing.T) {
	o := options(&recorder{})
	o.BodyTimeout = 50 * time.Millisecond
	_, answer := raw(t, o, "Content-Length: 1000\r\n\r\n{\"version\"")
	resp, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestTimeout || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("status %d, %s; want a 408 problem", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	starter := &recorder{}
	conn, answer := raw(t, options(starter), "Content-Length: 1000\r\n\r\n{\"version\"")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", resp.StatusCode)
	}
	if n := len(starter.all()); n != 0 {
		t.Errorf("%d records of half a body", n)
	}
}

// slow is a Starter that takes longer than a body may, and says whether its context lived.
type slow struct {
	takes time.Duration
	saw   chan error
}

func (s slow) Record(ctx context.Context, _ contract.TargetRef, _ contract.Notification) error {
	timer := time.NewTimer(s.takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	s.saw <- ctx.Err()
	return ctx.Err()
}

func TestRecordingOutlivesTheDeadlineOfTheBodyAndTheClient(t *testing.T) {
	for _, leave := range []bool{false, true} {
		t.Run(fmt.Sprintf("client leaves %v", leave), func(t *testing.T) {
			starter := slow{takes: 150 * time.Millisecond, saw: make(chan error, 1)}
			o := options(starter)
			o.BodyTimeout = 50 * time.Millisecond
			body := group("a")
			conn, answer := raw(t, o, fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
			if leave {
				conn.Close()
			} else {
				resp, err := http.ReadResponse(answer, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if resp.StatusCode != http.StatusAccepted {
					t.Errorf("status %d, want 202", resp.StatusCode)
				}
			}
			select {
			case err := <-starter.saw:
				if err != nil {
					t.Errorf("recording was cut off: %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("nothing was recorded")
			}
		})
	}
}

func TestHealth(t *testing.T) {
	o := options(&recorder{})
	var missing error
	o.Ready = func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			return errors.New("Ready was called without a deadline")
		}
		return missing
	}
	h := handler(t, o)
	if rec := get(h, "/-/healthy"); rec.Code != 200 || rec.Body.String() != "Redress is healthy.\n" {
		t.Errorf("healthy: %d %q", rec.Code, rec.Body)
	}
	if rec := get(h, "/-/ready"); rec.Code != 200 || rec.Body.String() != "Redress is ready.\n" {
		t.Errorf("ready: %d %q", rec.Code, rec.Body)
	}
	missing = errors.New("search attributes are missing")
	rec := get(h, "/-/ready")
	if p := problemOf(t, rec, "/-/ready"); p.Status != 503 || p.Detail != "Redress is not ready: search attributes are missing" {
		t.Errorf("not ready: %+v", p)
	}
	if rec := get(h, "/-/healthy"); rec.Code != 200 {
		t.Errorf("healthy while not ready: %d", rec.Code)
	}
}

func TestMetricsHaveNoLabelFromOutside(t *testing.T) {
	h := handler(t, options(&recorder{}))
	for i := range 3 {
		get(h, fmt.Sprintf("/nowhere/%d", i))
	}
	got := metric(t, h, `redress_http_request_duration_seconds_count`)
	if diff := cmp.Diff([]string{`redress_http_request_duration_seconds_count{code="404",handler="other",method="other"} 3`}, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestOptionsThatDoNotServe(t *testing.T) {
	taken := options(&recorder{})
	handler(t, taken)
	tests := map[string]struct {
		edit func(*webhook.Options)
		want string
	}{
		"no inventory":   {func(o *webhook.Options) { o.Inventory = nil }, "no Inventory"},
		"no starter":     {func(o *webhook.Options) { o.Starter = nil }, "no Starter"},
		"no runs":        {func(o *webhook.Options) { o.Runs = nil }, "no Runs"},
		"negative limit": {func(o *webhook.Options) { o.MaxBody = -1 }, "cannot be negative"},
		"registry twice": {func(o *webhook.Options) { o.Registry = taken.Registry }, "registering the metrics"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := options(&recorder{})
			o.Registry = prometheus.NewRegistry()
			tt.edit(&o)
			if _, err := webhook.New(o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
