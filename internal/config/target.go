package config

import (
	"crypto/tls"
	"fmt"

	"github.com/prometheus/alertmanager/pkg/labels"
	promconfig "github.com/prometheus/common/config"

	"redress/definitions"
)

// Target is one Redis replication group: what a Sentinel calls a master with its
// replicas, or a standalone server. Exactly one of Sentinel and Redis.Address is set.
type Target struct {
	Name      string            // kebab-case; part of workflow IDs
	Match     labels.Matchers   // which alerts are about it
	Labels    map[string]string // for policy.rules and runbooks
	Mode      definitions.Mode  // a ceiling; empty = none
	Sentinel  *Sentinel         // nil for a standalone server
	Redis     Redis
	Limits    Limits
	TaskQueue string // where its activities run
}

// Sentinel is how the Sentinels of a target are reached. They speak TLS where
// Redis.TLS is set, as `tls-replication yes` makes them do.
type Sentinel struct {
	Master    string   // what the Sentinels call it
	Addresses []string // host:port
	Username  string   // empty = Redis's default user
	Password  Secret   // zero = none
}

// Redis is how the servers of a target are reached.
type Redis struct {
	Address string      // host:port of a standalone server; empty with Sentinels
	Read    Credentials // for looking
	Change  Credentials // for acting; see CanChange
	TLS     *promconfig.TLSConfig
}

// Credentials of a Redis user.
type Credentials struct {
	Set      bool   // whether the file gives any; false = connect without a password
	Username string // empty = Redis's default user
	Password Secret
}

// Limits are ceilings that no act passes; 0 = none.
type Limits struct {
	MaxMemory  int64 // bytes
	MaxClients int64
}

// CanChange reports whether anything may be changed: with `change`, or on a server
// without passwords, where neither `read` nor `change` is given.
func (r Redis) CanChange() bool { return r.Change.Set || !r.Read.Set }

// TLSConfig reads the certificates and returns the TLS options of the target's
// servers and Sentinels, nil when they speak plainly.
func (r Redis) TLSConfig() (*tls.Config, error) {
	if r.TLS == nil {
		return nil, nil
	}
	c, err := promconfig.NewTLSConfig(r.TLS)
	if err != nil {
		return nil, fmt.Errorf("reading the certificates of redis.tls: %w", err)
	}
	return c, nil
}
