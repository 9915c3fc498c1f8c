package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"redress/activities"
)

// The longest that one connection may take to come up, and one reply to arrive. With
// the client's own values a black hole costs up to 100 seconds.
const (
	DialTimeout  = time.Second
	ReplyTimeout = 2 * time.Second
)

// Dialer makes clients for the servers of one target, with credentials that were read
// once, when it was made.
type Dialer struct {
	login login
	tls   *tls.Config
}

// NewDialer reads the credentials, and fails when their secret cannot be read: that
// the servers could not be asked must not pass for servers that do not answer.
func NewDialer(c Credentials, t *tls.Config) (Dialer, error) {
	l, err := c.read()
	return Dialer{login: l, tls: t}, err
}

// Dial returns a client for the one server at addr, which it connects to when it is
// first used. The caller closes it.
//
// Unlike a client that stays, it keeps no idle connection: each call uses one for a
// moment and gives it back, since every connection counts against maxclients.
//
// It never repeats anything: a retry would hide the very answer that is looked for
// (LOADING, READONLY, NOREPLICAS) and do a change twice; whoever calls an action
// repeats it. It speaks RESP2 and sends nothing but what it is asked to, so that
// the narrowest user suffices and an old server counts no errors.
func (d Dialer) Dial(addr string) *goredis.Client {
	return goredis.NewClient(&goredis.Options{
		Addr:                  addr,
		Username:              d.login.username,
		Password:              d.login.password,
		TLSConfig:             d.tls.Clone(),
		Protocol:              2,
		DisableIdentity:       true,
		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           DialTimeout,
		ReadTimeout:           ReplyTimeout,
		WriteTimeout:          ReplyTimeout,
		ContextTimeoutEnabled: true,
		// Pipelines would otherwise have connections of their own.
		PipelinePoolSize:         -1,
		PoolSize:                 1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// Batch sends the commands to the server at addr in one go, on a connection of its
// own, and returns a reply for each: one round trip, so that a frozen server costs one
// timeout. The error is that of the connection; error replies stand in the commands.
func (d Dialer) Batch(ctx context.Context, addr string, commands ...[]any) ([]*goredis.Cmd, error) {
	client := d.Dial(addr)
	defer func() { _ = client.Close() }() // nothing is left to send
	pipe := client.Pipeline()
	replies := make([]*goredis.Cmd, len(commands))
	for i, c := range commands {
		replies[i] = pipe.Do(ctx, c...)
	}
	_, err := pipe.Exec(ctx)
	if err != nil && !IsReply(err) {
		return nil, Explain(err)
	}
	return replies, nil
}

// IsReply reports whether the error is a reply: the server is there, and said no.
func IsReply(err error) bool {
	var reply goredis.Error
	return errors.As(err, &reply)
}

// IsBusy reports whether the server runs a script and answers nothing else.
func IsBusy(err error) bool { return goredis.HasErrorPrefix(err, "BUSY") }

// explained is an error in plain words.
type explained struct {
	text string
	err  error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.err }

// Explain puts into plain words why a server could not be asked. Refused credentials
// are permanent: the next try would meet them again.
func Explain(err error) error {
	var op *net.OpError
	text := err.Error()
	switch {
	case errors.As(err, new(*explained)):
		return err
	case goredis.IsAuthError(err):
		return activities.Permanent(&explained{strings.TrimSuffix(text, ".") + ": the target's credentials in redress.yaml are not accepted", err})
	case errors.Is(err, syscall.ECONNREFUSED):
		text = "connection refused: nothing listens there"
	case isTimeout(err) && errors.As(err, &op) && op.Op == "dial":
		text = "no connection in time: the host is down, or packets to it are dropped"
	case isTimeout(err):
		text = "no answer in time: the process hangs, or the host is down"
	case goredis.IsMaxClientsError(err):
		text += ": maxclients is reached"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF):
		text += ": the server closed the connection, as it does at maxclients"
	}
	return &explained{text, err}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		(errors.As(err, &timeout) && timeout.Timeout())
}
