package alertmanager

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// facts are what a silence says of its run to machines: as annotations where
// Alertmanager keeps them (0.32 and later), and as the last line of the comment
// everywhere.
type facts map[string]string

// The names of the facts.
const (
	factStatus    = "redress_status"
	factRunbook   = "redress_runbook"
	factSHA256    = "redress_runbook_sha256"
	factStep      = "redress_step"
	factRun       = "redress_run"
	factURL       = "redress_url"
	factAlert     = "redress_alert"      // fingerprint
	factHoldUntil = "redress_hold_until" // RFC 3339: no renewal goes beyond it
	factUpdatedAt = "redress_updated_at" // RFC 3339, by Alertmanager's clock
	factNamespace = "redress_namespace"  // of Temporal: to which of several Redress it belongs
)

// trailer returns the facts as one line of key=value, sorted by key. Values that
// would not read back as one word are quoted as in Go.
func (f facts) trailer() string {
	words := make([]string, 0, len(f))
	for _, key := range slices.Sorted(maps.Keys(f)) {
		value := f[key]
		if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r == 0x7f }) {
			value = strconv.Quote(value)
		}
		words = append(words, key+"="+value)
	}
	return strings.Join(words, " ")
}

// comment returns the text of a silence: a sentence for people, and the trailer.
func (f facts) comment(sentence string) string { return sentence + "\n" + f.trailer() }

// parseTrailer reads the facts back from a comment. People edit comments: what is not
// a whole key=value with our prefix is passed over.
func parseTrailer(comment string) facts {
	line := comment[strings.LastIndexByte(comment, '\n')+1:]
	f := facts{}
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		end := strings.IndexAny(line, "= ")
		if end < 0 {
			break
		}
		key := line[:end]
		if line[end] == ' ' { // a word without a value
			line = line[end:]
			continue
		}
		var value string
		value, line = cutValue(line[end+1:])
		if strings.HasPrefix(key, "redress_") {
			f[key] = value
		}
	}
	return f
}

// cutValue takes a bare or a quoted value from the front of a line.
func cutValue(line string) (value, rest string) {
	if quoted, err := strconv.QuotedPrefix(line); err == nil && line[0] == '"' {
		if value, err = strconv.Unquote(quoted); err == nil {
			return value, line[len(quoted):]
		}
	}
	value, rest, _ = strings.Cut(line, " ")
	return value, rest
}
