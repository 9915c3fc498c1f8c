package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"redress/activities"
	"redress/internal/contract"
)

// mailbox is a server that takes messages, and answers as it is told.
type mailbox struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	answer string
	bodies []string
	types  []string
}

func newMailbox(t *testing.T) *mailbox {
	m := &mailbox{status: http.StatusOK}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.bodies = append(m.bodies, string(body))
		m.types = append(m.types, r.Method+" "+r.Header.Get("Content-Type"))
		if m.status/100 == 3 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(m.status)
		_, _ = io.WriteString(w, m.answer)
	}))
	t.Cleanup(m.Close)
	return m
}

func secret(url string) func() (string, error) {
	return func() (string, error) { return url + "\n", nil }
}

func TestHTTPReceiver(t *testing.T) {
	m := newMailbox(t)
	n := notifier(t, func(o *Options) {
		o.Receivers, o.Default = []Receiver{{Name: "hook", HTTPURL: secret(m.URL + "/hook")}}, "hook"
	})
	for _, name := range []string{"hook", "default", ""} {
		c := tell()
		c.Receiver, c.Message, c.Reason = name, "It is {{ .Run.Outcome }}.", "because"
		told, err := n.Tell(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		want := contract.Told{Receiver: "hook", Title: "cache-prod: Redis master is unreachable: healed", Message: "It is healed."}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	}
	if len(m.bodies) != 3 || m.types[0] != "POST application/json" {
		t.Fatalf("%d messages as %v", len(m.bodies), m.types)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(m.bodies[0]), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "payload", indented.String()+"\n")
}

func TestShoutrrrReceiver(t *testing.T) {
	m := newMailbox(t)
	host := strings.TrimPrefix(m.URL, "http://")
	for name, test := range map[string]struct{ url, want string }{
		"a service with a title":    {"generic://" + host + "/hook?disabletls=yes&template=json", `{"message":"It is so.","title":"Look"}`},
		"a service without a title": {"generic://" + host + "/hook?disabletls=yes", "Look\n\nIt is so."},
		"a custom URL":              {"generic+http://" + host + "/hook", "Look\n\nIt is so."},
	} {
		t.Run(name, func(t *testing.T) {
			m.bodies = nil
			n := notifier(t, func(o *Options) {
				o.Receivers = []Receiver{{Name: "chat", ShoutrrrURL: secret(test.url)}}
			})
			c := tell()
			c.Receiver, c.Title, c.Message = "chat", "Look", "It is so."
			if _, err := n.Tell(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.want}, m.bodies); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhichServicesShowATitle(t *testing.T) {
	for url, want := range map[string]bool{
		"slack://hook:WNA3PBYV6-F20DUQND3RQ-Webc4MAvoacrpPakR8phF0zi@webhook":              true,
		"telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=channel-1": true,
		"logger://": false,
	} {
		service := mustLocate(t, url)
		if got := takesTitle(service); got != want {
			t.Errorf("%s takes a title: %v, want %v", service.GetID(), got, want)
		}
	}
}

func TestAnswersOfReceivers(t *testing.T) {
	for _, test := range []struct {
		status    int
		answer    string
		ok        bool
		permanent bool
		want      string
	}{
		{status: 204, ok: true},
		{status: 400, answer: "bad  json\n", permanent: true, want: `tell receiver "hook": it answered 400 Bad Request: bad json`},
		{status: 404, permanent: true, want: `tell receiver "hook": it answered 404 Not Found`},
		{status: 302, permanent: true, want: `tell receiver "hook": it answered 302 Found; give the URL that it redirects to`},
		{status: 429, want: `tell receiver "hook": it answered 429 Too Many Requests`},
		{status: 503, answer: strings.Repeat("x", 1000), want: `tell receiver "hook": it answered 503 Service Unavailable: ` + strings.Repeat("x", 200)},
	} {
		m := newMailbox(t)
		m.status, m.answer = test.status, test.answer
		n := notifier(t, func(o *Options) { o.Receivers = []Receiver{{Name: "hook", HTTPURL: secret(m.URL)}} })
		_, err := n.tell(t.Context(), contract.Tell{Receiver: "hook", Message: "x"})
		switch {
		case test.ok:
			if err != nil {
				t.Errorf("%d: %v", test.status, err)
			}
		case err == nil || err.Error() != test.want || activities.IsPermanent(err) != test.permanent:
			t.Errorf("%d: %v (permanent %v)\nwant %s (permanent %v)", test.status, err, activities.IsPermanent(err), test.want, test.permanent)
		}
	}
}

func TestABrokenTextIsSentAllTheSame(t *testing.T) {
	m := newMailbox(t)
	n := notifier(t, func(o *Options) { o.Receivers = []Receiver{{Name: "hook", HTTPURL: secret(m.URL)}} })
	c := tell()
	c.Receiver, c.Message = "hook", "{{ .Nonsense }}"
	_, err := n.Tell(t.Context(), c)
	if !activities.IsPermanent(err) || len(m.bodies) != 1 || !strings.Contains(m.bodies[0], "This is a plain account") {
		t.Errorf("error = %v (permanent: it is not sent again), messages = %v", err, m.bodies)
	}
}

func TestNobodyCanBeTold(t *testing.T) {
	hook := Receiver{Name: "hook", HTTPURL: secret("http://127.0.0.1:1")}
	for name, test := range map[string]struct {
		receivers      []Receiver
		receiver, want string
	}{
		"none at all":    {nil, "", "nobody can be told: no receiver is configured; add one under receivers and name it in policy.receiver"},
		"no default":     {[]Receiver{hook}, "default", "nobody can be told: policy.receiver names nobody; set it to one of hook"},
		"not configured": {[]Receiver{hook}, "pager", `receiver "pager" is not configured; add it under receivers, or name one of hook`},
	} {
		t.Run(name, func(t *testing.T) {
			n := notifier(t, func(o *Options) { o.Receivers = test.receivers })
			_, err := n.tell(t.Context(), contract.Tell{Receiver: test.receiver, Message: "x"})
			if err == nil || err.Error() != test.want || !activities.IsPermanent(err) {
				t.Errorf("error = %v (permanent %v), want %s", err, activities.IsPermanent(err), test.want)
			}
			told, err := n.tell(t.Context(), contract.Tell{Receiver: test.receiver, Message: "x", RenderOnly: true})
			if err != nil || told.Message != "x" {
				t.Errorf("rendering alone = %+v, %v", told, err)
			}
		})
	}
}

func TestWrongOptions(t *testing.T) {
	url := secret("http://127.0.0.1:1")
	for name, o := range map[string]Options{
		"no URL":          {Receivers: []Receiver{{Name: "a"}}},
		"two URLs":        {Receivers: []Receiver{{Name: "a", HTTPURL: url, ShoutrrrURL: url}}},
		"no name":         {Receivers: []Receiver{{HTTPURL: url}}},
		"a reserved name": {Receivers: []Receiver{{Name: "default", HTTPURL: url}}},
		"a name twice":    {Receivers: []Receiver{{Name: "a", HTTPURL: url}, {Name: "a", HTTPURL: url}}},
		"default unknown": {Receivers: []Receiver{{Name: "a", HTTPURL: url}}, Default: "b"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSecretsStayOutOfErrorsAndLogs(t *testing.T) {
	gone := newMailbox(t)
	gone.Close()
	echo := newMailbox(t)
	echo.status, echo.answer = http.StatusInternalServerError, "no hook s3cretToken/abc123 for hunter2"
	host := func(m *mailbox) string { return strings.TrimPrefix(m.URL, "http://") }
	for name, r := range map[string]Receiver{
		"http, refused connection":     {HTTPURL: secret("http://ana:hunter2@" + host(gone) + "/s3cretToken/abc123?key=t0pk")},
		"http, an answer that repeats": {HTTPURL: secret("http://ana:hunter2@" + host(echo) + "/s3cretToken/abc123?key=t0pk")},
		"http, no host":                {HTTPURL: secret("s3cretToken/abc123/hunter2/t0pk")},
		"http, no URL":                 {HTTPURL: secret("http://hunter2 s3cretToken abc123 t0pk\x7f")},
		"shoutrrr, refused connection": {ShoutrrrURL: secret("generic://ana:hunter2@" + host(gone) + "/s3cretToken/abc123?disabletls=yes&key=t0pk")},
		"shoutrrr, an answer":          {ShoutrrrURL: secret("generic://ana:hunter2@" + host(echo) + "/s3cretToken/abc123?disabletls=yes&key=t0pk")},
		"shoutrrr, a wrong URL":        {ShoutrrrURL: secret("slack://hunter2:s3cretToken-abc123@t0pk/?nonsense=1")},
		"shoutrrr, no such service":    {ShoutrrrURL: secret("nosuch://hunter2:s3cretToken@abc123/t0pk")},
		"shoutrrr, no URL":             {ShoutrrrURL: secret("slack://hunter2:s3cretToken%zz@abc123/t0pk")},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r.Name = "hook"
			n := notifier(t, func(o *Options) {
				o.Receivers, o.Log = []Receiver{r}, slog.New(slog.NewTextHandler(&log, nil))
			})
			_, err := n.Tell(t.Context(), contract.Tell{Receiver: "hook", Message: "x"})
			if err == nil {
				t.Fatal("there is no error")
			}
			for _, word := range []string{"hunter2", "s3cretToken", "abc123", "t0pk"} {
				for e := err; e != nil; e = errors.Unwrap(e) {
					if strings.Contains(e.Error(), word) {
						t.Errorf("the error tells %s: %v", word, e)
					}
				}
				if strings.Contains(log.String(), word) {
					t.Errorf("the log tells %s: %s", word, log.String())
				}
			}
			if !strings.Contains(err.Error(), `receiver "hook"`) {
				t.Errorf("error = %v, want it to name the receiver", err)
			}
		})
	}
}

func TestAURLThatCannotBeRead(t *testing.T) {
	n := notifier(t, func(o *Options) {
		o.Receivers = []Receiver{{Name: "hook", HTTPURL: func() (string, error) { return "", errors.New("open secrets/hook: no such file") }}}
	})
	_, err := n.tell(t.Context(), contract.Tell{Receiver: "hook", Message: "x"})
	if want := `tell receiver "hook": read its URL: open secrets/hook: no such file`; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func mustLocate(t *testing.T, url string) types.Service {
	t.Helper()
	services, err := router.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	service, err := services.Locate(url)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func TestAReceiverThatHangsIsGivenUp(t *testing.T) {
	over := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(over) })
	for name, r := range map[string]Receiver{
		"http":     {Name: "hook", HTTPURL: secret(hanging.URL)},
		"shoutrrr": {Name: "hook", ShoutrrrURL: secret("generic+" + hanging.URL)},
	} {
		t.Run(name, func(t *testing.T) {
			n := notifier(t, func(o *Options) { o.Receivers = []Receiver{r} })
			ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("the time is over"))
			defer cancel()
			_, err := n.tell(ctx, contract.Tell{Receiver: "hook", Message: "x"})
			if want := `tell receiver "hook": the time is over`; err == nil || err.Error() != want || activities.IsPermanent(err) {
				t.Errorf("error = %v, want %s, transient", err, want)
			}
		})
	}
}
