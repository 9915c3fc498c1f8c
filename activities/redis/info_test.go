package redis

import (
	"context"
	"net"
	"slices"
	"testing"
	"time"

	"redress/activities"
	"redress/activities/redis/info"
	"redress/internal/lab"
)

func TestInfo(t *testing.T) {
	t.Parallel()
	l, inv := estate(t)
	master, replica := l.Nodes()[0], l.Nodes()[1]
	ask := func(t *testing.T, node string) NodeInfo {
		t.Helper()
		n, err := readInfo(t.Context(), inv, "cache", InfoInput{Node: node})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := activities.Encode(n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	t.Run("master by default", func(t *testing.T) {
		n := ask(t, "")
		if n.Address != master.Addr() || !n.Reachable || n.Error != "" || !activities.Is(n.Role, info.Master) {
			t.Errorf("not the master: %+v", n)
		}
		if !activities.Is(n.Keys, lab.SeedKeys) || !activities.Is(n.Loading, false) || !activities.Is(n.Busy, false) {
			t.Errorf("keys %+v, loading %+v, busy %+v", n.Keys, n.Loading, n.Busy)
		}
		if r := n.Replication; len(r.Replicas) != 1 || r.Replicas[0].Address != replica.Addr() || r.Replicas[0].State != "online" {
			t.Errorf("replicas: %+v", r.Replicas)
		}
		if used, known := n.Memory.Used.Get(); !known || used < 500_000 {
			t.Errorf("memory used: %+v", n.Memory.Used)
		}
		if why := n.Memory.UsedRatio.Why(); why != "maxmemory is 0: there is no limit" {
			t.Errorf("used_ratio: %q", why)
		}
		if why := n.Replication.LinkUp.Why(); why != "INFO does not report master_link_status" {
			t.Errorf("link_up of a master: %q", why)
		}
	})
	t.Run("replica by name", func(t *testing.T) {
		n := ask(t, replica.Addr())
		r := n.Replication
		if !activities.Is(n.Role, info.Following) || !activities.Is(r.LinkUp, true) || !activities.Is(r.MasterAddress, master.Addr()) || !activities.Is(r.LinkDownFor, 0) {
			t.Errorf("replica: %+v", n)
		}
	})
	t.Run("a stranger is not sent the password", func(t *testing.T) {
		_, err := readInfo(t.Context(), inv, "cache", InfoInput{Node: "127.0.0.1:1"})
		servers := []string{master.Addr(), replica.Addr()}
		slices.Sort(servers)
		wantError(t, err, "node 127.0.0.1:1 does not belong to target cache: its servers are "+servers[0]+", "+servers[1])
	})
	t.Run("a frozen server is bounded in time", func(t *testing.T) {
		if err := replica.Freeze(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = replica.Thaw() }()
		began := time.Now()
		n := ask(t, replica.Addr())
		if n.Reachable || n.Error != "no answer in time: the process hangs, or the host is down" {
			t.Errorf("frozen: reachable %t, error %q", n.Reachable, n.Error)
		}
		if why := n.Memory.Used.Why(); why != n.Error {
			t.Errorf("memory.used is unknown because %q", why)
		}
		if took := time.Since(began); took > DialTimeout+ReplyTimeout {
			t.Errorf("it took %s", took)
		}
	})
	t.Run("a busy server answers", func(t *testing.T) {
		c := admin(t, master)
		if err := c.ConfigSet(t.Context(), "busy-reply-threshold", "10").Err(); err != nil {
			t.Fatal(err)
		}
		endless := admin(t, master)
		ended := make(chan error, 1)
		go func() { ended <- endless.Eval(context.Background(), "while true do end", nil).Err() }()
		dialer, err := NewDialer(Credentials{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(10 * time.Second)
		n := AskNode(t.Context(), dialer, master.Addr())
		for !activities.Is(n.Busy, true) && time.Now().Before(deadline) {
			n = AskNode(t.Context(), dialer, master.Addr())
		}
		if !n.Reachable || !activities.Is(n.Busy, true) {
			t.Errorf("busy: %+v", n)
		}
		if err := c.ScriptKill(t.Context()).Err(); err != nil {
			t.Error(err)
		}
		<-ended // with the error of the killed script, or of its timeout
	})
}

func TestInfoOfNobody(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	inv := inventory{
		"alone": {Name: "alone", Address: addr},
		"cache": {Name: "cache", Sentinel: &Sentinel{Master: "mymaster", Addresses: []string{addr}}},
	}
	n, err := readInfo(t.Context(), inv, "alone", InfoInput{})
	if err != nil || n.Reachable || n.Error != "connection refused: nothing listens there" {
		t.Errorf("%+v, %v", n, err)
	}
	_, err = readInfo(t.Context(), inv, "cache", InfoInput{})
	wantError(t, err, "find the master of cache: no Sentinel tells: ask Sentinel "+addr+" for mymaster: connection refused: nothing listens there")
}
