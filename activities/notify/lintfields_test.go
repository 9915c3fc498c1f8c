package notify

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/template"

	"redress/definitions/lint"
	"redress/internal/contract"
)

// The linter knows exactly the fields and methods that templates can read.
func TestLintKnowsTheData(t *testing.T) {
	types := map[string]reflect.Type{
		"": reflect.TypeFor[Data](), "Target": reflect.TypeFor[contract.TargetRef](),
		"Run": reflect.TypeFor[contract.Run](), "Alerts": reflect.TypeFor[template.Alert](),
	}
	known := lint.DataFields()
	if len(known) != len(types) {
		t.Errorf("the linter knows %d types, not %d", len(known), len(types))
	}
	for name, of := range types {
		var want []string
		for _, f := range reflect.VisibleFields(of) {
			if f.IsExported() && !f.Anonymous {
				want = append(want, f.Name)
			}
		}
		for i := range of.NumMethod() {
			want = append(want, of.Method(i).Name)
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(known[name]))); diff != "" {
			t.Errorf("%q (-data +lint):\n%s", name, diff)
		}
	}
}
