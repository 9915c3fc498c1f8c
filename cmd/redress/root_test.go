package main

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every verb says what it does, shows how it is used, and explains its flags.
func TestHelp(t *testing.T) {
	verbs := rootCommand().Commands()
	if len(verbs) < 9 {
		t.Fatalf("there are %d verbs, want at least 9", len(verbs))
	}
	for _, c := range verbs {
		t.Run(c.Name(), func(t *testing.T) { checkHelp(t, c) })
	}
}

func checkHelp(t *testing.T, c *cobra.Command) {
	if c.Short == "" || strings.HasSuffix(c.Short, ".") {
		t.Errorf("Short is %q, want a phrase without a full stop", c.Short)
	}
	if !strings.Contains(c.Example, "redress "+c.Name()) {
		t.Errorf("the example does not show the verb: %q", c.Example)
	}
	for line := range strings.Lines(c.Long) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 92 {
			t.Errorf("a line of the help has %d characters: %s", n, line)
		}
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Usage == "" {
			t.Errorf("--%s has no explanation", f.Name)
		}
	})
}

func TestTook(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{-time.Second, "0s"},
		{40 * time.Millisecond, "0.0s"},
		{10900 * time.Millisecond, "10s"},
		{59900 * time.Millisecond, "59s"},
		{time.Minute, "1m00s"},
		{time.Hour - time.Millisecond, "59m59s"},
		{time.Hour + time.Minute + time.Second, "1h01m"},
		{49*time.Hour + 2*time.Minute, "49h02m"},
	} {
		if got := took(c.d); got != c.want {
			t.Errorf("took(%s) = %s, want %s", c.d, got, c.want)
		}
	}
}

func TestOpen(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8080": false, "[::1]:8080": false, "localhost:8080": false, "127.9.9.9:1": false,
		":8080": true, "0.0.0.0:8080": true, "[::]:8080": true, "10.0.0.1:8080": true, "redress.example.org:8080": true,
	} {
		if got := open(address); got != want {
			t.Errorf("open(%q) = %t, want %t", address, got, want)
		}
	}
}
