package lab

import (
	"fmt"
	"strings"
)

// Paths in the configurations are relative to the node's folder, which is its
// working directory: no path needs quoting, whatever the folder is called.
const (
	configFile = "redis.conf"
	logFile    = "redis.log"
	outputFile = "output.log" // what is said before the log is open
	programRef = "redis-server"
)

// redisConfig is the configuration of a server that listens on port and, unless
// masterPort is 0, replicates from there.
func redisConfig(srv server, port, masterPort int) string {
	lines := []string{
		fmt.Sprintf("port %d", port),
		"bind 127.0.0.1",
		"dir .",
		"logfile " + logFile,
		`save ""`,
		// A replica is in sync within milliseconds, and without the disk.
		"repl-diskless-sync yes",
		"repl-diskless-sync-delay 0",
		"repl-diskless-load on-empty-db",
	}
	if srv.major >= 7 {
		// Before 7, DEBUG and the protected parameters were open anyway.
		lines = append(lines, "enable-debug-command yes", "enable-protected-configs yes")
	}
	if masterPort != 0 {
		lines = append(lines, fmt.Sprintf("replicaof 127.0.0.1 %d", masterPort))
	}
	return strings.Join(lines, "\n") + "\n"
}

// sentinelConfig is the configuration of a Sentinel that watches the master at masterPort.
func sentinelConfig(o Options, port, masterPort int) string {
	name := o.MasterName
	return strings.Join([]string{
		fmt.Sprintf("port %d", port),
		"bind 127.0.0.1",
		"dir .",
		"logfile " + logFile,
		fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d %d", name, masterPort, o.Quorum),
		fmt.Sprintf("sentinel down-after-milliseconds %s %d", name, o.DownAfter.Milliseconds()),
		fmt.Sprintf("sentinel failover-timeout %s %d", name, o.FailoverTimeout.Milliseconds()),
		fmt.Sprintf("sentinel parallel-syncs %s 1", name),
	}, "\n") + "\n"
}
