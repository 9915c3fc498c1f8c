package sentinel

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/activities"
	"redress/activities/redis/info"
	"redress/definitions"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	redisA, redisB, redisC = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"
	sentA, sentB, sentC    = "10.0.0.1:26379", "10.0.0.2:26379", "10.0.0.3:26379"
)

var seenAt = time.Date(2026, 11, 21, 3, 4, 12, 0, time.UTC)

func seconds(n float64) activities.Maybe[definitions.Duration] {
	return activities.Known(definitions.Duration(n * float64(time.Second)))
}

// healthy is A as master, B and C as replicas, three Sentinels in epoch 3.
func healthy() snapshot {
	s := snapshot{nodes: map[string]nodeView{redisA: master(redisA), redisB: replica(redisB), redisC: replica(redisC)}}
	for i, addr := range []string{sentA, sentB, sentC} {
		v := sentinelView{
			addr: addr, id: "id-" + addr, at: seenAt, master: redisA, watched: redisA, flags: []string{"master"},
			epoch: activities.Known(int64(3)), quorum: activities.Known(int64(2)),
			downAfter: seconds(5), failoverTimeout: seconds(180), silence: seconds(0.3), knownFor: seconds(3600 + float64(i)),
			quorumOK: activities.Known(true), tilt: activities.Known(false),
			replicas: []entry{{addr: redisB, flags: []string{"slave"}}, {addr: redisC, flags: []string{"slave"}}},
		}
		for _, other := range []string{sentA, sentB, sentC} {
			if other != addr {
				v.others = append(v.others, entry{addr: other, id: "id-" + other, flags: []string{"sentinel"}})
			}
		}
		s.sentinels = append(s.sentinels, v)
	}
	return s
}

func server(addr string, role info.Role, lines ...string) nodeView {
	// Of a repeated field the first counts: what is given replaces what is usual.
	text := strings.Join(append(lines, "redis_version:7.0.15", "run_id:run-"+addr, "uptime_in_seconds:86400", "loading:0",
		"used_memory_dataset:1048576", "rdb_last_bgsave_status:ok", "aof_last_write_status:ok", "master_replid:stream-1"), "\r\n")
	return nodeView{
		addr: addr, answered: true, pong: true, info: info.Parse(text),
		busy: activities.Known(false), loading: activities.Known(false), role: activities.Known(role),
	}
}

func master(addr string) nodeView {
	return server(addr, info.Master, "role:master", "master_repl_offset:5000",
		"slave0:ip=10.0.0.2,port=6379,state=online,offset=5000,lag=0", "slave1:ip=10.0.0.3,port=6379,state=online,offset=4900,lag=1")
}

func replica(addr string, lines ...string) nodeView {
	offset := "4900"
	if addr == redisB {
		offset = "5010" // asked a moment after the master
	}
	return server(addr, info.Following, append(lines, "role:slave", "master_host:10.0.0.1", "master_port:6379", "master_link_status:up",
		"slave_repl_offset:"+offset, "slave_priority:100", "master_sync_in_progress:0")...)
}

// orphan is a replica whose link is down.
func orphan(addr string, lines ...string) nodeView {
	return replica(addr, append([]string{"master_link_status:down"}, lines...)...)
}

func dead(addr string) nodeView {
	const why = "connection refused: nothing listens there"
	return nodeView{
		addr: addr, err: why, info: info.Missing(why), busy: activities.Unknown[bool](why),
		loading: activities.Unknown[bool](why), role: activities.Unknown[info.Role](why),
	}
}

func (s *snapshot) each(change func(*sentinelView)) {
	for i := range s.sentinels {
		change(&s.sentinels[i])
	}
}

func (s *snapshot) silence(i int, why string) {
	v := s.sentinels[i]
	s.sentinels[i] = sentinelView{addr: v.addr, id: v.id, at: v.at, err: why}
}

