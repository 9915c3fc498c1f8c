package alertmanager

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseTrailer(t *testing.T) {
	for name, test := range map[string]struct {
		comment string
		want    facts
	}{
		"sentence and trailer": {"It works. a=b\nredress_run=a.x.1 redress_step=before", facts{"redress_run": "a.x.1", "redress_step": "before"}},
		"trailer alone":        {"redress_run=a.x.1", facts{"redress_run": "a.x.1"}},
		"quoted":               {`redress_step="say \"no\"" redress_run=x`, facts{"redress_step": `say "no"`, "redress_run": "x"}},
		"value with =":         {"redress_url=http://h/?a=b", facts{"redress_url": "http://h/?a=b"}},
		"others' words":        {"done redress_run=x and=more redress_", facts{"redress_run": "x"}},
		"quote left open":      {`redress_step="oops redress_run=x`, facts{"redress_step": `"oops`, "redress_run": "x"}},
		"nothing":              {"Maintenance by ana.\n", facts{}},
		"empty":                {"", facts{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, parseTrailer(test.comment)); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzTrailerReadsBack(f *testing.F) {
	for _, s := range []string{"", "before", "a b", `"`, `\`, "a=b", "a\nb", "ж", "\x00\xff", " ", "\u00a0", "\u2028"} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, step, run string) {
		want := facts{factStep: step, factRun: run}
		if diff := cmp.Diff(want, parseTrailer(want.comment("A sentence."))); diff != "" {
			t.Errorf("facts (-want +got):\n%s", diff)
		}
	})
}
