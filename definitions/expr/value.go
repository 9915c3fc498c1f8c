package expr

import "encoding/json"

// Value is a result as it travels through workflow histories: JSON, and why the
// fields that are missing from it are unknown. Paths are dotted, with list indices
// in brackets: "master.role", "replicas[0].lag_bytes"; "" is the value as a whole.
type Value struct {
	JSON    json.RawMessage   `json:"json,omitempty"`
	Unknown map[string]string `json:"unknown,omitempty"`
}

// Var is a variable in the scope of an expression.
type Var struct {
	Type  Type  `json:"type"`
	Value Value `json:"value"`
}

// Scope holds the variables that an expression may read, by name.
type Scope map[string]Var
