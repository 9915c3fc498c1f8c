package temporal

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	sdklog "go.temporal.io/sdk/log"
)

func TestFailedAttemptsAreNotErrors(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for _, l := range []sdklog.Logger{log, sdklog.With(log, "Attempt", 2), sdklog.Skip(sdklog.With(log, "Attempt", 2), 1)} {
		out.Reset()
		l.Error("Activity error.", "Error", "refused")
		if got := out.String(); !strings.Contains(got, "level=DEBUG") || !strings.Contains(got, "Error=refused") {
			t.Errorf("a failed attempt is logged as %s", got)
		}
		out.Reset()
		l.Error("Activity panic.")
		if got := out.String(); !strings.Contains(got, "level=ERROR") {
			t.Errorf("a panic is logged as %s", got)
		}
	}
}

func TestAddressOfTemporal(t *testing.T) {
	none := t.TempDir() + "/temporal.toml"
	for _, address := range []string{"foo", "foo:", ":7233", "foo:0", "foo:70000", "http://foo:7233"} {
		c, err := Dial(Options{TaskQueue: "redress", Env: env{"TEMPORAL_CONFIG_FILE": none, "TEMPORAL_ADDRESS": address}})
		if err == nil {
			c.Close()
			t.Errorf("TEMPORAL_ADDRESS=%s was taken", address)
			continue
		}
		if !strings.Contains(err.Error(), "write host:port, such as 127.0.0.1:7233, in --temporal.address, TEMPORAL_ADDRESS or temporal.address") {
			t.Errorf("TEMPORAL_ADDRESS=%s: the cure is missing: %v", address, err)
		}
	}
	for _, address := range []string{"foo:7233", "[::1]:7233", "dns:///foo:7233"} {
		if err := CheckAddress(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
