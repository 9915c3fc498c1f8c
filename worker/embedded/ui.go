//go:build !lean

package embedded

import (
	"context"
	"fmt"
	"net/http"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// ui is the Temporal Web UI on a port of its own.
type ui struct {
	url     string
	server  *uiserver.Server
	stopped chan struct{}
}

// startUI runs the Web UI and returns when it serves. It asks nobody on the
// internet for news or newer versions.
func startUI(ctx context.Context, listen endpoint, frontend, namespace string) (*ui, error) {
	host := listen.Addr().String()
	if listen.Addr().Is6() {
		host = "[" + host + "]" // the UI's server joins host and port with a colon
	}
	u := &ui{
		url: "http://" + listen.dial(),
		server: uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
			TemporalGRPCAddress: frontend,
			Host:                host,
			Port:                int(listen.Port()),
			DefaultNamespace:    namespace,
			EnableUI:            true,
			DisableNewsFetch:    true,
			NotifyOnNewVersion:  false,
			HideLogs:            true,
			// Plain HTTP: a browser would not send back a secure cookie.
			CORS: uiconfig.CORS{CookieInsecure: true},
		})),
		stopped: make(chan struct{}),
	}
	go func() {
		defer close(u.stopped)
		_ = u.server.Start() // it never returns an error: it ends the process
	}()
	if err := u.await(ctx); err != nil {
		u.stop()
		return nil, err
	}
	return u, nil
}

func (u *ui) await(ctx context.Context) error {
	// No kept connection, and no proxy between us and ourselves.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.url+"/healthz", nil)
		if err != nil {
			return fmt.Errorf("wait for the Temporal Web UI: %w", err)
		}
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("%s answers %s", request.URL, response.Status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the Temporal Web UI: %w (last answer: %w)", context.Cause(ctx), err)
		case <-poll.C:
		}
	}
}

func (u *ui) stop() {
	u.server.Stop()
	<-u.stopped
}
