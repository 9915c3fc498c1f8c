package definitions

// Kind is the kind of a step: the YAML key that makes it one.
type Kind string

// The kinds of steps.
const (
	KindCheck    Kind = "check"
	KindGuard    Kind = "guard"
	KindAct      Kind = "act"
	KindVerify   Kind = "verify"
	KindNotify   Kind = "notify"
	KindEscalate Kind = "escalate"
	KindStop     Kind = "stop"
)

// Step is one step of a runbook. Of the pointers at the end, the one of its Kind is set.
type Step struct {
	Kind Kind `json:"kind"`
	// Path names the step inside its runbook, dot-joined: the step's name, or
	// kind#index from 0 in its block; "else" for a branch: "by_itself.else.guard#1".
	Path    string   `json:"path"`
	Name    string   `json:"name,omitempty"` // gives later steps the result under this name
	Title   string   `json:"title,omitempty"`
	If      *Expr    `json:"if,omitempty"`
	Timeout Duration `json:"timeout,omitempty"` // of one attempt; 0 = the default of its kind
	Retry   *Retry   `json:"retry,omitempty"`   // nil = the default of its kind

	Position Position `json:"position"`

	Check    *Check    `json:"check,omitempty"`
	Guard    *Guard    `json:"guard,omitempty"`
	Act      *Act      `json:"act,omitempty"`
	Verify   *Verify   `json:"verify,omitempty"`
	Notify   *Notify   `json:"notify,omitempty"`
	Escalate *Escalate `json:"escalate,omitempty"`
	Stop     *Stop     `json:"stop,omitempty"`
}

// Retry says how often and when a failed step is tried again.
type Retry struct {
	Attempts int      `json:"attempts"`            // in all, at least 1
	Delay    Duration `json:"delay,omitempty"`     // before the second attempt; default 1s
	Backoff  float64  `json:"backoff,omitempty"`   // factor from delay to delay, at least 1; default 2
	MaxDelay Duration `json:"max_delay,omitempty"` // default 1m
}

// Call names an action and what it is given.
type Call struct {
	Action string     `json:"action"`
	With   []NamedArg `json:"with,omitempty"`
}

// Check looks: it calls a read action.
type Check struct{ Call }

// Guard stops the run as refused when its condition does not hold.
type Guard struct {
	Condition Expr   `json:"condition"`
	Once      bool   `json:"once,omitempty"` // holds for now; not evaluated again at the act
	Reason    *Text  `json:"reason,omitempty"`
	Else      []Step `json:"else,omitempty"` // before the run ends
}

// Act changes something, by the act protocol.
type Act struct{ Call }

// Verify polls a read action until a condition over its result has held long enough.
type Verify struct {
	Call
	Until   Expr     `json:"until"`
	Every   Duration `json:"every"`
	Stable  Duration `json:"stable,omitempty"`
	Within  Arg      `json:"within"`             // a literal Prometheus string, or an expression of a duration
	Else    []Step   `json:"else,omitempty"`     // when it did not hold in time; the run then goes on
	HasElse bool     `json:"has_else,omitempty"` // `else` was written, even if empty
}

// Notify tells a receiver.
type Notify struct {
	Receiver string `json:"receiver"` // "default" = policy.receiver
	Title    *Text  `json:"title,omitempty"`
	Message  Text   `json:"message"`
}

// Escalate hands over to people and ends the run.
type Escalate struct {
	Message Text   `json:"message"`
	To      string `json:"to,omitempty"` // default policy.receiver
}

// Stop ends the run with an outcome: no_action, healed, refused or failed.
type Stop struct {
	Outcome Outcome `json:"outcome"`
	Reason  *Text   `json:"reason,omitempty"`
}
