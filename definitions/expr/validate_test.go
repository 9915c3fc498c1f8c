package expr

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	list := ListOf(Type{Kind: Int})
	for _, tc := range []struct {
		name    string
		typ     Type
		json    string
		unknown map[string]string
		want    string // "" = fits
	}{
		{"fits", nodeType(), `{"address": "a", "role": "master", "lag_bytes": 3}`, nil, ""},
		{"an unknown field needs no value", nodeType(), `{}`, map[string]string{"address": "timeout"}, ""},
		{"unknown as a whole", nodeType(), ``, map[string]string{"": "timeout"}, ""},
		{"a reason for all that is missing", nodeType(), `{"online": true}`, map[string]string{"": "timeout"}, ""},
		{"an int is a double", Type{Kind: Double}, `3`, nil, ""},
		{"an int with a point", Type{Kind: Int}, `3.0`, nil, ""},
		{"anything is dynamic", Type{Kind: Dynamic}, `{"a": [1, null, "x"]}`, nil, ""},
		{"labels", MapOf(Type{Kind: String}), `{"a.b": "x"}`, map[string]string{"c.d": "cut off"}, ""},
		{"duration", Type{Kind: Duration}, `"1h30m"`, nil, ""},

		{"missing", nodeType(), `{}`, nil, `address is missing: it is a string`},
		{"nothing", nodeType(), ``, nil, `address is missing: it is a string`},
		{"null", Type{Kind: Int}, `null`, nil, `is missing: it is an int`},
		{"not JSON", Type{Kind: Int}, `{`, nil, `is not JSON: unexpected EOF`},
		{"two values", Type{Kind: Int}, `1 2`, nil, `is not JSON: more than one value`},
		{"misspelt", nodeType(), `{"address": "a", "onlin": true}`, nil, `onlin is not a field here: did you mean "online"?`},
		{"foreign", nodeType(), `{"address": "a", "zzzzzz": true}`, nil, `zzzzzz is not a field here: there are address, role, online, electable, lag_bytes`},
		{"wrong kind", nodeType(), `{"address": 5}`, nil, `address must be a string, is a number`},
		{"fraction", Type{Kind: Int}, `1.5`, nil, `is not an integer of 64 bits: 1.5`},
		{"too large", Type{Kind: Int}, `9223372036854775808`, nil, `is not an integer of 64 bits: 9223372036854775808`},
		{"no double", Type{Kind: Double}, `1e999`, nil, `is not a double: 1e999`},
		{"enumeration", nodeType(), `{"address": "a", "role": "mastr"}`, nil, `role cannot be "mastr": did you mean "master"?`},
		{"no duration", Type{Kind: Duration}, `"5 parsecs"`, nil, `is wrong: "5 parsecs" is not a duration: write it as in "90s", "1h30m" or "1d"`},
		{"duration as a number", Type{Kind: Duration}, `5`, nil, `must be a duration as in "90s", is a number`},
		{"no timestamp", Type{Kind: Timestamp}, `"soon"`, nil, `is wrong: "soon" is not an RFC 3339 timestamp`},
		{"elements", list, `[1, "a", null]`, nil, `[1] must be an int, is a string; [2] is missing: it is an int`},
		{"no list", list, `{"a": 1}`, nil, `must be a list of ints, is a map`},
		{"values", MapOf(Type{Kind: Int}), `{"b": true, "a": "x"}`, nil, `a must be an int, is a string; b must be an int, is a bool`},
		{
			"unknown path", nodeType(), `{"address": "a"}`,
			map[string]string{"rol": "x", "address.x": "y"},
			`address.x is declared unknown, but is no part of the result; rol is declared unknown, but is no part of the result: did you mean "role"?`,
		},
		{
			"unknown index", list, `[1]`,
			map[string]string{"a[0]": "x", "[0][1]": "y", "[0": "z"},
			`[0 is declared unknown, but is no part of the result; [0][1] is declared unknown, but is no part of the result; a[0] is declared unknown, but is no part of the result`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := Validate(Value{JSON: json.RawMessage(tc.json), Unknown: tc.unknown}, tc.typ)
			if diff := cmp.Diff(tc.want, errorText(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidatePaths(t *testing.T) {
	err := Validate(Value{JSON: json.RawMessage(`{"epoch": 1, "replicas": [{"address": "a", "role": "x"}]}`)}, topologyType())
	want := Misfits{{Path: "replicas[0].role", Message: `cannot be "x"`, Suggestion: "there are master, replica, sentinel"}}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAssignable(t *testing.T) {
	enum := func(values ...string) Type { return Type{Kind: String, Enum: values} }
	object := func(fields ...Field) Type { return Type{Kind: Object, Fields: fields} }
	for _, tc := range []struct {
		have, want Type
		err        string
	}{
		{Type{Kind: Int}, Type{Kind: Int}, ""},
		{Type{Kind: Int}, Type{Kind: Double}, ""},
		{Type{Kind: Dynamic}, Type{Kind: Int}, ""},
		{nodeType(), Type{Kind: Dynamic}, ""},
		{enum("a"), enum("a", "b"), ""},
		{Type{Kind: String}, enum("a"), ""},
		{ListOf(Type{Kind: Dynamic}), ListOf(Type{Kind: Int}), ""},
		{MapOf(Type{Kind: Dynamic}), nodeType(), ""},
		{nodeType(), nodeType(), ""},
		{object(Field{Name: "a", Type: Type{Kind: Int}}), MapOf(Type{Kind: Int}), ""},
		{object(), object(Field{Name: "a", Type: Type{Kind: Int}, Optional: true}), ""},
		{Type{Kind: Double}, Type{Kind: Int}, "an int is needed, this is a double: write int(…), and math.round(…) inside to round it"},
		{Type{Kind: Int}, Type{Kind: String}, "a string is needed, this is an int: write string(…)"},
		{Type{Kind: String}, Type{Kind: Duration}, `a duration as in "90s" is needed, this is a string: write duration(…)`},
		{Type{Kind: Int}, Type{Kind: Duration}, `a duration as in "90s" is needed, this is an int: write duration("1s") for one second`},
		{Type{Kind: Bool}, Type{Kind: Int}, "an int is needed, this is a bool"},
		{enum("a", "c"), enum("a", "b"), `it may be "c", but only a or b is accepted`},
		{ListOf(Type{Kind: String}), ListOf(Type{Kind: Int}), "its elements: an int is needed, this is a string"},
		{object(), object(Field{Name: "a", Type: Type{Kind: Int}}), "its field a is missing"},
		{object(Field{Name: "b", Type: Type{Kind: Int}}), object(), "its field b is not accepted"},
		{object(Field{Name: "a", Type: Type{Kind: Bool}}), object(Field{Name: "a", Type: Type{Kind: Int}}), "its field a: an int is needed, this is a bool"},
		{object(Field{Name: "a", Type: Type{Kind: Bool}}), MapOf(Type{Kind: Int}), "its field a: an int is needed, this is a bool"},
	} {
		if got := errorText(Assignable(tc.have, tc.want)); got != tc.err {
			t.Errorf("%s to %s:\ngot  %q\nwant %q", describe(tc.have), describe(tc.want), got, tc.err)
		}
	}
}
