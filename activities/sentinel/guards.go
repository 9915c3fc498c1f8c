package sentinel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"redress/activities"
)

const (
	// maxPlannedLag is how far the replica that would be promoted may be behind in a
	// planned failover: Redis's default repl-backlog-size, which a replica catches up
	// without a full copy.
	maxPlannedLag = 1 << 20
	// maxPlannedLagSeconds is the age of its last acknowledgement: one a second is normal.
	maxPlannedLagSeconds = 1
)

// failoverGuards are the guards in words, in the order in which they are evaluated.
var failoverGuards = []string{
	"The target allows changes: it has redis.change credentials, or its servers ask for none.",
	"Every Sentinel that answers names expect_master, and the configuration epoch is expect_epoch.",
	"A majority of all Sentinels reports a quorum (CKQUORUM) and is not in TILT.",
	"No failover is in progress, and no other server says that it is the master.",
	"The last completed failover is 2 × failover-timeout ago, or there was none.",
	"Planned: the master answers as one. Otherwise: a majority of all Sentinels takes it for down, and it does not answer us as a master.",
	"At least one replica is electable, and no full sync is running. Planned: the one to be promoted is at most 1 MiB and 1 s behind.",
}

// guard refuses a failover that is not plainly right, with what was seen. What is
// unknown refuses too.
func guard(p picture, t Topology, in FailoverInput, now time.Time) error {
	for _, check := range []func() error{
		func() error { return guardExpected(p, t, in) },
		func() error { return guardSentinels(p, t) },
		func() error { return guardQuiet(p, t, now) },
		func() error { return guardMaster(p, t, in) },
		func() error { return guardReplicas(p, t, in) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func guardExpected(p picture, t Topology, in FailoverInput) error {
	switch {
	case t.Master.Address.IsZero():
		return activities.Refuse("Which server is the master is unknown: %s.", t.Master.Address.Why())
	case !activities.Is(t.Master.Address, in.ExpectMaster):
		return activities.Refuse("The master is %s, not the expected %s: it has moved since the diagnosis.", show(t.Master.Address), in.ExpectMaster)
	case !activities.Is(t.Epoch, in.ExpectEpoch):
		return activities.Refuse("The configuration epoch is %s, not the expected %d: there was a failover since the diagnosis.", show(t.Epoch), in.ExpectEpoch)
	case !activities.Is(t.Sentinels.Agree, true):
		return activities.Refuse("The Sentinels do not agree on a master: %s.", strings.Join(p.beliefs(), "; "))
	}
	return nil
}

func guardSentinels(p picture, t Topology) error {
	if !activities.Is(t.Sentinels.QuorumOK, true) {
		return activities.Refuse("The Sentinels could not agree on a failover: quorum_ok is %s; %d of %s answered%s.",
			because(t.Sentinels.QuorumOK), t.Sentinels.Reachable, plural(t.Sentinels.Known, "Sentinel"), listed(t.Sentinels.Errors))
	}
	var tilted, calm []string
	for _, v := range p.speaking {
		if activities.Is(v.tilt, false) {
			calm = append(calm, v.addr)
		} else {
			tilted = append(tilted, v.addr)
		}
	}
	if len(calm)*2 <= t.Sentinels.Known {
		return activities.Refuse("Only %d of %s is known to be out of TILT, no majority%s: one in TILT acts on nothing, or late.",
			len(calm), plural(t.Sentinels.Known, "Sentinel"), listed(tilted))
	}
	return nil
}

// guardQuiet refuses while another failover runs, or too soon after one.
func guardQuiet(p picture, t Topology, now time.Time) error {
	if !activities.Is(t.Sentinels.FailoverInProgress, false) {
		return activities.Refuse("A failover is in progress already: failover_in_progress is %s.", because(t.Sentinels.FailoverInProgress))
	}
	if others := p.otherMasters(); len(others) > 0 {
		return activities.Refuse("%s says that it is a master too, beside %s: look at both before anything is changed.", strings.Join(others, ", "), show(t.Master.Address))
	}
	if activities.Is(t.Epoch, 0) {
		return nil // there was no failover yet
	}
	last, known := t.Sentinels.LastFailoverAt.Get()
	timeout, alsoKnown := t.FailoverTimeout.Get()
	if !known || !alsoKnown {
		return activities.Refuse("Whether the last failover is long enough ago is unknown: %s.", cmp.Or(t.Sentinels.LastFailoverAt.Why(), t.FailoverTimeout.Why()))
	}
	rest := last.Add(2 * time.Duration(timeout)).Sub(now)
	if rest > 0 {
		return activities.Refuse("The last failover was at %s, less than 2 × failover-timeout (%s) ago: %s are missing.",
			last.Format(time.RFC3339), 2*timeout, rest.Round(time.Second))
	}
	return nil
}

func guardMaster(p picture, t Topology, in FailoverInput) error {
	m := t.Master
	address := show(m.Address)
	node := p.node(address)
	serves := node.pong && activities.Is(m.Writable, true)
	down, known := t.Sentinels.MasterSDown, t.Sentinels.Known
	switch {
	case in.Planned && !serves:
		return activities.Refuse("The master %s does not serve, as it must for a planned failover: reachable is %s, writable is %s.",
			address, because(m.Reachable), because(m.Writable))
	case in.Planned && down > 0:
		return activities.Refuse("The master %s is down for %d of %s: this is no time for a planned failover.", address, down, plural(known, "Sentinel"))
	case in.Planned:
		return nil
	case down*2 <= known:
		return activities.Refuse("The master %s is down for %d of %s, no majority. For a failover of a master that is well, say planned: true.", address, down, plural(known, "Sentinel"))
	case serves:
		return activities.Refuse("The master %s is down for %d of %s, but it answers us and takes writes: somebody is cut off, and a failover would make two masters.", address, down, plural(known, "Sentinel"))
	}
	return nil
}

func guardReplicas(p picture, t Topology, in FailoverInput) error {
	var fit []Replica
	var unfit []string
	for _, r := range t.Replicas {
		if activities.Is(r.SyncInProgress, true) {
			return activities.Refuse("Replica %s is receiving a full copy: a failover now would leave it without data.", r.Address)
		}
		if activities.Is(r.Electable, true) {
			fit = append(fit, r)
		} else {
			unfit = append(unfit, fmt.Sprintf("%s: %s", r.Address, unfitness(r)))
		}
	}
	if len(fit) == 0 {
		return activities.Refuse("No replica is fit to take over%s.", listed(unfit))
	}
	if !in.Planned {
		return nil
	}
	next := slices.MinFunc(fit, func(a, b Replica) int { return p.byPromotion(a, b) })
	bytes, known := next.LagBytes.Get()
	seconds, alsoKnown := next.LagSeconds.Get()
	if !known || !alsoKnown || bytes > maxPlannedLag || seconds > maxPlannedLagSeconds {
		return activities.Refuse("Replica %s, which would be promoted, is too far behind for a planned failover: lag_bytes is %s (at most %d), lag_seconds is %s (at most %d).",
			next.Address, because(next.LagBytes), maxPlannedLag, because(next.LagSeconds), maxPlannedLagSeconds)
	}
	return nil
}

// byPromotion orders replicas as a Sentinel does: lowest priority, then highest
// offset, then smallest run ID.
func (p picture) byPromotion(a, b Replica) int {
	priority := func(r Replica) int64 { n, _ := r.Priority.Get(); return n } // known for what is electable
	offset := func(r Replica) int64 { n, _ := r.Offset.Get(); return n }
	runID := func(r Replica) string { id, _ := p.node(r.Address).info.Text("run_id").Get(); return id }
	return cmp.Or(
		cmp.Compare(priority(a), priority(b)),
		cmp.Compare(offset(b), offset(a)),
		cmp.Compare(runID(a), runID(b)),
	)
}

// unfitness says why a replica is not electable.
func unfitness(r Replica) string {
	switch {
	case !r.Reachable:
		return r.Error
	case activities.Is(r.SDown, true):
		return "down for the Sentinels"
	case activities.Is(r.Priority, 0):
		return "priority 0"
	case r.Electable.IsZero():
		return r.Electable.Why()
	default:
		return fmt.Sprintf("link_up is %s, link_down_for is %s", because(r.LinkUp), because(r.LinkDownFor))
	}
}

// choose returns the Sentinel to ask: the first by address that is calm, sees the
// quorum, is in the epoch and has an electable replica in good standing.
func (p picture) choose(t Topology) (string, error) {
	fit := map[string]bool{}
	for _, r := range t.Replicas {
		fit[r.Address] = activities.Is(r.Electable, true)
	}
	for _, v := range p.onMaster() {
		good := slices.ContainsFunc(v.replicas, func(e entry) bool {
			return fit[e.addr] && !e.has("s_down") && !e.has("disconnected")
		})
		same := !v.epoch.IsZero() && show(v.epoch) == show(t.Epoch)
		if good && same && activities.Is(v.tilt, false) && activities.Is(v.quorumOK, true) {
			return v.addr, nil
		}
	}
	return "", activities.Refuse("No Sentinel is fit to be asked: one must be out of TILT, see a quorum and have an electable replica that it does not take for down.")
}

// because writes a field for people, with the reason when it is unknown.
func because[T any](m activities.Maybe[T]) string {
	if m.IsZero() {
		return fmt.Sprintf("unknown (%s)", m.Why())
	}
	return show(m)
}

// listed is " (a; b)", or nothing.
func listed(what []string) string {
	if len(what) == 0 {
		return ""
	}
	return " (" + strings.Join(what, "; ") + ")"
}
