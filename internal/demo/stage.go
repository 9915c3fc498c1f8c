//go:build !lean

package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"time"

	"redress/internal/app"
	"redress/internal/lab"
	"redress/internal/lab/alertmanager"
)

// stage is everything that runs.
type stage struct {
	lab          *lab.Lab
	alertmanager *alertmanager.Server
	redress      *app.Standalone
	pager        *pager
	files        files

	// stops undoes what raise did, in reverse order.
	stops []func(context.Context) error
}

// raise starts everything and tells what there is. On an error nothing is left.
func raise(ctx context.Context, o Options, say *narrator) (st *stage, err error) {
	st = &stage{}
	defer func() {
		if err != nil {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
			defer cancel()
			err = errors.Join(err, st.close(closing))
		}
	}()
	began := time.Now()
	if st.lab, err = lab.Start(ctx, lab.Options{Dir: o.Dir, DownAfter: sceneOf(o.Fault).downAfter, Log: o.Log}); err != nil {
		return st, err
	}
	st.onClose(func(context.Context) error { return st.lab.Close() })
	master, err := st.lab.Master(ctx)
	if err != nil {
		return st, err
	}
	say.now(partRedis, "%s at %s is the master of %s; %d Sentinels watch them", master.Name(), master.Addr(), names(st.lab.Nodes(), master), len(st.lab.Sentinels()))

	if st.files, err = newFiles(st.lab.Dir()); err != nil {
		return st, err
	}
	if st.pager, err = startPager(say); err != nil {
		return st, err
	}
	st.onClose(st.pager.close)
	if err := st.startRedress(ctx, o); err != nil {
		return st, err
	}
	say.now(partAlertmanager, "up at %s, routes alerts to Redress at once and to a person after %s", st.alertmanager.URL(), pageAfter)
	say.now(partRedress, "up at %s, with Temporal and its Web UI at %s", st.redress.URL(), st.redress.UIURL())
	say.now(partDemo, "all of it started in %.1fs", time.Since(began).Seconds())
	return st, nil
}

// startRedress starts Alertmanager and Redress. Each has the other's address in its
// configuration, so that Redress's port is taken before either is up.
func (st *stage) startRedress(ctx context.Context, o Options) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for Redress: %w", err)
	}
	st.onClose(func(context.Context) error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) { // Redress closes it first
			return err
		}
		return nil
	})
	redressURL := "http://" + l.Addr().String()
	text, err := st.files.writeAlertmanager(redressURL, st.pager.url+"/page")
	if err != nil {
		return err
	}
	st.alertmanager, err = alertmanager.Start(ctx, alertmanager.Options{
		Config: text, DataDir: filepath.Join(st.files.dir, "alertmanager"), Log: o.Log,
	})
	if err != nil {
		return err
	}
	st.onClose(func(context.Context) error { return st.alertmanager.Close() })

	err = st.files.writeRedress(st.alertmanager.URL(), st.pager.url+"/message", st.lab.MasterName(), st.lab.SentinelAddrs())
	if err != nil {
		return err
	}
	loaded, problems := app.Load(st.files.redress)
	if loaded == nil {
		return fmt.Errorf("load the demo's redress.yaml: %w", problems)
	}
	st.redress, err = app.StartStandalone(ctx, app.StandaloneOptions{
		Loaded: loaded, Web: app.Web{Listener: l}, ExternalURL: redressURL,
		StoragePath: filepath.Join(st.files.dir, "temporal"), Address: "127.0.0.1:0", UIAddress: "127.0.0.1:0",
		Metrics: app.NewMetrics(), Log: o.Log, TemporalLog: o.TemporalLog,
	})
	if err != nil {
		return err
	}
	st.onClose(st.redress.Close)
	return st.awaitReady(ctx)
}

// awaitReady waits until the worker works: what comes sooner would only be taken later.
func (st *stage) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("redress was not ready after 1m"))
	defer cancel()
	tick := time.NewTicker(pollInterval / 3)
	defer tick.Stop()
	for {
		err := get(ctx, st.redress.URL()+"/-/ready", nil)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until Redress is ready: %w (last answer: %w)", context.Cause(ctx), err)
		case err := <-st.redress.Done():
			return ended(err)
		case <-tick.C:
		}
	}
}

func (st *stage) onClose(stop func(context.Context) error) { st.stops = append(st.stops, stop) }

// close stops everything and removes all files.
func (st *stage) close(ctx context.Context) error {
	var errs []error
	for _, stop := range slices.Backward(st.stops) {
		errs = append(errs, stop(ctx))
	}
	return errors.Join(errs...)
}

// links tells where to look while everything stays up.
func (st *stage) links(say *narrator, runID string) {
	say.paragraph(fmt.Sprintf(`
Everything stays up until Ctrl-C. To look around:

  Temporal Web UI   %[1]s
  Redress's API     %[2]s/api/v1/runs
  Alertmanager      %[3]s/api/v2/silences  (amtool --alertmanager.url=%[3]s silence query --expired)
  Sentinels         %[4]s  (redis-cli -p PORT sentinel master %[5]s)
  Configuration     %[6]s
                    %[7]s

  redress runs --redress.url %[2]s
  redress show --redress.url %[2]s %[8]s
`, st.redress.UIURL(), st.redress.URL(), st.alertmanager.URL(), list(st.lab.SentinelAddrs()), st.lab.MasterName(),
		st.files.redress, st.files.alertmanager, runID))
}

// names lists nodes but one.
func names(nodes []*lab.Node, but *lab.Node) string {
	var out []string
	for _, n := range nodes {
		if n != but {
			out = append(out, n.Name())
		}
	}
	return list(out)
}
