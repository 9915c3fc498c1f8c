package config

import (
	"path/filepath"
	"strings"
	"testing"

	promconfig "github.com/prometheus/common/config"
)

func TestCanChange(t *testing.T) {
	given := Credentials{Set: true}
	for name, tc := range map[string]struct {
		redis Redis
		want  bool
	}{
		"no passwords":   {Redis{}, true},
		"read only":      {Redis{Read: given}, false},
		"read and write": {Redis{Read: given, Change: given}, true},
	} {
		if got := tc.redis.CanChange(); got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
}

func TestTLSConfig(t *testing.T) {
	if c, err := (Redis{}).TLSConfig(); c != nil || err != nil {
		t.Errorf("without tls: %v, %v", c, err)
	}
	if c, err := (Redis{TLS: &promconfig.TLSConfig{}}).TLSConfig(); c == nil || err != nil || c.InsecureSkipVerify {
		t.Errorf("with the defaults: %v, %v", c, err)
	}
	missing := filepath.Join(t.TempDir(), "ca.pem")
	_, err := Redis{TLS: &promconfig.TLSConfig{CAFile: missing}}.TLSConfig()
	if err == nil || !strings.Contains(err.Error(), missing) || !strings.Contains(err.Error(), "redis.tls") {
		t.Errorf("error %v names not the file and the key", err)
	}
}
