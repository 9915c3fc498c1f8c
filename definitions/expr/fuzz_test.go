package expr

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzEval looks for expressions that panic, do not end, or evaluate differently the
// second time.
func FuzzEval(f *testing.F) {
	for _, file := range []string{"eval-errors.txt", "check-errors.txt", "explain.txt"} {
		for _, source := range fromFile(f, file) {
			f.Add(source, `{"epoch": 1}`, "master.role")
		}
	}
	f.Add(`before.replicas.all(r, r.online)`, `{"replicas": [null, {"online": null}, 5]}`, "replicas[0]")
	f.Add(`{"b": before, "a": [before.counts]}`, `{"counts": {"x": 1e3, "y": 99999999999999999999}}`, "")
	env, err := NewEnv(variables())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, source, data, path string) {
		s := scope()
		s["before"] = variable(topologyType(), data, map[string]string{path: "fuzzed"})
		start := time.Now()
		first, err := Eval(source, s)
		if took := time.Since(start); took > 2*time.Second { // it takes milliseconds
			t.Errorf("the evaluation took %s", took)
		}
		second, again := Eval(source, s)
		if !reflect.DeepEqual(first, second) || errorText(err) != errorText(again) {
			t.Fatalf("first %s %v, %v\nthen %s %v, %v", first.Value.JSON, first.Type, err, second.Value.JSON, second.Type, again)
		}
		if err == nil && !json.Valid(first.Value.JSON) {
			t.Errorf("the result is not JSON: %s", first.Value.JSON)
		}
		if _, err := env.Check(source); err != nil {
			list, ok := errors.AsType[Errors](err)
			if !ok {
				t.Fatalf("%T is no list of errors: %v", err, err)
			}
			for _, e := range list {
				if e.Line < 1 || e.Column < 1 || e.Code == "" || e.Message == "" {
					t.Errorf("incomplete error: %+v", e)
				}
			}
		}
		if line := Explain(source, s); utf8.RuneCountInString(line) > maxExplanation+200 {
			t.Errorf("explanation of %d bytes", len(line))
		}
		Print(s["before"])
		if err := Validate(s["before"].Value, topologyType()); err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
	})
}
