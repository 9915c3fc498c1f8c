package contract

import "time"

// Begin asks the fleet to admit a run: one active run per target.
type Begin struct {
	RunID  string `json:"run_id"`
	Target string `json:"target"`
}

// Grant asks the fleet for one act. Holder is drawn by the activity that asks, so
// that an answer which Temporal repeats to somebody else is not taken for a grant.
type Grant struct {
	Key    ActKey `json:"key"`
	Target string `json:"target"`
	Action string `json:"action"`
	Holder string `json:"holder"`
}

// Void takes a key out of use: from now on it is never granted.
type Void struct {
	Key    ActKey `json:"key"`
	Target string `json:"target"`
}

// End tells the fleet that a run is over.
type End struct {
	RunID  string `json:"run_id"`
	Target string `json:"target"`
}

// Answer of the fleet to begin, grant and end.
type Answer struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"` // when not OK
	Holder string `json:"holder,omitempty"` // to whom the key was granted
}

// Voided is the answer to void.
type Voided struct {
	Granted   bool      `json:"granted"` // the key had been granted before
	GrantedAt time.Time `json:"granted_at,omitzero"`
	// Now is when the fleet answered, by the clock that GrantedAt is of: how long ago the
	// grant was is told without comparing two clocks.
	Now time.Time `json:"now,omitzero"`
}

// FleetState is what the fleet remembers; it travels over continue-as-new.
type FleetState struct {
	Runs   map[string]FleetRun `json:"runs"`             // by target
	Paused string              `json:"paused,omitempty"` // why; "" = not
}

// FleetRun is the active run of a target and its keys.
type FleetRun struct {
	RunID   string                `json:"run_id"`
	BegunAt time.Time             `json:"begun_at"`
	Keys    map[string]FleetGrant `json:"keys,omitempty"` // by ActKey.String()
}

// FleetGrant is what became of a key.
type FleetGrant struct {
	Holder string    `json:"holder,omitempty"` // "" = void without ever having been granted
	At     time.Time `json:"at"`
	Void   bool      `json:"void,omitempty"`
}

// FleetInput starts the fleet.
type FleetInput struct {
	State FleetState `json:"state"`
}
