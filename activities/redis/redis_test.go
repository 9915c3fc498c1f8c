package redis

import (
	"errors"
	"fmt"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"redress/activities"
	"redress/internal/lab"
)

// inventory is a fixed set of targets.
type inventory map[string]Target

func (i inventory) Target(name string) (Target, error) {
	t, ok := i[name]
	if !ok {
		return Target{}, fmt.Errorf("inventory of the test: %w", ErrUnknownTarget)
	}
	return t, nil
}

// estate starts servers under one Sentinel and names them target "cache".
func estate(t *testing.T) (*lab.Lab, inventory) {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Options{Replicas: 1, Sentinels: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, inventory{"cache": {
		Name:     "cache",
		Sentinel: &Sentinel{Master: l.MasterName(), Addresses: l.SentinelAddrs()},
		Limits:   Limits{MaxMemory: gib, MaxClients: 5000},
	}}
}

func admin(t *testing.T, n *lab.Node) *goredis.Client {
	t.Helper()
	c := n.Client()
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

func TestActionsAreDescribed(t *testing.T) {
	t.Parallel()
	if _, err := activities.NewRegistry(Actions(inventory{})...); err != nil {
		t.Error(err)
	}
}

func TestUnknownTarget(t *testing.T) {
	t.Parallel()
	_, err := Lookup(inventory{}, "cahce")
	wantError(t, err, `target "cahce": inventory of the test: no such target: add it under targets in redress.yaml of this worker, or set the target's task_queue to the zone whose worker knows it`)
	if !activities.IsPermanent(err) {
		t.Error("the error is not permanent")
	}
}

func TestUnreadableSecretIsNoSilence(t *testing.T) {
	t.Parallel()
	inv := inventory{"cache": {Name: "cache", Address: "127.0.0.1:1", Read: Credentials{
		Set: true, Username: "redress", Password: func() (string, error) { return "", errors.New("permission denied") },
	}}}
	_, err := readInfo(t.Context(), inv, "cache", InfoInput{})
	wantError(t, err, `read the password of Redis user "redress": permission denied`)
}
