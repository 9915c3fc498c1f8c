//go:build !lean

package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// clusterName is what Temporal's single-machine servers call their only
// cluster. It is stored in the database and must not change.
const clusterName = "active"

// serverConfig is the static configuration: four services on fixed addresses,
// everything in one SQLite file, no archive, no metrics listener, no profiler.
func serverConfig(db *config.SQL, p *ports) *config.Config {
	service := func(e endpoint) config.Service {
		return config.Service{RPC: config.RPC{BindOnIP: e.Addr().String(), GRPCPort: int(e.Port())}}
	}
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:    sqlite.PluginName,
			VisibilityStore: sqlite.PluginName,
			// Stored in the database, cannot be changed later. More shards would
			// only queue for the one connection.
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{sqlite.PluginName: {SQL: db}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: p.frontend.dial()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			string(primitives.FrontendService): service(p.frontend),
			string(primitives.HistoryService):  service(p.history),
			string(primitives.MatchingService): service(p.matching),
			string(primitives.WorkerService):   service(p.worker),
		},
		PublicClient: config.PublicClient{HostPort: p.frontend.dial()},
	}
	const disabled = "disabled"
	c.Archival.History.State, c.Archival.Visibility.State = disabled, disabled
	c.NamespaceDefaults.Archival.History.State, c.NamespaceDefaults.Archival.Visibility.State = disabled, disabled
	return c
}

// dynamicSettings are the few settings in which a server for one machine
// differs from the defaults for a cluster.
func dynamicSettings() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		// The default of 20 per second puts 50 ms under every workflow task.
		dynamicconfig.TransferProcessorMaxPollRPS.Key(): 1000,
		// Partitions spread a task queue over hosts. On one host they only make
		// a task look for a poller in four places.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// Attributes that somebody adds by hand are usable at once.
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
		// It would report to Temporal's servers which version runs here.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
	}
}

// startTemporal runs the server.
func startTemporal(db *config.SQL, p *ports, o Options, lines *gate) (temporal.Server, error) {
	serverLog, fatal := newServerLog(lines, o.Log)
	server, err := newTemporal(db, p, serverLog)
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		err = fmt.Errorf("start the embedded Temporal server (--temporal.address %s): %w", o.Address, err)
		if server != nil {
			err = errors.Join(err, server.Stop())
		}
		return nil, err
	}
	fatal.running.Store(true)
	return server, nil
}

// newTemporal puts the server together. It binds the ports, too.
func newTemporal(db *config.SQL, p *ports, serverLog log.Logger) (_ temporal.Server, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case givenUp:
			err = r
		default:
			panic(r)
		}
	}()
	return temporal.NewServer(
		temporal.WithConfig(serverConfig(db, p)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(map[primitives.ServiceName]static.Hosts{
			primitives.FrontendService: static.SingleLocalHost(p.frontend.dial()),
			primitives.HistoryService:  static.SingleLocalHost(p.history.dial()),
			primitives.MatchingService: static.SingleLocalHost(p.matching.dial()),
			primitives.WorkerService:   static.SingleLocalHost(p.worker.dial()),
		}),
		temporal.WithLogger(serverLog),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
		temporal.WithDynamicConfigClient(dynamicSettings()),
		temporal.WithCustomMetricsHandler(metrics.NoopMetricsHandler),
	)
}

// awaitFrontend returns when the frontend answers for a workflow of the
// namespace, which it can only do when it knows the namespace and the history
// service owns its shard. That nobody has such a workflow is the answer.
func awaitFrontend(ctx context.Context, address, namespace string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connect to the embedded Temporal server: %w", err)
	}
	defer conn.Close()
	frontend := workflowservice.NewWorkflowServiceClient(conn)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := frontend.DescribeWorkflowExecution(attempt, &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: namespace,
			Execution: &commonpb.WorkflowExecution{WorkflowId: "redress-is-temporal-ready"},
		})
		cancel()
		var absent *serviceerror.NotFound
		if err == nil || errors.As(serviceerror.FromStatus(status.Convert(err)), &absent) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the embedded Temporal server: %w (last answer: %w)", context.Cause(ctx), err)
		case <-poll.C:
		}
	}
}
