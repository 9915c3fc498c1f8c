//go:build !lean

package alertmanager

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/config/receiver"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/provider"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
)

// pipeline is the way of an alert from the store to its receivers: the part of
// Alertmanager that the configuration decides.
type pipeline struct {
	alerts        provider.Alerts
	silencer      *silence.Silencer
	notifications notify.NotificationLog
	groups        marker.GroupMarker
	builder       *notify.PipelineBuilder
	events        eventrecorder.Recorder
	externalURL   *url.URL
	log           *slog.Logger

	inhibitor  *inhibit.Inhibitor
	dispatcher *dispatch.Dispatcher
	running    sync.WaitGroup
}

// build makes inhibitor and dispatcher; nothing runs yet.
func (p *pipeline) build(conf *config.Config, registry prometheus.Registerer, flags featurecontrol.Flagger) error {
	templates, err := template.FromGlobs(conf.Templates)
	if err != nil {
		return fmt.Errorf("read the templates: %w", err)
	}
	templates.ExternalURL = p.externalURL

	receivers := make(map[string][]notify.Integration, len(conf.Receivers))
	for _, r := range conf.Receivers {
		if receivers[r.Name], err = receiver.BuildReceiverIntegrations(r, templates, p.log); err != nil {
			return fmt.Errorf("make the receiver %s: %w", r.Name, err)
		}
	}
	intervals := make(map[string][]timeinterval.TimeInterval)
	for _, i := range conf.MuteTimeIntervals {
		intervals[i.Name] = i.TimeIntervals
	}
	for _, i := range conf.TimeIntervals {
		intervals[i.Name] = i.TimeIntervals
	}

	p.inhibitor = inhibit.NewInhibitor(p.alerts, conf.InhibitRules, p.log, p.events)
	alone := func() time.Duration { return 0 } // no peers to wait for
	stages := p.builder.New(receivers, alone, p.inhibitor, p.silencer,
		timeinterval.NewIntervener(intervals), p.groups, p.notifications, nil)
	p.dispatcher = dispatch.NewDispatcher(p.alerts, dispatch.NewRoute(conf.Route, nil), stages, p.groups,
		func(interval time.Duration) time.Duration { return max(interval, notify.MinTimeout) },
		dispatchMaintenance, nil, p.log, p.events,
		dispatch.NewDispatcherMetrics(false, registry, flags), templates)
	return nil
}

// run lets the inhibitor see the alerts before the dispatcher sends any.
func (p *pipeline) run() {
	p.running.Go(p.inhibitor.Run)
	p.inhibitor.WaitForLoading()
	p.running.Go(func() { p.dispatcher.Run(time.Now()) })
	p.dispatcher.WaitForLoading()
}

func (p *pipeline) stop() {
	p.inhibitor.Stop()
	p.dispatcher.Stop()
	p.running.Wait()
}

// updateStatus is called by the API before it shows an alert.
func (p *pipeline) updateStatus(ctx context.Context, labels model.LabelSet) {
	p.inhibitor.Mutes(ctx, labels)
	p.silencer.Mutes(ctx, labels)
}
