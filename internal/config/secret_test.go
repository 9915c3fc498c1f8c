package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretRead(t *testing.T) {
	write := func(text string) Secret {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return Secret{File: path, Key: "webhook.token_file"}
	}
	for name, tc := range map[string]struct {
		secret    Secret
		want, err string
	}{
		"none":          {Secret{}, "", ""},
		"one line":      {write("hunter2\n"), "hunter2", ""},
		"from Windows":  {write("hunter2\r\n"), "hunter2", ""},
		"no newline":    {write("hunter2"), "hunter2", ""},
		"blanks stay":   {write(" hunter2 \n"), " hunter2 ", ""},
		"empty":         {write("\n"), "", "is empty"},
		"too long":      {write(strings.Repeat("hunter2", maxSecret)), "", "is longer than"},
		"no such file":  {Secret{"/nowhere/token", "webhook.token_file"}, "", "open /nowhere/token"},
		"not a file":    {Secret{t.TempDir(), "webhook.token_file"}, "", "is a directory"},
		"longest there": {write(strings.Repeat("x", maxSecret)), strings.Repeat("x", maxSecret), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.secret.Read()
			if got != tc.want || (err != nil) != (tc.err != "") {
				t.Fatalf("got %.20q, %v; want %.20q, %q", got, err, tc.want, tc.err)
			}
			if err == nil {
				return
			}
			for _, part := range []string{"webhook.token_file", tc.secret.File, tc.err} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not name %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q shows the secret", err)
			}
		})
	}
}

// TestSecretIsReadAtTheMomentOfUse: a rotated secret is taken up without a reload, and
// a configuration that is printed shows none.
func TestSecretIsReadAtTheMomentOfUse(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	c, problems := Parse(filepath.Join(dir, "redress.yaml"), []byte("webhook: {token_file: token}\n"))
	if problems.Failed() {
		t.Fatal(problems)
	}
	for _, want := range []string{"first", "second"} {
		if err := os.WriteFile(file, []byte(want+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Webhook.Token.Read(); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
		if printed := fmt.Sprintf("%+v", c); strings.Contains(printed, want) {
			t.Errorf("the configuration shows its secret: %s", printed)
		}
	}
}
