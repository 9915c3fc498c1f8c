package definitions

import "github.com/prometheus/common/model"

// Duration is a length of time, a Prometheus string ("90s", "1h30m", "1d") in YAML and JSON.
type Duration = model.Duration

// Outcome is how a run ended, in one word.
type Outcome string

// The outcomes.
const (
	Healed       Outcome = "healed"       // the fault is gone: verified, and the alerts cleared
	NoAction     Outcome = "no_action"    // nothing to heal, nothing verified, nothing done
	Observed     Outcome = "observed"     // mode observe: it told what it would have done
	Refused      Outcome = "refused"      // a guard, a limit, the breaker or a person said no
	Escalated    Outcome = "escalated"    // the runbook handed over to people
	Ineffective  Outcome = "ineffective"  // acted, and the verification did not hold in time
	Inconclusive Outcome = "inconclusive" // whether it helped could not be established
	Failed       Outcome = "failed"       // a step failed for good
	Cancelled    Outcome = "cancelled"    // a person, or the alert's resolution, stopped it
)

// Outcomes lists the outcomes in the order of the documentation.
func Outcomes() []Outcome {
	return []Outcome{Healed, NoAction, Observed, Refused, Escalated, Ineffective, Inconclusive, Failed, Cancelled}
}

// Mode is how much a run may do by itself.
type Mode string

// The modes, from the least to the most.
const (
	Observe Mode = "observe" // never acts; says what it would do
	Approve Mode = "approve" // a person releases each act
	Auto    Mode = "auto"    // acts by itself, inside its guards
)

// Modes lists the modes from the least to the most.
func Modes() []Mode { return []Mode{Observe, Approve, Auto} }

// Lower returns the mode that allows less. An empty mode sets no ceiling.
func (m Mode) Lower(other Mode) Mode {
	for _, low := range Modes() {
		if m == low || other == low {
			return low
		}
	}
	return Observe
}

// Effect of an action: whether it can change anything.
type Effect string

// The effects.
const (
	Read   Effect = "read"
	Change Effect = "change"
)
