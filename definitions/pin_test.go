package definitions_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"redress/definitions"

	"github.com/google/go-cmp/cmp"
)

// anyAction knows all actions but one.
type anyAction struct{ except string }

func (a anyAction) ActionType(name string) (definitions.ActionType, bool) {
	return definitions.ActionType{Name: name}, name != a.except
}

func (anyAction) ActionNames() []string { return nil }

// A run carries its runbook and the types of the actions through JSON unchanged.
func TestPin(t *testing.T) {
	data, err := os.ReadFile("testdata/good/redis-master-down.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := mustParse(t, string(data))
	pinned, err := definitions.Pin(*r, anyAction{})
	if err != nil {
		t.Fatal(err)
	}
	want := []definitions.ActionType{{Name: "sentinel.topology"}, {Name: "sentinel.failover"}}
	if diff := cmp.Diff(want, pinned.Actions); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	wire, err := json.Marshal(pinned)
	if err != nil {
		t.Fatal(err)
	}
	var back definitions.Pinned
	if err := json.Unmarshal(wire, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pinned, back); diff != "" {
		t.Errorf("through JSON (-want +got):\n%s", diff)
	}
	if _, err := definitions.Pin(*r, anyAction{except: "sentinel.failover"}); err == nil || !strings.Contains(err.Error(), `test.yaml:35:9: there is no action "sentinel.failover"`) {
		t.Errorf("an unknown action: %v", err)
	}
}
