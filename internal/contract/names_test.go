package contract

import "testing"

func TestRunURL(t *testing.T) {
	if got, want := RunURL("http://127.0.0.1:8233/", "default", "cache-prod.redis-master-down.20261121T030412Z"),
		"http://127.0.0.1:8233/namespaces/default/workflows/cache-prod.redis-master-down.20261121T030412Z"; got != want {
		t.Errorf("RunURL = %s, want %s", got, want)
	}
	if got := RunURL("", "default", "x"); got != "" {
		t.Errorf("RunURL without a UI = %q, want none", got)
	}
}
