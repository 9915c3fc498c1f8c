package sentinel

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"redress/activities"
	"redress/activities/redis"
	"redress/activities/redis/info"
	"redress/definitions"
)

// askSentinel asks the Sentinel at addr for all that it knows of the master called name
// (https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#sentinel-commands).
func askSentinel(ctx context.Context, dialer redis.Dialer, addr, name string) sentinelView {
	v := sentinelView{addr: addr}
	replies, err := dialer.Batch(ctx, addr,
		[]any{"sentinel", "master", name},
		[]any{"sentinel", "get-master-addr-by-name", name},
		[]any{"sentinel", "replicas", name},
		[]any{"sentinel", "sentinels", name},
		[]any{"sentinel", "ckquorum", name},
		[]any{"info", "sentinel"},
		[]any{"sentinel", "myid"})
	v.at = time.Now()
	if err == nil {
		err = v.read(replies)
	}
	if err != nil {
		v.err = redis.Explain(err).Error()
		if strings.Contains(v.err, "No such master") {
			v.err = fmt.Sprintf("it does not know the master %q", name)
		}
	}
	return v
}

// read fills the view from the replies, in the order of the questions. Without the
// first four a Sentinel has said nothing that could be used.
func (v *sentinelView) read(replies []*goredis.Cmd) error {
	own, err := fields(replies[0])
	if err != nil {
		return err
	}
	pair, err := replies[1].StringSlice()
	if err != nil {
		return err
	}
	if len(pair) != 2 || own["ip"] == "" || own["port"] == "" {
		return fmt.Errorf("it gives no address of the master: %q, %q:%q", pair, own["ip"], own["port"])
	}
	if v.replicas, err = entries(replies[2]); err != nil {
		return err
	}
	if v.others, err = entries(replies[3]); err != nil {
		return err
	}
	v.master = net.JoinHostPort(pair[0], pair[1])
	v.watched = net.JoinHostPort(own["ip"], own["port"])
	v.flags = strings.Split(own["flags"], ",")
	v.epoch = number(own, "config-epoch")
	v.quorum = number(own, "quorum")
	v.downAfter = millis(own, "down-after-milliseconds")
	v.failoverTimeout = millis(own, "failover-timeout")
	v.silence = millis(own, "last-ok-ping-reply")
	v.knownFor = millis(own, "role-reported-time")
	v.quorumOK = quorumOK(replies[4].Err())

	text, err := replies[5].Text()
	state := info.Parse(text)
	if err != nil {
		state = info.Missing(redis.Explain(err).Error())
	}
	v.tilt = state.Flag("sentinel_tilt")
	if id, err := replies[6].Text(); err == nil { // from Redis 6.2 on
		v.id = id
	}
	return nil
}

// quorumOK reads the answer of SENTINEL CKQUORUM: OK, or the error NOQUORUM.
func quorumOK(err error) activities.Maybe[bool] {
	switch {
	case err == nil:
		return activities.Known(true)
	case goredis.HasErrorPrefix(err, "NOQUORUM"):
		return activities.Known(false)
	default:
		return activities.Unknown[bool](redis.Explain(err).Error())
	}
}

func fields(reply *goredis.Cmd) (map[string]string, error) {
	v, err := reply.Result()
	if err != nil {
		return nil, err
	}
	return redis.Fields(v)
}

func entries(reply *goredis.Cmd) ([]entry, error) {
	v, err := reply.Result()
	if err != nil {
		return nil, err
	}
	list, err := redis.FieldsList(v)
	if err != nil {
		return nil, err
	}
	all := make([]entry, 0, len(list))
	for _, f := range list {
		all = append(all, entry{
			addr: net.JoinHostPort(f["ip"], f["port"]), id: f["runid"], flags: strings.Split(f["flags"], ","),
		})
	}
	return all, nil
}

func number(f map[string]string, name string) activities.Maybe[int64] {
	n, err := strconv.ParseInt(f[name], 10, 64)
	if err != nil || n < 0 {
		return activities.Unknown[int64](fmt.Sprintf("the Sentinel reports %s as %q", name, f[name]))
	}
	return activities.Known(n)
}

// maxMillis is a century: more is no length of time, and would not fit a Duration.
const maxMillis = 100 * 365 * 24 * 60 * 60 * 1000

func millis(f map[string]string, name string) activities.Maybe[definitions.Duration] {
	n, known := number(f, name).Get()
	if !known || n > maxMillis {
		return activities.Unknown[definitions.Duration](fmt.Sprintf("the Sentinel reports %s as %q", name, f[name]))
	}
	return activities.Known(definitions.Duration(time.Duration(n) * time.Millisecond))
}
