package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/common/version"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"redress/activities/redis"
	"redress/internal/app"
	"redress/internal/temporal"
)

// stopTimeout bounds an orderly stop.
const stopTimeout = 30 * time.Second

// serverFlags are those of serve, worker and standalone.
type serverFlags struct {
	configFile  string
	web         app.Web
	externalURL string
	log         logFlags
}

func (f *serverFlags) register(fs *pflag.FlagSet, listen string) {
	configFlag(fs, &f.configFile)
	fs.StringVar(&f.web.ListenAddress, "web.listen-address", listen, "`host:port` to serve HTTP on")
	fs.StringVar(&f.web.ConfigFile, "web.config.file", "", "`file` that turns on TLS and basic auth, as for all of Prometheus's servers")
	fs.StringVar(&f.externalURL, "web.external-url", "", "`URL` under which people reach Redress, for links")
	f.log.register(fs, "info")
}

func configFlag(fs *pflag.FlagSet, file *string) {
	fs.StringVar(file, "config.file", "redress.yaml", "configuration `file`")
}

// validate checks what neither pflag nor a later part can tell well.
func (f *serverFlags) validate() error {
	if f.externalURL != "" {
		if u, err := url.Parse(f.externalURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return usageError{fmt.Sprintf("--web.external-url is %q", f.externalURL), "it is a whole URL: --web.external-url=https://redress.example.org"}
		}
	}
	if _, _, err := net.SplitHostPort(f.web.ListenAddress); err != nil {
		return usageError{fmt.Sprintf("--web.listen-address is %q", f.web.ListenAddress), "it is host:port: --web.listen-address=127.0.0.1:8080"}
	}
	return nil
}

// logFlags say what is logged, and how.
type logFlags struct{ level, format string }

func (f *logFlags) register(fs *pflag.FlagSet, level string) {
	f.level, f.format = level, promslog.FormatFlagOptions[0]
	fs.Var(choice{&f.level, promslog.LevelFlagOptions}, "log.level", "least severity that is logged")
	fs.Var(choice{&f.format, promslog.FormatFlagOptions}, "log.format", "form of the log")
}

// logger returns the log of the process, which goes to standard error.
func (f *logFlags) logger(cmd *cobra.Command) (*slog.Logger, error) {
	level, format := promslog.NewLevel(), promslog.NewFormat()
	if err := level.Set(f.level); err != nil {
		return nil, err
	}
	if err := format.Set(f.format); err != nil {
		return nil, err
	}
	return promslog.New(&promslog.Config{Level: level, Format: format, Writer: cmd.ErrOrStderr()}), nil
}

// server is what serve, worker and standalone begin with.
type server struct {
	serverFlags
	loaded  *app.Loaded
	metrics *prometheus.Registry
	log     *slog.Logger
}

// begin reads the configuration and says what is about to run. What is wrong with the
// configuration goes to standard error.
func (f *serverFlags) begin(cmd *cobra.Command) (*server, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	log, err := f.log.logger(cmd)
	if err != nil {
		return nil, err
	}
	redis.LogTo(log)
	loaded, problems := app.Load(f.configFile)
	if loaded == nil {
		if err := render(cmd.ErrOrStderr(), problems); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s: nothing was started", count(problems))
	}
	for _, p := range problems {
		log.Warn("configuration", "problem", p.String())
	}
	log.Info("starting", "verb", cmd.Name(), "version", version.Info(), "build", version.BuildContext(),
		"config", f.configFile, "targets", len(loaded.Config.Targets), "runbooks", len(loaded.Runbooks.Runbooks))
	if open(f.web.ListenAddress) && f.web.ConfigFile == "" && !loaded.Config.Webhook.Token.Set() {
		log.Warn("anybody who reaches the address can send alerts; set webhook.token_file, or --web.config.file",
			"address", f.web.ListenAddress)
	}
	ignoreHangups(cmd.Context(), log)
	return &server{serverFlags: *f, loaded: loaded, metrics: app.NewMetrics(), log: log}, nil
}

// open reports whether an address may be reached from other machines.
func open(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "localhost" {
		return false
	}
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback()
}

// ignoreHangups keeps a server alive that is told to reload, which it cannot yet.
func ignoreHangups(ctx context.Context, log *slog.Logger) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		defer signal.Stop(hangups)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
				log.Warn("reloading is not supported yet; restart the process, no run is lost by that")
			}
		}
	}()
}

// temporalFlags say where Temporal is, for serve and worker.
type temporalFlags struct{ address, namespace string }

func (f *temporalFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.address, "temporal.address", "", "`host:port` of Temporal (default $TEMPORAL_ADDRESS, temporal.address, localhost:7233)")
	fs.StringVar(&f.namespace, "temporal.namespace", "", "`namespace` in Temporal (default $TEMPORAL_NAMESPACE, temporal.namespace, default)")
}

// dial prepares the client; it does not connect yet.
func (f *temporalFlags) dial(s *server) (*temporal.Client, error) {
	if f.address != "" {
		if err := temporal.CheckAddress(f.address); err != nil {
			return nil, usageError{fmt.Sprintf("--temporal.address is %q", f.address), "it is host:port: --temporal.address=127.0.0.1:7233"}
		}
	}
	sdk, err := temporal.NewMetrics(s.metrics)
	if err != nil {
		return nil, err
	}
	cfg := s.loaded.Config.Temporal
	return temporal.Dial(temporal.Options{
		Address: f.address, Namespace: f.namespace,
		FileAddress: cfg.Address, FileNamespace: cfg.Namespace,
		TaskQueue: cfg.TaskQueue, UIURL: cfg.UIURL, Log: s.log, Metrics: sdk,
	})
}

// until waits for a signal, or for an error of a part that ended by itself.
func (s *server) until(ctx context.Context, done <-chan error) error {
	select {
	case <-ctx.Done():
		s.log.Info("stopping; a second signal ends the process at once")
		return nil
	case err := <-done:
		return err
	}
}

// stopping returns the context of an orderly stop.
func stopping(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(ctx), stopTimeout,
		fmt.Errorf("stopping took longer than %s", stopTimeout))
}
