package notify

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"redress/activities"
)

const (
	hidden = "<hidden>"

	// shortestWord is how long a run of letters and digits of a secret URL must be to
	// be hidden wherever it stands; services take tokens apart and put them together.
	shortestWord = 6
	// shortestPart is the same for a whole part of the URL: a password, a path segment.
	shortestPart = 3
)

// anyURL finds addresses in a text, those too that a service has built itself.
var anyURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"']*`)

// masked returns err without anything of the secret URL in its text. The texts of the
// errors below it are gone with it; what they said about trying again is kept.
func masked(err error, raw string) error {
	if err == nil {
		return nil
	}
	text := mask(err.Error(), raw)
	if activities.IsPermanent(err) {
		return activities.Permanent(errors.New(text))
	}
	return errors.New(text)
}

func mask(text, raw string) string {
	text = anyURL.ReplaceAllString(text, hidden)
	var pairs []string
	for _, secret := range secrets(raw) {
		pairs = append(pairs, secret, hidden)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// secrets returns the parts of a URL that must not be seen, the longest first.
func secrets(raw string) []string {
	parts := []string{raw}
	add := func(values ...string) {
		for _, v := range values {
			parts = append(parts, v, url.QueryEscape(v), url.PathEscape(v))
		}
	}
	if u, err := url.Parse(raw); err == nil {
		add(u.Host, u.Hostname(), u.Fragment, u.Opaque)
		if u.User != nil {
			password, _ := u.User.Password()
			add(u.User.Username(), password)
		}
		add(strings.Split(u.Path, "/")...)
		for _, values := range u.Query() {
			add(values...)
		}
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return len(s) < shortestPart })
	_, plain, _ := strings.Cut(raw, "://") // the scheme names a service, which may be seen
	if unescaped, err := url.PathUnescape(plain); err == nil {
		plain += " " + unescaped
	}
	for _, word := range strings.FieldsFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(word) >= shortestWord {
			parts = append(parts, word)
		}
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(parts)
}
