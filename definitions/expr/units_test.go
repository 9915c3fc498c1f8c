package expr

import (
	"testing"
	"time"
)

func TestParseBytes(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want int64
		err  string
	}{
		{"0", 0, ""},
		{"512", 512, ""},
		{"512B", 512, ""},
		{"1k", 1000, ""},
		{"1kB", 1000, ""},
		{"1KB", 1000, ""},
		{"1KiB", 1024, ""},
		{"1ki", 1024, ""},
		{"1.5 MiB", 1572864, ""},
		{"2m", 2_000_000, ""},
		{"1GiB", 1 << 30, ""},
		{"1gb", 1_000_000_000, ""},
		{"3TiB", 3 << 40, ""},
		{"1PB", 1e15, ""},
		{" 7 MB ", 7_000_000, ""},
		{"9223372036854775807", 1<<63 - 1, ""},
		{"9223372036854775808", 0, `"9223372036854775808" is too large: a size is at most 9223372036854775807 bytes`},
		{"9000PiB", 0, `"9000PiB" is too large: a size is at most 9223372036854775807 bytes`},
		{"0.5B", 0, `"0.5B" is not a whole number of bytes`},
		{"-1MB", 0, `"-1MB" is not a size: write a number and a unit, as in "1GiB"`},
		{"1..5MB", 0, `"1..5MB" is not a size: write a number and a unit, as in "1GiB"`},
		{"1e9", 0, `"1e9" is not a size: write a number and a unit, as in "1GiB"`},
		{"", 0, `"" is not a size: write a number and a unit, as in "1GiB"`},
		{"GiB", 0, `"GiB" is not a size: write a number and a unit, as in "1GiB"`},
		{"1iB", 0, `"1iB" is not a size: the unit "iB" is unknown, use B, KiB, MiB, GiB, TiB, PiB or kB, MB, GB, TB, PB`},
		{"1kg", 0, `"1kg" is not a size: the unit "kg" is unknown, use B, KiB, MiB, GiB, TiB, PiB or kB, MB, GB, TB, PB`},
		{"1EiB", 0, `"1EiB" is not a size: the unit "EiB" is unknown, use B, KiB, MiB, GiB, TiB, PiB or kB, MB, GB, TB, PB`},
	} {
		got, err := ParseBytes(tc.in)
		if message := errorText(err); got != tc.want || message != tc.err {
			t.Errorf("ParseBytes(%q) = %d, %s\nwant %d, %s", tc.in, got, message, tc.want, tc.err)
		}
	}
}

func TestDurations(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want time.Duration
		out  string
	}{
		{"90s", 90 * time.Second, "1m30s"},
		{"1d", 24 * time.Hour, "1d"},
		{"14d", 14 * 24 * time.Hour, "2w"},
		{"1h30m", 90 * time.Minute, "1h30m"},
		{"500ms", 500 * time.Millisecond, "500ms"},
		{"-5s", -5 * time.Second, "-5s"},
		{"0s", 0, "0s"},
	} {
		got, err := ParseDuration(tc.in)
		if err != nil || got != tc.want || FormatDuration(got) != tc.out {
			t.Errorf("ParseDuration(%q) = %s, %v, written %s; want %s, written %s", tc.in, got, err, FormatDuration(got), tc.want, tc.out)
		}
	}
	for _, in := range []string{"", "5", "1.5h", "5 s", "1m1h", "300y", "1µs"} {
		if got, err := ParseDuration(in); err == nil {
			t.Errorf("ParseDuration(%q) = %s, want an error", in, got)
		}
	}
}

// An offset is itself, and not the machine's own zone that happens to have it in winter.
func TestZoneOffsetHasNoSummerTime(t *testing.T) {
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	time.Local = berlin
	s := Scope{"now": variable(Type{Kind: Timestamp}, `"2026-07-01T12:00:00Z"`, nil)}
	for source, want := range map[string]string{`now.getHours("+01:00")`: "13", `now.getHours("Europe/Berlin")`: "14", `now.getHours()`: "12"} {
		if v, err := Eval(source, s); err != nil || string(v.Value.JSON) != want {
			t.Errorf("%s = %s, %v, want %s", source, v.Value.JSON, err, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
