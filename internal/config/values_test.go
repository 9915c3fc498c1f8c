package config

import "testing"

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "1024": 1024, "512 MiB": 512 << 20, "8GiB": 8 << 30, "2TiB": 2 << 40, "10KiB": 10240, "7B": 7,
		"9223372036854775807": 1<<63 - 1,
		"":                    0, "0": 0, "0GiB": 0, "-1": 0, "8GB": 0, "8gb": 0, "8G": 0, "1.5GiB": 0, "9223372036854775808": 0, "8388608TiB": 0,
	} {
		got, err := parseSize(text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestShowable(t *testing.T) {
	for line, want := range map[string]bool{
		`redis: {address: 10.0.0.1:6379}`:                true,
		`webhook: {token_file: secrets/webhook}`:         true,
		`  password_file: "secrets/x"`:                   true,
		`match: 'instance=~"redis://10.0.1.5:6379"'`:     true,
		`urls: [http://127.0.0.1:9093]`:                  true,
		`  password: hunter2`:                            false,
		`read: {username: ana, "Password" : "hunter2"}`:  false,
		`{password_file: x, redis_password: hunter2}`:    false,
		`bearer_token: hunter2`:                          false,
		`urls: [http://ana:hunter2@127.0.0.1:9093]`:      false,
		`url: telegram://hunter2@telegram?chats=1`:       false,
		`url: https://hooks.slack.com/services/T/B/x`:    false,
		`url: https://x.webhook.office.com/webhookb2/ab`: false,
	} {
		if got := showable(line) == line; got != want {
			t.Errorf("%s: shown %t, want %t", line, got, want)
		}
	}
}
