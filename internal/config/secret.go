package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxSecret bounds a secret's file, so that a wrong path (a log, a device) is an
// error and not a gigabyte in memory. The longest webhook URLs have some kilobytes.
const maxSecret = 64 << 10

// Secret names the file that holds a secret. It never holds the secret itself, so it
// can be printed and logged.
type Secret struct {
	File string // absolute; empty = there is no secret
	Key  string // the key of redress.yaml that named it: "webhook.token_file"
}

// Set reports whether there is a secret to read.
func (s Secret) Set() bool { return s.File != "" }

// Read returns the file's text without the newlines at its end. It is called at the
// moment of use, so that a rotated secret is taken up. A zero Secret reads "". An
// empty file is an error: it is a secret that was not delivered, not an empty password.
func (s Secret) Read() (string, error) {
	if !s.Set() {
		return "", nil
	}
	f, err := os.Open(s.File)
	if err != nil {
		return "", fmt.Errorf("reading the secret of %s: %w", s.Key, err)
	}
	defer func() { _ = f.Close() }() // only read: nothing is lost
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("reading the secret of %s: %w", s.Key, err)
	}
	if len(b) > maxSecret {
		return "", s.unfit(fmt.Errorf("is longer than %d bytes", maxSecret))
	}
	text := strings.TrimRight(string(b), "\r\n")
	if text == "" {
		return "", s.unfit(errors.New("is empty"))
	}
	return text, nil
}

func (s Secret) unfit(why error) error {
	return fmt.Errorf("reading the secret of %s: %s %w", s.Key, s.File, why)
}
