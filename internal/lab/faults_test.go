package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// teller collects what is said.
type teller struct{ lines []string }

func (s *teller) say(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (s *teller) mustSay(t *testing.T, words ...string) {
	t.Helper()
	all := strings.Join(s.lines, "\n")
	for _, word := range words {
		if !strings.Contains(all, word) {
			t.Errorf("nothing said about %q in:\n%s", word, all)
		}
	}
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for _, f := range Faults() {
		if got, err := ParseFault(string(f)); err != nil || got != f {
			t.Errorf("ParseFault(%q) = %q, %v", f, got, err)
		}
	}
	_, err := ParseFault("master-sad")
	want := `unknown fault "master-sad": choose one of master-down, sentinel-stuck`
	if err == nil || err.Error() != want {
		t.Errorf("ParseFault of an unknown fault: %v, want %s", err, want)
	}
}

func TestMasterDown(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	ctx := t.Context()
	old := l.Nodes()[0]
	var told teller
	if err := l.Inject(ctx, MasterDown, told.say); err != nil {
		t.Fatal(err)
	}
	told.mustSay(t, "killed the master redis-1")
	if old.Running() {
		t.Fatal("the master still runs")
	}

	began := time.Now()
	if err := l.Restore(ctx, told.say); err != nil {
		t.Fatal(err)
	}
	t.Logf("restored after %s:\n%s", time.Since(began), strings.Join(told.lines, "\n"))
	told.mustSay(t, "serves as the master", "started redis-1", "redis-1 at "+old.Addr()+" is back")
	wantWholeAgain(t, l, old)
}

// wantWholeAgain checks that the lab is as good as new, with another master than old and all data.
func wantWholeAgain(t *testing.T, l *Lab, old *Node) {
	t.Helper()
	master, err := l.Master(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if master == old {
		t.Errorf("%s is the master again", old.Name())
	}
	if err := l.everySentinel(t.Context(), slack, func(v view) error { return l.checkView(v, master) }); err != nil {
		t.Fatal(err)
	}
	for _, n := range l.Nodes() {
		if size := dbSize(t, n); size != SeedKeys {
			t.Errorf("%s holds %d keys, want %d", n.Name(), size, SeedKeys)
		}
	}
}

func TestSentinelStuck(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	ctx := t.Context()
	old := l.Nodes()[0]
	var told teller
	began := time.Now()
	if err := l.Inject(ctx, SentinelStuck, told.say); err != nil {
		t.Fatal(err)
	}
	t.Logf("injected after %s:\n%s", time.Since(began), strings.Join(told.lines, "\n"))
	told.mustSay(t, "froze the replicas", "killed the master", "gave up", "let the replicas go on")

	// It stays so by itself, although every Sentinel has good replicas at hand.
	wantNoFailoverFor(t, l, 10*time.Second)

	leader := redis.NewSentinelClient(l.Sentinels()[1].clientOptions())
	defer leader.Close()
	if err := leader.Failover(ctx, l.MasterName()).Err(); err != nil {
		t.Fatalf("SENTINEL FAILOVER: %v", err)
	}
	began = time.Now()
	eventually(t, 10*time.Second, func(ctx context.Context) error {
		master, err := l.agreedMaster(ctx)
		if err == nil && master == old {
			err = errors.New("the dead master is still named")
		}
		return err
	})
	t.Logf("every Sentinel agreed %s after it was asked to", time.Since(began))
	if err := l.Restore(ctx, told.say); err != nil {
		t.Fatal(err)
	}
	wantWholeAgain(t, l, old)
}

// wantNoFailoverFor watches for a while that no Sentinel so much as begins a failover.
func wantNoFailoverFor(t *testing.T, l *Lab, watch time.Duration) {
	t.Helper()
	epochs := func(ctx context.Context) string {
		var all []string
		for _, s := range l.Sentinels() {
			v, err := l.view(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			if flags := v.master["flags"]; strings.Contains(flags, "failover_in_progress") || !strings.Contains(flags, "o_down") {
				t.Fatalf("%s flags the master %s", s.Name(), flags)
			}
			if len(v.replicas) != len(l.nodes)-1 {
				t.Fatalf("%s knows %d replicas", s.Name(), len(v.replicas))
			}
			all = append(all, fmt.Sprintf("%s port %s epoch %s attempts %d",
				s.Name(), v.master["port"], v.master["config-epoch"], attemptsOf(t, s)))
		}
		return strings.Join(all, "\n")
	}
	before := epochs(t.Context())
	over := errors.New("over")
	ctx, cancel := context.WithTimeoutCause(t.Context(), watch, over)
	defer cancel()
	err := poll(ctx, func(context.Context) error {
		if now := epochs(t.Context()); now != before {
			return stop(fmt.Errorf("something moved by itself:\n%s\nbefore:\n%s", now, before))
		}
		if _, err := l.Master(t.Context()); err == nil {
			return stop(errors.New("there is a master by itself"))
		}
		return errors.New("watch on")
	})
	if !errors.Is(err, over) {
		t.Fatal(err)
	}
}

func attemptsOf(t *testing.T, s *Node) int {
	t.Helper()
	text, err := s.log(0)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(text, "+try-failover")
}

func TestInjectRefuses(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Replicas: -1, Sentinels: -1})
	for fault, want := range map[Fault]string{
		SentinelStuck: "no Sentinels",
		"master-sad":  "choose one of",
	} {
		if err := l.Inject(t.Context(), fault, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Inject(%s): %v, want %q", fault, err, want)
		}
	}
	if !l.Nodes()[0].Running() {
		t.Error("a refused injection killed the master")
	}
}

// A server that the Sentinels still take for the master is not started before
// another one serves: it would come back empty, and be believed.
func TestRestoreWaitsForAnotherMaster(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{DownAfter: time.Minute})
	if err := l.Inject(t.Context(), MasterDown, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := l.Restore(ctx, nil)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no server says that it is one") {
		t.Errorf("Restore: %v", err)
	}
	if l.Nodes()[0].Running() {
		t.Error("the old master was started although nobody took its place")
	}
}

func TestRestoreReplicaAndSentinel(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	killed := []*Node{l.Nodes()[2], l.Sentinels()[0]}
	if err := each(killed, (*Node).Kill); err != nil {
		t.Fatal(err)
	}
	if err := l.Restore(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, n := range killed {
		if !n.Running() {
			t.Errorf("%s was not restored", n.Name())
		}
	}
	wantWholeAgain(t, l, nil)
}

func TestHoldsBack(t *testing.T) {
	t.Parallel()
	const (
		attempt = "# +try-failover master mymaster\n"
		vote    = "# +vote-for-leader abc 1\n"
		delay   = "# Next failover delay: I will not start a failover before tomorrow\n"
	)
	down := "master,s_down,o_down"
	for name, tt := range map[string]struct {
		flags, log string
		want       bool
	}{
		"voter":               {down, vote + delay, true},
		"leader that gave up": {down, attempt + vote + delay, true},
		"still trying":        {down + ",failover_in_progress", attempt + vote, false},
		"voted again":         {down, vote + delay + vote, false},
		"not yet down":        {"master,s_down", vote, false},
		"nothing yet":         {down, "", false},
	} {
		v := view{sentinel: &Node{name: "sentinel-1"}, master: map[string]string{"flags": tt.flags}}
		if err := holdsBack(v, tt.log); (err == nil) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
