package config

import (
	"regexp"
	"slices"
)

var (
	// A key that sounds secret, with a value behind it.
	secretKey = regexp.MustCompile(`(?i)[a-z0-9_-]*(pass|pwd|token|secret|credential|bearer)[a-z0-9_-]*["']?\s*:\s*[^\s#]`)
	// One that names a file instead.
	fileKey = regexp.MustCompile(`(?i)_file["']?\s*:`)
	// A user in a URL, or a web hook, which is itself the secret.
	secretURL = regexp.MustCompile(`(?i)://[^/\s]*@|hooks?[./]`)
	scheme    = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*)://`)
)

// showable returns a line of the file for a message, or "" when it seems to hold a
// secret that somebody wrote where the name of a file belongs: that is refused by a
// message of its own, but any other problem of the line would print it too.
func showable(line string) string {
	for _, key := range secretKey.FindAllString(line, -1) {
		if !fileKey.MatchString(key) {
			return ""
		}
	}
	if secretURL.MatchString(line) {
		return ""
	}
	for _, url := range scheme.FindAllStringSubmatch(line, -1) {
		if !slices.Contains([]string{"http", "https", "redis", "rediss"}, url[1]) {
			return "" // a shoutrrr URL
		}
	}
	return line
}