func masterDead() snapshot {
	s := healthy()
	s.nodes[redisA] = dead(redisA)
	s.nodes[redisB] = orphan(redisB, "master_link_down_since_seconds:21")
	s.nodes[redisC] = orphan(redisC, "master_link_down_since_seconds:300")
	s.each(func(v *sentinelView) {
		v.flags, v.silence = []string{"s_down", "o_down", "master", "disconnected"}, seconds(20.4)
	})
	return s
}

var scenes = map[string]func() snapshot{
	"healthy":     healthy,
	"master-dead": masterDead,
	"split-brain": func() snapshot {
		// The old master was frozen, B was promoted, and the old one is back.
		s := healthy()
		s.nodes[redisB] = server(redisB, info.Master, "role:master", "master_repl_offset:5200")
		s.nodes[redisC] = server(redisC, info.Following, "role:slave", "master_host:10.0.0.2", "master_port:6379", "master_link_status:up",
			"slave_repl_offset:5200", "slave_priority:100", "master_sync_in_progress:0")
		s.each(func(v *sentinelView) {
			v.master, v.watched, v.epoch, v.knownFor = redisB, redisB, activities.Known(int64(4)), seconds(4)
			v.replicas = []entry{{addr: redisA, flags: []string{"slave"}}, {addr: redisC, flags: []string{"slave"}}}
		})
		return s
	},
	"sentinels-disagree": func() snapshot {
		// C was cut off while the others moved the master to B.
		s := healthy()
		s.nodes[redisB] = server(redisB, info.Master, "role:master", "master_repl_offset:5200")
		for i := range 2 {
			v := &s.sentinels[i]
			v.master, v.watched, v.epoch, v.knownFor = redisB, redisB, activities.Known(int64(4)), seconds(40)
			v.replicas = []entry{{addr: redisA, flags: []string{"s_down", "slave"}}, {addr: redisC, flags: []string{"slave"}}}
		}
		return s
	},
	"sentinels-disagree-within-an-epoch": func() snapshot {
		s := healthy()
		s.sentinels[2].master, s.sentinels[2].watched = redisB, redisB
		return s
	},
	"tilt": func() snapshot {
		s := healthy()
		s.sentinels[1].tilt = activities.Known(true)
		return s
	},
	"no-quorum": func() snapshot {
		// Two Sentinels hang, and the third sees it.
		s := healthy()
		s.silence(1, "no answer in time: the process hangs, or the host is down")
		s.silence(2, "no answer in time: the process hangs, or the host is down")
		s.sentinels[0].quorumOK = activities.Known(false)
		for i := range s.sentinels[0].others {
			s.sentinels[0].others[i].flags = []string{"s_down", "sentinel"}
		}
		return s
	},
	"sentinels-cut-off-from-us": func() snapshot {
		s := healthy()
		s.silence(1, "no connection in time: the host is down, or packets to it are dropped")
		s.silence(2, "no connection in time: the host is down, or packets to it are dropped")
		return s
	},
	"we-are-cut-off": func() snapshot {
		s := healthy()
		s.nodes[redisA] = dead(redisA)
		return s
	},
	"no-sentinel-answers": func() snapshot {
		s := healthy()
		for i := range s.sentinels {
			s.silence(i, "connection refused: nothing listens there")
		}
		s.sentinels[2].err = `it does not know the master "mymaster"`
		s.nodes = map[string]nodeView{}
		return s
	},
	"stale-entries": func() snapshot {
		// A server and a Sentinel that are gone for good, and a Sentinel that is
		// configured by name.
		s := healthy()
		const gone, goneSentinel = "10.0.0.9:6379", "10.0.0.9:26379"
		s.nodes[gone] = dead(gone)
		s.each(func(v *sentinelView) {
			v.replicas = append(v.replicas, entry{addr: gone, flags: []string{"s_down", "slave", "disconnected"}})
			v.others = append(v.others, entry{addr: goneSentinel, id: "id-gone", flags: []string{"s_down", "sentinel"}})
		})
		s.sentinels = append(s.sentinels,
			sentinelView{addr: goneSentinel, id: "id-gone", err: "connection refused: nothing listens there"},
			sentinelView{addr: "sentinel-a:26379", aliases: []string{sentA}, err: "no answer in time: the process hangs, or the host is down"})
		return s
	},
	"priority-0-and-full-sync": func() snapshot {
		s := healthy()
		s.nodes[redisB] = replica(redisB, "slave_priority:0")
		s.nodes[redisC] = orphan(redisC, "master_link_down_since_seconds:-1", "master_sync_in_progress:1")
		return s
	},
	"loading-and-busy": func() snapshot {
		s := healthy()
		a, b := s.nodes[redisA], s.nodes[redisB]
		a.pong, a.busy, a.err, a.info = false, activities.Known(true), "BUSY Redis is busy running a script.", info.Missing("BUSY Redis is busy running a script.")
		b.pong, b.loading, b.err = false, activities.Known(true), "LOADING Redis is loading the dataset in memory"
		s.nodes[redisA], s.nodes[redisB] = a, b
		return s
	},
	"a-replica-that-follows-another": func() snapshot {
		s := healthy()
		s.nodes[redisC] = server(redisC, info.Following, "role:slave", "master_host:10.9.9.9", "master_port:6379", "master_link_status:up",
			"master_replid:stream-9", "slave_repl_offset:1", "slave_priority:100", "master_sync_in_progress:0")
		s.nodes["10.0.0.4:6379"] = replica("10.0.0.4:6379")
		s.sentinels[2].replicas[0].flags = []string{"s_down", "slave"}
		s.sentinels[1].quorum = activities.Known(int64(1))
		return s
	},
	"failover-in-progress": func() snapshot {
		// The leader already gives out B, and still watches A.
		s := masterDead()
		s.nodes[redisB] = server(redisB, info.Master, "role:master", "master_repl_offset:5200")
		v := &s.sentinels[0]
		v.master, v.epoch, v.flags = redisB, activities.Known(int64(4)), append(v.flags, "failover_in_progress")
		return s
	},
	"one-sentinel-restarted": func() snapshot {
		s := healthy()
		s.sentinels[1].knownFor = seconds(7)
		return s
	},
}

