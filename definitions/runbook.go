package definitions

import "redress/definitions/expr"

// Runbook is a compiled runbook: checked, with its defaults filled in and every
// position kept. It is plain data, because each run carries the runbook that it was
// started with (see [Pinned]) in its workflow input.
type Runbook struct {
	Name        string     `json:"name"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description,omitempty"`
	Owner       string     `json:"owner,omitempty"`
	Manual      bool       `json:"manual,omitempty"` // `alerts: manual`: no alert starts it
	Alerts      []Matchers `json:"alerts,omitempty"` // any line starts it
	Covers      []Matchers `json:"covers,omitempty"` // alerts on the same target that join its run
	When        *Expr      `json:"when,omitempty"`
	For         Duration   `json:"for,omitempty"`
	Mode        Mode       `json:"mode"`
	Priority    int        `json:"priority"` // 1 first … 5 last
	Timeout     Duration   `json:"timeout"`
	Limits      Limits     `json:"limits"`
	Silence     Silence    `json:"silence"`
	ClearWithin Duration   `json:"clear_within"`
	OnResolved  OnResolved `json:"on_resolved"`
	Steps       []Step     `json:"steps"`

	Position Position `json:"position"`
	SHA256   string   `json:"sha256"`            // of the file's bytes, lower-case hex
	Library  bool     `json:"library,omitempty"` // shipped with Redress
}

// Limits of a runbook on one target.
type Limits struct {
	Runs     RunLimit `json:"runs"`
	Cooldown Duration `json:"cooldown"` // target-wide, from the last act
}

// RunLimit allows at most Max runs within any window of length Per.
type RunLimit struct {
	Max int      `json:"max"`
	Per Duration `json:"per"`
}

// Silence says whether a run holds the page back while it works.
type Silence string

// The values of the key `silence`.
const (
	SilenceDuring Silence = "during"
	SilenceNone   Silence = "none"
)

// OnResolved says what a run does when its alerts resolve by themselves.
type OnResolved string

// OnResolvedFinish acts no more, but still verifies and reports.
const OnResolvedFinish OnResolved = "finish"

// Matchers is one line of Alertmanager matchers; all of them must hold.
type Matchers struct {
	Source   string   `json:"source"`
	Position Position `json:"position"`
}

// Expr is a CEL expression of a runbook.
type Expr struct {
	Source   string   `json:"source"`
	Position Position `json:"position"` // of the expression's first character
	// Names are the variables that it reads, sorted: "before", "labels", "result".
	Names []string `json:"names,omitempty"`
}

// Text is an Alertmanager template that people read when rendered.
type Text struct {
	Source   string   `json:"source"`
	Position Position `json:"position"`
}

// Arg is a value that a runbook gives to an action, or a duration that it computes:
// exactly one of the fields is set. Maps keep the order of the file.
type Arg struct {
	Literal expr.Value `json:"literal,omitzero"`
	Expr    *Expr      `json:"expr,omitempty"` // `${…}` alone: keeps its type
	Text    []Part     `json:"text,omitempty"` // `${…}` inside text
	List    []Arg      `json:"list,omitempty"`
	Map     []NamedArg `json:"map,omitempty"`

	Position Position `json:"position"`
}

// Part of a text: literal, or an expression whose value is inserted.
type Part struct {
	Literal string `json:"literal,omitempty"`
	Expr    *Expr  `json:"expr,omitempty"`
}

// NamedArg is an Arg with its name.
type NamedArg struct {
	Name string `json:"name"`
	Arg  Arg    `json:"arg"`
}

// ActionType is what a runbook can know of an action: data, no code.
type ActionType struct {
	Name    string    `json:"name"`
	Effect  Effect    `json:"effect"`
	Summary string    `json:"summary,omitempty"`
	Input   expr.Type `json:"input"`  // an Object
	Output  expr.Type `json:"output"` // an Object
}

// Actions finds the types of actions by name.
type Actions interface {
	// ActionType returns the type of the action of that name.
	ActionType(name string) (ActionType, bool)
	// ActionNames lists the names of all actions, sorted.
	ActionNames() []string
}

// Pinned is what a run needs of the runbook that it executes, fixed when it starts.
type Pinned struct {
	Runbook Runbook      `json:"runbook"`
	Actions []ActionType `json:"actions"` // those that the runbook uses, by name
}

// Action returns the pinned type of the action of that name.
func (p Pinned) Action(name string) (ActionType, bool) {
	for _, a := range p.Actions {
		if a.Name == name {
			return a, true
		}
	}
	return ActionType{}, false
}
