package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"

	"redress/internal/contract"
)

// Notification is the body of Alertmanager's webhook, version 4. Fields that it does
// not know are ignored: each version of Alertmanager adds some.
type Notification struct {
	template.Data

	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts int    `json:"truncatedAlerts"` // cut by max_alerts
}

// defects says what is wrong with a body, in an order that reads well.
type defects []Defect

func (d *defects) add(pointer, format string, args ...any) {
	*d = append(*d, Defect{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
}

// mostDefects is how many are told; after that the reader knows.
const mostDefects = 20

// decode reads a body. Either the notification is good, or there are defects.
func decode(body []byte) (Notification, defects) {
	var n Notification
	if err := json.Unmarshal(body, &n); err != nil {
		return n, defects{explain(body, err)}
	}
	return n, n.check()
}

// explain says where a body cannot be decoded, and why.
func explain(body []byte, err error) Defect {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		if len(bytes.TrimSpace(body)) == 0 {
			return Defect{Detail: "the body is empty; an Alertmanager notification is a JSON object"}
		}
		return Defect{Detail: fmt.Sprintf("the body is not JSON: %v, at %s", err, place(body, syntax.Offset))}
	case errors.As(err, &kind):
		field := strings.TrimPrefix(kind.Field, "Data.") // the embedded struct has no name in JSON
		at := fmt.Sprintf("a JSON %s, which is not what Alertmanager sends there, at %s", kind.Value, place(body, kind.Offset))
		if field == "" {
			return Defect{Detail: "the body is " + at}
		}
		if i, inAlert, ok := badAlert(body); ok && inAlert == "" {
			return Defect{Pointer: pointer("alerts", strconv.Itoa(i)), Detail: fmt.Sprintf("alert %d is %s", i, at)}
		} else if ok {
			return Defect{Pointer: pointer("alerts", strconv.Itoa(i), inAlert), Detail: fmt.Sprintf("%s of alert %d is %s", inAlert, i, at)}
		}
		return Defect{Pointer: pointer(field), Detail: field + " is " + at}
	default:
		// A time that cannot be read does not say where it stands.
		if i, field, ok := badAlert(body); ok {
			return Defect{
				Pointer: pointer("alerts", strconv.Itoa(i), field),
				Detail:  fmt.Sprintf("%s of alert %d is not a time like 2026-11-21T03:04:12Z: %v", field, i, err),
			}
		}
		return Defect{Detail: fmt.Sprintf("the body cannot be read: %v", err)}
	}
}

// badAlert finds the first alert that cannot be decoded, and the field that is why;
// "" = the alert is no object.
func badAlert(body []byte) (index int, field string, found bool) {
	var n struct {
		Alerts []json.RawMessage `json:"alerts"`
	}
	if json.Unmarshal(body, &n) != nil {
		return 0, "", false
	}
	for i, raw := range n.Alerts {
		var a template.Alert
		err := json.Unmarshal(raw, &a)
		if err == nil {
			continue
		}
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return i, kind.Field, true
		}
		var times struct{ StartsAt time.Time }
		if json.Unmarshal(raw, &times) != nil {
			return i, "startsAt", true
		}
		return i, "endsAt", true
	}
	return 0, "", false
}

// place returns the position of a byte for people and for editors.
func place(body []byte, offset int64) string {
	before := body[:min(max(offset, 0), int64(len(body)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Sprintf("byte %d (line %d, column %d)", len(before), line, max(column, 1))
}

// pointer makes a JSON pointer of segments, which may be the dotted paths of encoding/json.
func pointer(segments ...string) string {
	return "/" + strings.ReplaceAll(strings.Join(segments, "/"), ".", "/")
}

// check reports what Alertmanager never leaves out and we cannot do without.
func (n Notification) check() defects {
	var d defects
	if n.Version == "" && n.GroupKey == "" {
		d.add("", "this is not a notification of Alertmanager's webhook: version and groupKey are missing; "+
			"point a webhook_configs entry here, without a payload template of its own")
		return d
	}
	switch n.Version {
	case "4":
	case "":
		d.add("/version", `version is missing; Alertmanager sends "4"`)
	default:
		d.add("/version", `version is %q and only "4" is understood, which Alertmanager sends since 0.6`, n.Version)
	}
	if n.GroupKey == "" {
		d.add("/groupKey", "groupKey is missing; Alertmanager sends the key of the alert group")
	}
	if n.Status != contract.Firing && n.Status != contract.Resolved {
		d.add("/status", "status is %q and must be firing or resolved", n.Status)
	}
	if n.TruncatedAlerts < 0 {
		d.add("/truncatedAlerts", "truncatedAlerts is %d and cannot be negative", n.TruncatedAlerts)
	}
	if len(n.Alerts) == 0 {
		d.add("/alerts", "alerts is missing or empty; Alertmanager never notifies without an alert")
	}
	for i, a := range n.Alerts {
		if len(d) >= mostDefects {
			break
		}
		d = append(d, checkAlert(i, a)...)
	}
	return d
}

func checkAlert(i int, a template.Alert) defects {
	var d defects
	at := func(field string) string { return fmt.Sprintf("/alerts/%d/%s", i, field) }
	if a.Status != contract.Firing && a.Status != contract.Resolved {
		d.add(at("status"), "status of alert %d is %q and must be firing or resolved", i, a.Status)
	}
	if len(a.Labels) == 0 {
		d.add(at("labels"), "labels of alert %d are missing; without them it is about nothing", i)
	}
	if a.Fingerprint == "" {
		d.add(at("fingerprint"), "fingerprint of alert %d is missing; it is the alert's identity", i)
	}
	if a.StartsAt.IsZero() {
		d.add(at("startsAt"), "startsAt of alert %d is missing; it tells one episode of the alert from another", i)
	} else if !writable(a.StartsAt) {
		d.add(at("startsAt"), "startsAt of alert %d lies outside of the years 1 to 9999", i)
	}
	if !writable(a.EndsAt) {
		d.add(at("endsAt"), "endsAt of alert %d lies outside of the years 1 to 9999", i)
	}
	return d
}

// writable reports whether a time can be written as RFC 3339 in UTC; an offset may
// push one that could be read over the edge.
func writable(t time.Time) bool { y := t.UTC().Year(); return y >= 1 && y <= 9999 }
