package redis

import (
	"crypto/tls"
	"errors"
	"fmt"

	"redress/activities"
)

// Inventory is where the actions learn how a target is reached.
type Inventory interface {
	// Target returns the target of that name. The error is ErrUnknownTarget, or
	// wraps it, when there is none; any other error may pass.
	Target(name string) (Target, error)
}

// ErrUnknownTarget says that the inventory has no target of that name.
var ErrUnknownTarget = errors.New("no such target")

// Target is one replication group, as the actions need to know it. Either Sentinel
// or Address is set.
type Target struct {
	Name     string
	Sentinel *Sentinel // nil: a standalone server
	Address  string    // host:port of a standalone server
	Read     Credentials
	Change   Credentials
	TLS      *tls.Config // of servers and Sentinels; nil = plain
	Limits   Limits
}

// Sentinel is how the Sentinels of a target are reached.
type Sentinel struct {
	Master    string   // what they call it
	Addresses []string // host:port
	Login     Credentials
}

// Credentials of a Redis user. The password is read at the moment of use, so that a
// rotated one is taken up, and is kept nowhere.
type Credentials struct {
	Set      bool                   // false: connect without authentication
	Username string                 // empty: Redis's default user
	Password func() (string, error) // nil: none
}

// Limits are ceilings that no act passes; 0 = none is given.
type Limits struct {
	MaxMemory  int64 // bytes
	MaxClients int64
}

// CanChange reports whether anything may be changed: with credentials for changes, or
// where the servers ask for none.
func (t Target) CanChange() bool { return t.Change.Set || !t.Read.Set }

// Changing returns the credentials to change things with, or refuses.
func (t Target) Changing() (Credentials, error) {
	if !t.CanChange() {
		return Credentials{}, activities.Refuse(
			"Target %s has credentials for reading only, and without `change` nothing is changed: set redis.change under the target in redress.yaml.", t.Name)
	}
	return t.Change, nil
}

// Lookup returns the target of that name. One that the inventory does not know is a
// permanent error that names the cure.
func Lookup(inv Inventory, name string) (Target, error) {
	t, err := inv.Target(name)
	switch {
	case errors.Is(err, ErrUnknownTarget):
		return Target{}, activities.Permanent(fmt.Errorf(
			"target %q: %w: add it under targets in redress.yaml of this worker, or set the target's task_queue to the zone whose worker knows it", name, err))
	case err != nil:
		return Target{}, fmt.Errorf("look up target %q: %w", name, err)
	}
	return t, nil
}

// login is what a connection authenticates with.
type login struct{ username, password string }

func (c Credentials) read() (login, error) {
	if !c.Set {
		return login{}, nil
	}
	l := login{username: c.Username}
	if c.Password == nil {
		return l, nil
	}
	var err error
	if l.password, err = c.Password(); err != nil {
		return login{}, fmt.Errorf("read the password of Redis user %q: %w", c.Username, err)
	}
	return l, nil
}
