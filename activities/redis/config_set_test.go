package redis

import (
	"encoding/json"
	"fmt"
	"testing"

	"redress/activities"
	"redress/internal/contract"
)

func TestConfigSet(t *testing.T) {
	t.Parallel()
	l, inv := estate(t)
	master, replica := l.Nodes()[0], l.Nodes()[1]
	input := func(p Parameter, value, expect string) ConfigSetInput {
		in := ConfigSetInput{Parameter: p, Value: json.RawMessage(value)}
		if expect != "" {
			in.Expect = json.RawMessage(expect)
		}
		return in
	}
	finding := func(t *testing.T, in ConfigSetInput, want contract.Applied) {
		t.Helper()
		f, err := configApplied(t.Context(), inv, "cache", in)
		if err != nil || f.Applied != want || f.Why == "" {
			t.Errorf("applied: %+v, %v, want %s", f, err, want)
		}
	}

	t.Run("there and back", func(t *testing.T) {
		in := input(maxMemory, `"512MiB"`, `0`)
		finding(t, in, contract.AppliedNo)
		finding(t, input(maxMemory, `"512MiB"`, ""), contract.AppliedUnknown)
		out, err := setConfig(t.Context(), inv, "cache", in)
		if err != nil {
			t.Fatal(err)
		}
		if out.Node != master.Addr() || out.Previous != "0" || out.Value != "536870912" || !out.Changed {
			t.Errorf("%+v", out)
		}
		finding(t, in, contract.AppliedYes)
		finding(t, input(maxMemory, `"600mb"`, `"512mb"`), contract.AppliedNo)

		in.Expect = nil
		again, err := setConfig(t.Context(), inv, "cache", in)
		if err != nil || again.Changed || again.Previous != "536870912" {
			t.Errorf("the same again: %+v, %v", again, err)
		}
		if got := admin(t, master).ConfigGet(t.Context(), "maxmemory").Val()["maxmemory"]; got != "536870912" {
			t.Errorf("the server has %s", got)
		}
		n, err := readInfo(t.Context(), inv, "cache", InfoInput{})
		if ratio, known := n.Memory.UsedRatio.Get(); err != nil || !known || ratio <= 0 || ratio >= 1 {
			t.Errorf("used_ratio with a limit: %v, %v", n.Memory.UsedRatio, err)
		}
	})
	t.Run("one class of the buffer limits", func(t *testing.T) {
		in := input(outputBufferLimit, `"replica 512mb 128mb 60"`, `"replica 256mb 64mb 60"`)
		in.Node = replica.Addr()
		out, err := setConfig(t.Context(), inv, "cache", in)
		if err != nil {
			t.Fatal(err)
		}
		if out.Previous != "replica 268435456 67108864 60" || out.Value != "replica 536870912 134217728 60" {
			t.Errorf("%+v", out)
		}
		finding(t, in, contract.AppliedYes)
	})
	t.Run("Redis itself says no", func(t *testing.T) {
		err := admin(t, master).Do(t.Context(), "acl", "setuser", "looker", "on", ">secret", "-@all", "+ping", "+hello", "+auth", "+info", "+config|get").Err()
		if err != nil {
			t.Fatal(err)
		}
		user := inventory{"cache": inv["cache"]}
		target := user["cache"]
		target.Change = Credentials{Set: true, Username: "looker", Password: func() (string, error) { return "secret", nil }}
		user["cache"] = target
		_, err = setConfig(t.Context(), user, "cache", input(idleTimeout, `300`, ""))
		wantError(t, err, "set timeout of "+master.Addr()+" to 300: NOPERM this user has no permissions to run the 'config|set' command")
		if !activities.IsPermanent(err) {
			t.Error("an error reply passes for an unknown outcome")
		}
		target.Change.Password = func() (string, error) { return "wrong", nil }
		user["cache"] = target
		_, err = setConfig(t.Context(), user, "cache", input(idleTimeout, `300`, ""))
		wantError(t, err, "read timeout of "+master.Addr()+": WRONGPASS invalid username-password pair or user is disabled: the target's credentials in redress.yaml are not accepted")
		if !activities.IsPermanent(err) {
			t.Error("a refused password is not permanent")
		}
	})
	t.Run("refusals", func(t *testing.T) {
		for want, in := range map[string]ConfigSetInput{
			"maxmemory 2147483648 is above the ceiling of target cache: limits.maxmemory is 1073741824.":         input(maxMemory, `"2GiB"`, ""),
			"maxclients 6000 is above the ceiling of target cache: limits.maxclients is 5000.":                   input(maxClients, `6000`, ""),
			fmt.Sprintf("timeout of %s is 0, not the expected 60: somebody changed it.", master.Addr()):          input(idleTimeout, `300`, `60`),
			fmt.Sprintf("slowlog-max-len of %s is 128, not the expected 5: somebody changed it.", master.Addr()): input(slowlogMaxLen, `300`, `5`),
		} {
			_, err := setConfig(t.Context(), inv, "cache", in)
			wantError(t, err, want)
			if !activities.IsRefusal(err) {
				t.Errorf("%q is no refusal", want)
			}
		}
		if _, err := setConfig(t.Context(), inv, "cache", input(maxMemory, `"1mb"`, "")); !activities.IsRefusal(err) {
			t.Errorf("less than is used: %v", err)
		}
	})
	t.Run("no ceiling, no credentials", func(t *testing.T) {
		open := inv["cache"]
		open.Limits = Limits{}
		_, err := setConfig(t.Context(), inventory{"cache": open}, "cache", input(maxMemory, `"2GiB"`, ""))
		wantError(t, err, "Target cache sets no ceiling for maxmemory: set limits.maxmemory under the target in redress.yaml.")
		open.Read.Set = true
		_, err = setConfig(t.Context(), inventory{"cache": open}, "cache", input(idleTimeout, `300`, ""))
		wantError(t, err, "Target cache has credentials for reading only, and without `change` nothing is changed: set redis.change under the target in redress.yaml.")
	})
	t.Run("a replica that the Sentinels take for the master", func(t *testing.T) {
		// A standalone target whose server follows another one: the role is wrong.
		inv := inventory{"alone": {Name: "alone", Address: replica.Addr()}}
		_, err := setConfig(t.Context(), inv, "alone", input(idleTimeout, `300`, ""))
		wantError(t, err, fmt.Sprintf("%s should be the master of alone, but does not say so: its role is replica.", replica.Addr()))
	})
}
