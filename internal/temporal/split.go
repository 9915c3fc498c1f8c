package temporal

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"redress/internal/contract"
)

const (
	// signalSize is the size in bytes above which a signal is divided. Temporal takes
	// 2 MB and warns at 512 KB.
	signalSize = 256 << 10
	// signalMost is what a signal that cannot be divided may have; the rest of
	// Temporal's 2 MB is for the start's own input.
	signalMost = 1536 << 10
	// annotationSize is what is kept of an annotation, in bytes, when its alert alone
	// is larger than signalSize. People read annotations; nothing is decided by them
	// that needs more.
	annotationSize = 4 << 10
)

// divide returns the alerts in as few parts as fit beside a header into a signal,
// in their order. An alert that is too large by itself has its annotations cut; with
// labels that do not fit it is [contract.ErrTooLarge]. No alerts make one empty part.
func divide(alerts []contract.Alert, header int) (parts [][]contract.Alert, cut int, err error) {
	room := signalSize - header
	var part []contract.Alert
	used := 0
	for i, a := range alerts {
		size, err := jsonSize(a)
		if err != nil {
			return nil, 0, fmt.Errorf("measuring alert %d: %w", i, err)
		}
		if size > room {
			a = trimmed(a)
			cut++
			if size, err = jsonSize(a); err != nil {
				return nil, 0, fmt.Errorf("measuring alert %d: %w", i, err)
			}
			if header+size > signalMost {
				return nil, 0, fmt.Errorf("alert %d (%s, fingerprint %s) has %d bytes without its annotations: %w", i, a.Name(), a.Fingerprint, size, contract.ErrTooLarge)
			}
		}
		if used+size > room && len(part) > 0 {
			parts, part, used = append(parts, part), nil, 0
		}
		part, used = append(part, a), used+size
	}
	return append(parts, part), cut, nil
}

// trimmed returns the alert with every annotation cut to annotationSize and as few of
// the annotations as fit. What is cut says so.
func trimmed(a contract.Alert) contract.Alert {
	kept := make(map[string]string, len(a.Annotations))
	room := signalSize / 2
	for _, k := range sortedKeys(a.Annotations) {
		v := a.Annotations[k]
		if len(v) > annotationSize {
			v = fmt.Sprintf("%s… (cut, it had %d bytes)", wholeRunes(v[:annotationSize]), len(v))
		}
		if room -= len(k) + len(v); room < 0 {
			break
		}
		kept[k] = v
	}
	a.Annotations = kept
	return a
}

// wholeRunes drops what is left of a character that was cut through.
func wholeRunes(s string) string {
	for i := 0; i < utf8.UTFMax && s != ""; i++ {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n > 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}

// jsonSize returns the number of bytes that v has in a message, with its comma.
func jsonSize(v any) (int, error) {
	b, err := json.Marshal(v)
	return len(b) + 1, err
}