// TestMerge compares with testdata/topology; run with -update to write it anew.
func TestMerge(t *testing.T) {
	t.Parallel()
	for name, scene := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := activities.Encode(merge(scene()))
			if err != nil {
				t.Fatal(err)
			}
			got := pretty(t, v)
			path := filepath.Join("testdata", "topology", name+".json")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func pretty(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The order in which answers arrive means nothing.
func TestMergeIsDeterministic(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for name, scene := range scenes {
		want := pretty(t, merge(scene()))
		for range 20 {
			s := scene()
			random.Shuffle(len(s.sentinels), func(i, j int) { s.sentinels[i], s.sentinels[j] = s.sentinels[j], s.sentinels[i] })
			if diff := cmp.Diff(string(want), string(pretty(t, merge(s)))); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

func TestWritable(t *testing.T) {
	t.Parallel()
	with := func(config map[string]string, lines ...string) nodeView {
		v := server(redisA, info.Master, lines...)
		v.config = config
		return v
	}
	for name, c := range map[string]struct {
		view nodeView
		want string
	}{
		"healthy":                     {with(nil), "true"},
		"replica":                     {replica(redisB), "false"},
		"silent":                      {dead(redisA), "unknown (connection refused: nothing listens there)"},
		"AOF fails":                   {with(nil, "aof_last_write_status:err"), "false"},
		"snapshot fails, stops":       {with(map[string]string{stopWrites: "yes", savePoints: "900 1"}, "rdb_last_bgsave_status:err"), "false"},
		"snapshot fails, goes on":     {with(map[string]string{stopWrites: "no", savePoints: "900 1"}, "rdb_last_bgsave_status:err"), "true"},
		"snapshot fails, none wanted": {with(map[string]string{stopWrites: "yes", savePoints: ""}, "rdb_last_bgsave_status:err"), "true"},
		"snapshot fails, no config":   {with(nil, "rdb_last_bgsave_status:err"), "unknown (the last snapshot failed, and the server does not tell stop-writes-on-bgsave-error and save)"},
		"no good replica":             {with(nil, "min_slaves_good_slaves:0"), "false"},
		"too few good replicas":       {with(map[string]string{minReplicas: "2"}, "min_slaves_good_slaves:1"), "false"},
		"enough good replicas":        {with(map[string]string{minReplicas: "1"}, "min_slaves_good_slaves:1"), "true"},
		"good replicas, no config":    {with(nil, "min_slaves_good_slaves:1"), "unknown (the server does not tell min-replicas-to-write)"},
	} {
		if got := because(c.view.writable()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestGuards(t *testing.T) {
	t.Parallel()
	down := FailoverInput{ExpectMaster: redisA, ExpectEpoch: 3}
	planned := FailoverInput{ExpectMaster: redisA, ExpectEpoch: 3, Planned: true}
	for name, c := range map[string]struct {
		scene  string
		change func(*snapshot)
		in     FailoverInput
		want   string // "" = passes
	}{
		"master dead":          {scene: "master-dead", in: down},
		"healthy and planned":  {scene: "healthy", in: planned},
		"healthy, not planned": {scene: "healthy", in: down, want: "The master 10.0.0.1:6379 is down for 0 of 3 Sentinels, no majority. For a failover of a master that is well, say planned: true."},
		"dead and planned":     {scene: "master-dead", in: planned, want: "The master 10.0.0.1:6379 does not serve, as it must for a planned failover: reachable is false, writable is unknown (connection refused: nothing listens there)."},
		"split brain": {
			scene: "split-brain", in: FailoverInput{ExpectMaster: redisB, ExpectEpoch: 4, Planned: true},
			want: "10.0.0.1:6379 says that it is a master too, beside 10.0.0.2:6379: look at both before anything is changed.",
		},
		"disagreement": {
			scene: "sentinels-disagree", in: FailoverInput{ExpectMaster: redisB, ExpectEpoch: 4},
			want: "The Sentinels do not agree on a master: the Sentinels disagree about the master: 10.0.0.1:6379 at 10.0.0.3:26379; 10.0.0.2:6379 at 10.0.0.1:26379, 10.0.0.2:26379; the Sentinels are in different configuration epochs: 3 at 10.0.0.3:26379; 4 at 10.0.0.1:26379, 10.0.0.2:26379.",
		},
		"nobody knows": {
			scene: "no-sentinel-answers", in: down,
			want: "Which server is the master is unknown: no Sentinel answers about this master: 10.0.0.1:26379: connection refused: nothing listens there; 10.0.0.2:26379: connection refused: nothing listens there; 10.0.0.3:26379: it does not know the master \"mymaster\".",
		},
		"no quorum": {
			scene: "no-quorum", in: down,
			want: "The Sentinels could not agree on a failover: quorum_ok is false; 1 of 3 Sentinels answered (10.0.0.2:26379: no answer in time: the process hangs, or the host is down; 10.0.0.3:26379: no answer in time: the process hangs, or the host is down).",
		},
		"in progress": {
			scene: "failover-in-progress", in: FailoverInput{ExpectMaster: redisB, ExpectEpoch: 4},
			want: "The Sentinels do not agree on a master: the Sentinels disagree about the master: 10.0.0.1:6379 at 10.0.0.2:26379, 10.0.0.3:26379; 10.0.0.2:6379 at 10.0.0.1:26379; the Sentinels are in different configuration epochs: 3 at 10.0.0.2:26379, 10.0.0.3:26379; 4 at 10.0.0.1:26379.",
		},
		"begun": {
			scene: "master-dead", in: down, change: func(s *snapshot) { s.sentinels[1].flags = append(s.sentinels[1].flags, "failover_in_progress") },
			want: "A failover is in progress already: failover_in_progress is true.",
		},
		"one in TILT": {scene: "tilt", in: planned},
		"a majority in TILT": {
			scene: "tilt", in: planned, change: func(s *snapshot) { s.sentinels[2].tilt = activities.Known(true) },
			want: "Only 1 of 3 Sentinels is known to be out of TILT, no majority (10.0.0.2:26379; 10.0.0.3:26379): one in TILT acts on nothing, or late.",
		},
		"too soon": {
			scene: "master-dead", in: down, change: func(s *snapshot) { s.each(func(v *sentinelView) { v.knownFor = seconds(100) }) },
			want: "The last failover was at 2026-11-21T03:02:32Z, less than 2 × failover-timeout (6m) ago: 4m20s are missing.",
		},
		"last failover unknown": {
			scene: "master-dead", in: down,
			change: func(s *snapshot) {
				s.each(func(v *sentinelView) { v.knownFor = activities.Unknown[definitions.Duration]("not told") })
			},
			want: "Whether the last failover is long enough ago is unknown: not told.",
		},
		"never one": {
			scene: "master-dead", in: FailoverInput{ExpectMaster: redisA},
			change: func(s *snapshot) {
				s.each(func(v *sentinelView) { v.epoch, v.knownFor = activities.Known(int64(0)), seconds(1) })
			},
		},
		"down for them, not for us": {
			scene: "healthy", in: down, change: func(s *snapshot) { s.each(func(v *sentinelView) { v.flags = []string{"s_down", "master"} }) },
			want: "The master 10.0.0.1:6379 is down for 3 of 3 Sentinels, but it answers us and takes writes: somebody is cut off, and a failover would make two masters.",
		},
		"down for one": {
			scene: "healthy", in: planned, change: func(s *snapshot) { s.sentinels[0].flags = []string{"s_down", "master"} },
			want: "The master 10.0.0.1:6379 is down for 1 of 3 Sentinels: this is no time for a planned failover.",
		},
		"full copy under way": {
			scene: "priority-0-and-full-sync", in: planned,
			want: "Replica 10.0.0.3:6379 is receiving a full copy: a failover now would leave it without data.",
		},
		"nobody fit": {
			scene: "master-dead", in: down, change: func(s *snapshot) { s.nodes[redisB] = dead(redisB) },
			want: "No replica is fit to take over (10.0.0.2:6379: connection refused: nothing listens there; 10.0.0.3:6379: link_up is false, link_down_for is 5m).",
		},
		"planned, and far behind": {
			scene: "healthy", in: planned, change: func(s *snapshot) {
				s.nodes[redisA] = server(redisA, info.Master, "role:master", "master_repl_offset:9000000", "slave0:ip=10.0.0.2,port=6379,state=online,offset=1,lag=3")
			},
			want: "Replica 10.0.0.2:6379, which would be promoted, is too far behind for a planned failover: lag_bytes is 8994990 (at most 1048576), lag_seconds is 3 (at most 1).",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenes[c.scene]()
			if c.change != nil {
				c.change(&s)
			}
			err := guard(develop(s), merge(s), c.in, seenAt)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && !activities.IsRefusal(err):
				t.Errorf("not refused: %v", err)
			case c.want != "" && err.Error() != c.want:
				t.Errorf("refused with\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	s := masterDead()
	s.sentinels[0].tilt = activities.Known(true)
	s.sentinels[1].replicas = slices.Clone(s.sentinels[1].replicas)
	s.sentinels[1].replicas[0].flags = []string{"s_down", "slave"}
	got, err := develop(s).choose(merge(s))
	if err != nil || got != sentC {
		t.Errorf("chose %s, %v, want %s", got, err, sentC)
	}
	s.sentinels[2].quorumOK = activities.Known(false)
	if got, err := develop(s).choose(merge(s)); !activities.IsRefusal(err) {
		t.Errorf("chose %s, %v", got, err)
	}
}
