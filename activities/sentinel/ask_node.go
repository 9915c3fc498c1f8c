package sentinel

import (
	"context"

	goredis "github.com/redis/go-redis/v9"

	"redress/activities"
	"redress/activities/redis"
	"redress/activities/redis/info"
)

// parameters decide whether a master takes writes.
var parameters = []string{minReplicas, stopWrites, savePoints}

// askNode asks the server at addr what it is and how it does. A server that may not
// tell everything (LOADING, BUSY, no permission) tells the rest.
func askNode(ctx context.Context, dialer redis.Dialer, addr string) nodeView {
	questions := [][]any{{"ping"}, {"role"}, {"info"}}
	for _, p := range parameters {
		questions = append(questions, []any{"config", "get", p})
	}
	replies, err := dialer.Batch(ctx, addr, questions...)
	if err != nil {
		why := redis.Explain(err).Error()
		return nodeView{
			addr: addr, answered: redis.IsReply(err), err: why, info: info.Missing(why),
			busy: activities.Unknown[bool](why), loading: activities.Unknown[bool](why), role: activities.Unknown[info.Role](why),
		}
	}
	v := nodeView{addr: addr, answered: true, config: map[string]string{}}
	v.readInfo(replies[2])
	v.readPing(replies[0].Err())
	v.readRole(replies[1])
	for _, r := range replies[3:] {
		// A user that may not read the configuration leaves it unknown.
		if f, err := fields(r); err == nil {
			for name, value := range f {
				v.config[name] = value
			}
		}
	}
	return v
}

func (v *nodeView) readInfo(reply *goredis.Cmd) {
	text, err := reply.Text()
	if err != nil {
		v.err = redis.Explain(err).Error()
		v.info = info.Missing(v.err)
		return
	}
	v.info = info.Parse(text)
}

func (v *nodeView) readPing(err error) {
	v.pong = err == nil
	v.busy = activities.Known(redis.IsBusy(err))
	v.loading = v.info.Flag("loading")
	if goredis.IsLoadingError(err) {
		v.loading = activities.Known(true)
	}
	if err != nil {
		v.err = redis.Explain(err).Error()
	}
}

// readRole prefers ROLE, which is asked of the replication itself, to INFO.
func (v *nodeView) readRole(reply *goredis.Cmd) {
	r, err := reply.Result()
	if err != nil {
		v.role = redis.RoleOf(v.info)
		return
	}
	position, err := info.ParseRole(r)
	if err != nil {
		v.err = err.Error()
		v.role = activities.Unknown[info.Role](v.err)
		return
	}
	v.role = activities.Known(position.Role)
}
