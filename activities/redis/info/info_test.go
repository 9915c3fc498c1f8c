package info

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redress/activities"
	"redress/definitions"
)

// sample is cut from what Redis 7.0.15 answers, with lines that bite added.
const sample = "# Server\r\nredis_version:7.0.15\r\nuptime_in_seconds:42\r\n\r\n" +
	"# Memory\r\nused_memory:1092344\r\nused_memory_peak_perc:102.08%\r\nmem_fragmentation_ratio:nan\r\nmaxmemory:10000000000000000000\r\n" +
	"# Persistence\r\nloading:0\r\nrdb_last_save_time:1795252544\r\nrdb_last_bgsave_status:err\r\naof_current_rewrite_time_sec:-1\r\n" +
	"# Replication\r\nrole:master\r\nconnected_slaves:3\r\n" +
	"slave1:ip=::1,port=6381,state=wait_bgsave,offset=0,lag=-1\r\n" +
	"slave0:ip=10.0.0.2,port=6380,state=online,offset=1234,lag=1,io-thread=0\r\n" +
	"slave2:state=online\r\nslave_priority:100\r\nmaster_link_down_since_seconds:-1\r\n" +
	"# Errorstats\r\nerrorstat_ERR:count=3\r\nerrorstat_OOM:count=x\r\ntotal_error_replies:3\r\n" +
	"# Keyspace\r\ndb0:keys=100,expires=0,avg_ttl=0\r\ndb7:keys=5,expires=0,avg_ttl=0\r\n" +
	"used_memory:7\r\nno colon here\r\n:empty name\r\n"

func TestParse(t *testing.T) {
	t.Parallel()
	i := Parse(sample)
	type pair struct{ got, want any }
	value := func(v any, known bool) any {
		if !known {
			return "unknown"
		}
		return v
	}
	for name, p := range map[string]pair{
		"first of a repeated field": {value(i.Int("used_memory").Get()), int64(1092344)},
		"text":                      {value(i.Text("redis_version").Get()), "7.0.15"},
		"percent":                   {value(i.Float("used_memory_peak_perc").Get()), 102.08},
		"not a number":              {value(i.Float("mem_fragmentation_ratio").Get()), "unknown"},
		"too large":                 {value(i.Int("maxmemory").Get()), "unknown"},
		"missing":                   {value(i.Int("used_memory_rss").Get()), "unknown"},
		"flag":                      {value(i.Flag("loading").Get()), false},
		"flag that is no flag":      {value(i.Flag("connected_slaves").Get()), "unknown"},
		"word":                      {value(i.Word("rdb_last_bgsave_status", "ok", "err").Get()), false},
		"seconds":                   {value(i.Seconds("uptime_in_seconds").Get()), definitions.Duration(42 * time.Second)},
		"never":                     {value(i.Seconds("master_link_down_since_seconds").Get()), "unknown"},
		"unix":                      {value(i.Unix("rdb_last_save_time").Get()), time.Unix(1795252544, 0).UTC()},
		"negative count":            {value(i.Count("aof_current_rewrite_time_sec").Get()), "unknown"},
		"keys":                      {value(i.Keys().Get()), int64(105)},
		"errors":                    {value(i.Errors().Get()), map[string]int64{"ERR": 3}},
	} {
		if diff := cmp.Diff(p.want, p.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	why := map[string]string{
		i.Int("used_memory_rss").Why():            "INFO does not report used_memory_rss",
		i.Float("mem_fragmentation_ratio").Why():  `INFO reports mem_fragmentation_ratio as "nan"`,
		Missing("refused").Keys().Why():           "refused",
		Missing("refused").Int("maxmemory").Why(): "refused",
	}
	for got, want := range why {
		if got != want {
			t.Errorf("reason %q, want %q", got, want)
		}
	}
}

func TestReplicas(t *testing.T) {
	t.Parallel()
	list := Parse(sample).Replicas()
	if len(list) != 2 {
		t.Fatalf("%d replicas, want 2: %v", len(list), list)
	}
	v6, v4 := list[0], list[1]
	if v6.Address != "[::1]:6381" || v6.State != "wait_bgsave" || !activities.Is(v6.Offset, 0) || !v6.Lag.IsZero() {
		t.Errorf("the replica that syncs: %+v", v6)
	}
	if v4.Address != "10.0.0.2:6380" || v4.State != "online" || !activities.Is(v4.Offset, 1234) || !activities.Is(v4.Lag, definitions.Duration(time.Second)) {
		t.Errorf("the online replica: %+v", v4)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("slave0:ip=,port=,offset=9223372036854775808")
	f.Add("db0:keys=9223372036854775807\ndb1:keys=1")
	f.Add("a:b\rc:d\n\x00:\xff")
	f.Fuzz(func(t *testing.T, text string) {
		i := Parse(text)
		for name, v := range i.fields {
			if strings.ContainsAny(name+v, "\n") || name == "" {
				t.Errorf("field %q: %q", name, v)
			}
			if f, known := i.Float(name).Get(); known && (math.IsNaN(f) || math.IsInf(f, 0)) {
				t.Errorf("%s is no finite number", name)
			}
			if d, known := i.Seconds(name).Get(); known && d < 0 {
				t.Errorf("%s lasts %s", name, d)
			}
			if at, known := i.Unix(name).Get(); known {
				if _, err := at.MarshalJSON(); err != nil {
					t.Errorf("%s cannot be written: %v", name, err)
				}
			}
		}
		for _, r := range i.Replicas() {
			if n, known := r.Lag.Get(); known && n < 0 {
				t.Errorf("lag %s of %s", n, r.Address)
			}
		}
		if n, known := i.Keys().Get(); known && n < 0 {
			t.Errorf("%d keys", n)
		}
		i.Errors()
	})
}
