//go:build !lean

package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/template"
)

// pager is where people are reached: Alertmanager pages them at /page, and Redress
// itself writes to them at /message.
type pager struct {
	server *http.Server
	url    string
	served chan struct{}
	say    *narrator

	mu    sync.Mutex
	pages []page
}

// page is one time that Alertmanager paged the human.
type page struct {
	at     time.Time
	alerts []string // names of those that fired
}

func startPager(say *narrator) (*pager, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the pager: %w", err)
	}
	p := &pager{url: "http://" + l.Addr().String(), served: make(chan struct{}), say: say}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /page", p.page)
	mux.HandleFunc("POST /message", p.message)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(p.served)
		_ = p.server.Serve(l) // ends with Close
	}()
	return p, nil
}

func (p *pager) close(ctx context.Context) error {
	err := p.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop the pager: %w", err), p.server.Close())
	}
	<-p.served
	return err
}

func (p *pager) page(w http.ResponseWriter, r *http.Request) {
	var d template.Data
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	now := time.Now()
	var names []string
	for _, a := range d.Alerts.Firing() {
		if name := a.Labels["alertname"]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		p.say.note(now, partPager, "a person is told that it is over")
		return
	}
	p.mu.Lock()
	p.pages = append(p.pages, page{at: now, alerts: names})
	p.mu.Unlock()
	p.say.note(now, partPager, "a PERSON IS PAGED for %s", list(names))
}

func (p *pager) message(w http.ResponseWriter, r *http.Request) {
	var m struct{ Title, Message string }
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.say.note(time.Now(), partPager, "Redress writes to the people on call (no page): %s", m.Message)
}

// paged returns the pages so far.
func (p *pager) paged() []page {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.pages)
}
