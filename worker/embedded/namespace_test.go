//go:build !lean

package embedded

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"
)

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	target := temporal.NewSearchAttributeKeyKeyword("RedressTarget")
	count := temporal.NewSearchAttributeKeyInt64("RedressCount")
	first := map[string]enumspb.IndexedValueType{
		"RedressTarget": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"RedressMode":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	}
	s := start(t, Options{StoragePath: path, SearchAttributes: first})
	c := dial(t, s.Address())
	begin(t, c, "a", true, target.ValueSet("cache-prod"))
	begin(t, c, "b", true, target.ValueSet("sessions"))
	awaitList(t, c, `RedressTarget = "cache-prod"`, []string{"a"})
	closeServer(t, s)

	// A later version of Redress needs one more, and the old values stay.
	second := map[string]enumspb.IndexedValueType{
		"RedressTarget": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"RedressMode":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"RedressAlert":  enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		"RedressCount":  enumspb.INDEXED_VALUE_TYPE_INT,
	}
	s = start(t, Options{StoragePath: path, SearchAttributes: second, Retention: 50 * time.Hour})
	c = dial(t, s.Address())
	begin(t, c, "c", true, target.ValueSet("feed"), count.ValueSet(3))
	awaitList(t, c, `RedressCount > 2`, []string{"c"})
	awaitList(t, c, `RedressTarget = "sessions"`, []string{"b"})
	ns, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: DefaultNamespace})
	if err != nil {
		t.Fatal(err)
	}
	if got := ns.Config.WorkflowExecutionRetentionTtl.AsDuration(); got != 50*time.Hour {
		t.Errorf("the retention is %s", got)
	}
	closeServer(t, s)

	_, err = Start(t.Context(), Options{
		StoragePath: path, Address: "127.0.0.1:0", UIAddress: NoUI,
		SearchAttributes: map[string]enumspb.IndexedValueType{"RedressCount": enumspb.INDEXED_VALUE_TYPE_TEXT},
	})
	if err == nil || !strings.Contains(err.Error(), "RedressCount is registered as Int and cannot become Text") {
		t.Errorf("another type for an attribute: %v", err)
	}
}

func TestAssignFields(t *testing.T) {
	t.Parallel()
	keyword, boolean := enumspb.INDEXED_VALUE_TYPE_KEYWORD, enumspb.INDEXED_VALUE_TYPE_BOOL
	got, err := assignFields(map[string]string{"Keyword02": "B"},
		map[string]enumspb.IndexedValueType{"A": keyword, "B": keyword, "C": keyword, "D": boolean})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Keyword01": "A", "Keyword02": "B", "Keyword03": "C", "Bool01": "D"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, wanted := range map[string]map[string]enumspb.IndexedValueType{
		"no free column": {"A": boolean, "B": boolean, "C": boolean, "D": boolean},
		"Temporal's own": {"WorkflowType": keyword},
	} {
		_, err := assignFields(nil, wanted)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
