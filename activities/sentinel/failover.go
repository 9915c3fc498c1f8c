package sentinel

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"redress/activities"
	"redress/activities/redis"
	"redress/definitions"
	"redress/internal/contract"
)

// giveUpAfter bounds the whole act, and leaves time to say what is missing before the
// minute is over that an act has unless its step says otherwise. A healthy failover
// takes a second or two; one that waits for a slow replica still fits.
const giveUpAfter = 55 * time.Second

// FailoverInput is the input of sentinel.failover.
type FailoverInput struct {
	ExpectMaster string `json:"expect_master" doc:"host:port of the master as it was diagnosed; another one refuses"`
	ExpectEpoch  int64  `json:"expect_epoch" doc:"configuration epoch as it was diagnosed; another one refuses"`
	Planned      bool   `json:"planned,omitempty" doc:"the master is well and is to be replaced; without it, the master must be down for a majority of the Sentinels"`
}

// FailoverOutput is the output of sentinel.failover.
type FailoverOutput struct {
	From               string                  `json:"from" doc:"host:port of the master before"`
	To                 string                  `json:"to" doc:"host:port of the master now"`
	EpochBefore        int64                   `json:"epoch_before" doc:"configuration epoch before"`
	EpochAfter         int64                   `json:"epoch_after" doc:"configuration epoch now"`
	Took               definitions.Duration    `json:"took" doc:"from the request until every Sentinel and the new master agreed"`
	Sentinel           string                  `json:"sentinel" doc:"host:port of the Sentinel that was asked"`
	LagBytes           activities.Maybe[int64] `json:"lag_bytes,omitzero" doc:"how far the new master was behind the old one just before; unknown when the old one was down"`
	LostWritesPossible bool                    `json:"lost_writes_possible" doc:"always true: Redis replicates asynchronously"`
	Summary            string                  `json:"summary" doc:"what happened, for people"`
}

// Failover is the action sentinel.failover.
func Failover(inv redis.Inventory) activities.Action {
	return activities.Change(activities.Spec{
		Name:    "sentinel.failover",
		Summary: "Asks a Sentinel to promote a replica, and returns when every Sentinel, the epoch and the new master agree.",
		Doc: "Writes that the old master acknowledged and the promoted replica had not received are lost. " +
			"An old master that hangs and comes back takes writes for about ten seconds more, and those are lost too.",
		Guards: failoverGuards,
	}, func(ctx context.Context, call activities.Call, in FailoverInput) (FailoverOutput, error) {
		return failover(ctx, inv, call.Target.Name, in)
	}, func(ctx context.Context, act contract.Act, in FailoverInput) (activities.Finding, error) {
		return failoverApplied(ctx, inv, act.Target.Name, in)
	})
}

func failover(ctx context.Context, inv redis.Inventory, target string, in FailoverInput) (FailoverOutput, error) {
	t, err := lookup(inv, target)
	if err != nil {
		return FailoverOutput{}, err
	}
	if _, err := t.Changing(); err != nil {
		return FailoverOutput{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, giveUpAfter, fmt.Errorf("not complete after %s", giveUpAfter))
	defer cancel()
	seen, err := observe(ctx, t)
	if err != nil {
		return FailoverOutput{}, err
	}
	before := develop(seen)
	topology := merge(seen)
	if err := guard(before, topology, in, time.Now()); err != nil {
		return FailoverOutput{}, err
	}
	asked, err := before.choose(topology)
	if err != nil {
		return FailoverOutput{}, err
	}
	began := time.Now()
	lost, err := request(ctx, t, asked)
	if err != nil {
		return FailoverOutput{}, err
	}
	now, err := awaitNewMaster(ctx, t, in)
	if err != nil {
		return FailoverOutput{}, fmt.Errorf("failover of %s, asked of Sentinel %s: %w", in.ExpectMaster, asked, errors.Join(err, lost))
	}
	out := FailoverOutput{
		From: in.ExpectMaster, To: now.master, EpochBefore: in.ExpectEpoch, EpochAfter: now.epoch,
		Took: definitions.Duration(time.Since(began).Round(time.Millisecond)), Sentinel: asked,
		LagBytes: topology.lagOf(now.master), LostWritesPossible: true,
	}
	out.Summary = summary(out)
	return out, nil
}

// request sends SENTINEL FAILOVER to the Sentinel at addr. It connects and asks for a
// sign of life first: what fails until then has sent nothing. Where the answer is
// lost, the Sentinel may have got the command all the same: lost says how, and what
// the Sentinels do next will tell.
func request(ctx context.Context, t redis.Target, addr string) (lost, err error) {
	dialer, err := redis.NewDialer(t.Sentinel.Login, t.TLS)
	if err != nil {
		return nil, err
	}
	client := dialer.Dial(addr)
	defer func() { _ = client.Close() }() // nothing is left to send
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, fmt.Errorf("reach Sentinel %s: %w", addr, redis.Explain(err))
	}
	if err := activities.Sending(ctx); err != nil {
		return nil, err
	}
	err = client.Do(ctx, "sentinel", "failover", t.Sentinel.Master).Err()
	switch {
	case err == nil:
		return nil, nil
	case redis.IsReply(err):
		return nil, activities.NotDone(fmt.Errorf("sentinel %s refuses the failover: %w%s", addr, err, refusalCure(err)))
	default:
		return fmt.Errorf("its answer was lost: %w", redis.Explain(err)), nil
	}
}

// refusalCure says what a Sentinel's error reply means for people.
func refusalCure(err error) string {
	switch {
	case goredis.HasErrorPrefix(err, "NOGOODSLAVE"):
		return ": no replica is good enough in its eyes, which lag up to ten seconds behind: look at their links and priorities"
	case goredis.HasErrorPrefix(err, "INPROG"):
		return ": one is in progress already: wait for its end"
	default:
		return ""
	}
}

// lagOf returns how far the replica was behind.
func (t Topology) lagOf(addr string) activities.Maybe[int64] {
	for _, r := range t.Replicas {
		if r.Address == addr {
			return r.LagBytes
		}
	}
	return activities.Unknown[int64]("it was not known before the failover")
}

func summary(out FailoverOutput) string {
	text := fmt.Sprintf("Master moved from %s to %s in %s, epoch %d to %d; every Sentinel that answers agrees.",
		out.From, out.To, out.Took, out.EpochBefore, out.EpochAfter)
	lag, known := out.LagBytes.Get()
	switch {
	case !known:
		text += " How much the new master had not received yet is unknown (" + out.LagBytes.Why() + "): acknowledged writes may be lost."
	default:
		text += fmt.Sprintf(" The new master was %d bytes behind just before: acknowledged writes may be lost.", lag)
	}
	return text + " So are writes that the old master takes until it follows the new one."
}
